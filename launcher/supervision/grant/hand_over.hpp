// What one of our programs hands over to the next one in the same process. The launcher hands over
// to holdfast-exec, which does more than one plain attempt, and `holdfast run` hands over to the
// launcher. The data is in a file in memory. Its descriptor survives execve(2), and the arguments
// name the descriptor. The process keeps the pid and start time by which the keeper knows it.
#pragma once

#include <optional>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/settings/value.hpp"
#include "core/settings/wire.hpp"
#include "core/step/build_step.hpp"
#include "os/file/descriptors.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/keeper_link.hpp"

namespace holdfast::supervision {

// A launcher on another machine than the ctest of its test (exec/far): what it has from the
// launcher beside ctest.
struct FarSide {
  ProcessName parent;  // our parent, in ctest's place: when it dies, the test is ended
  unsigned n = 1;      // which attempt of the test it is
  std::vector<Variable> variables;
  int lines = -1;         // as in Invocation
  std::string log = {};   // path: where this side logs
  std::string node = {};  // its machine
};

// `invocation` is as the launcher beside ctest has read it. ctest's clock and its first line of the
// output stay there.
void be_far_side(const FarSide& far, Invocation& invocation);

// What the launcher has found out besides the grant, and holds. Descriptors stay open across the
// hand-over, because a second search for the build tool could find another process.
struct HandOver {
  os::CallersSignals callers;
  KeeperLink keeper;
  // Unconnected: there are no services of the command. An option in the arguments names it.
  KeeperLink service_keeper;
  os::UniqueFd cluster;  // of locks over machines; only in the process that hands over
  // Of a build step.
  os::UniqueFd build_tool;  // its pidfd; invalid: it is not watched
  os::UniqueFd lines;       // where lines go; invalid: there is no such place
  EarlierAttempts earlier;
};

// Turns this process into holdfast-exec. Returns only on failure; nothing has changed then.
Error hand_over(const Invocation& invocation, const wire::AttemptGrant& grant,
                const HandOver& handed);

struct HandedOver : HandOver {
  wire::AttemptGrant grant;
  std::optional<FarSide> far;
};

// To be called in holdfast-exec. Reads what was handed over, and removes the word that names it
// from `arguments`. None: ctest started this program itself. To be called once.
Result<std::optional<HandedOver>> take_over(char**& arguments);

// Turns this process into holdfast-exec before it has found out anything. Returns if there is no
// such program.
void become_exec(char** arguments, char** environment);

// Hand over and take what holdfast.toml says of a command from `holdfast run`. The descriptor is
// for the launcher's --settings. take_settings() closes it.
Result<os::UniqueFd> hand_settings(const Values& said);
Result<Values> take_settings(int descriptor);

}  // namespace holdfast::supervision
