// What one of our programs hands over to the next one in the same process: `holdfast run` to the
// launcher, and the launcher to holdfast-exec, which does more than one plain attempt. The data is
// in a file in memory. Its descriptor survives execve(2), and the first argument names it. The
// process keeps the pid and start time by which the keeper knows it.
#pragma once

#include <optional>
#include <string>

#include "attempt/invocation.hpp"
#include "attempt/keeper_link.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/signal/signals.hpp"
#include "settings/wire.hpp"
#include "values/build_step.hpp"
#include "values/value.hpp"

namespace holdfast::supervision {

// What a process holds of its test, command or build step. Descriptors stay open across the
// hand-over, because a second search for the build tool could find another process.
struct HandOver {
  Values said;  // from `holdfast run`: what holdfast.toml says of the command
  std::optional<os::CallersSignals> callers;  // none: the next program takes the signals itself
  std::optional<wire::AttemptGrant> grant;    // none: the next program asks for it; with `callers`
  KeeperLink keeper;
  KeeperLink service_keeper;  // unconnected: there are no services of the command
  os::UniqueFd cluster;       // the command's holdfast-etcd; invalid: it has no locks over machines
  os::UniqueFd build_tool;    // of a build step: its pidfd; invalid: it is not watched
  os::UniqueFd lines;         // where lines for people go; invalid: there is no such place
  EarlierAttempts earlier;    // of a build step
  std::optional<FarSide> far = {};  // never handed over: the far side is a process of its own
};

// Turns this process into `program`, with `arguments` (argv) and the word that names `handed`
// before them. Returns only on failure; nothing has changed then.
Error hand_over(const std::string& program, char** arguments, char** environment,
                const HandOver& handed);

// The same, with holdfast-exec as the program.
Error hand_over(const Invocation& invocation, const HandOver& handed);

// Reads what was handed over, and removes the word that names it from `arguments`. Empty: nothing
// was handed over. To be called once.
Result<HandOver> take_over(char**& arguments);

// Turns this process into holdfast-exec before it has found out anything. Returns if there is no
// such program.
void become_exec(char** arguments, char** environment);

}  // namespace holdfast::supervision
