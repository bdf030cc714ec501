// What one program of ours gives to the next that runs in its process: the launcher to
// holdfast-exec, which does more than one plain attempt, and `holdfast run` to the launcher. It is
// given as a file in memory, whose descriptor survives execve(2) and is named in the arguments.
// The process stays the same, with the pid and start time by which the keeper knows it.
#pragma once

#include <optional>

#include "core/base/result.hpp"
#include "core/settings/value.hpp"
#include "core/settings/wire.hpp"
#include "core/step/build_step.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/grant/grant.hpp"

namespace holdfast::supervision {

// What the launcher has found out beside the grant, and holds. Descriptors stay open over the
// hand-over: to look for the build tool again could find another process.
struct HandOver {
  os::CallersSignals callers;
  KeeperLink keeper;
  // Of a build step.
  os::UniqueFd build_tool;  // its pidfd; invalid: it is not watched
  os::UniqueFd lines;       // where lines go; invalid: there is no such place
  EarlierAttempts earlier;
};

// This process becomes holdfast-exec. Returns only on failure; then nothing has changed.
Error hand_over(const Invocation& invocation, const wire::AttemptGrant& grant,
                const HandOver& handed);

struct HandedOver : HandOver {
  wire::AttemptGrant grant;
};

// In holdfast-exec: reads what was handed over and takes the word that names it out of `arguments`.
// None: ctest started this program itself. To be called once.
Result<std::optional<HandedOver>> take_over(char**& arguments);

// This process becomes holdfast-exec before it has found out anything. Returns if there is no such
// program.
void become_exec(char** arguments, char** environment);

// What holdfast.toml says of a command from `holdfast run`, for the launcher's --settings.
// take_settings() closes the descriptor.
Result<os::UniqueFd> hand_settings(const Values& said);
Result<Values> take_settings(int descriptor);

}  // namespace holdfast::supervision
