// From the launcher to `holdfast exec`, for a test that is more than one process to be supervised:
// the same process, so that its pid and start time, by which the keeper knows it, stay. What
// follows `exec` in its arguments: the keeper's connection, the grant, the caller's signals, and
// the launcher's own arguments as they were.
#pragma once

#include "core/base/result.hpp"
#include "core/settings/value.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/grant/grant.hpp"

namespace holdfast::supervision {

// Returns only on failure; then nothing has changed. `more`, unless it is empty, is one further
// option for the launcher's own arguments.
Error hand_over(const Invocation& invocation, const Grant& grant, const KeeperLink& keeper,
                const os::CallersSignals& callers, std::string more = {});

struct HandedOver {
  char** arguments = nullptr;  // the launcher's, with the program's name in front; static
  Grant grant;                 // without the home, which the invocation tells
  KeeperLink keeper;
  os::CallersSignals callers;
};

// From `holdfast run` to the launcher, by --settings: what holdfast.toml says of the command. The
// descriptor survives execve(2); take_settings() closes it.
Result<os::UniqueFd> hand_settings(const Values& said);
Result<Values> take_settings(int descriptor);

// <prefix>/libexec/holdfast/holdfast-launcher, from <prefix>/bin/holdfast or from beside it.
Result<std::string> launcher_program();

// Comes back when that program is not there.
void become_launcher_of_batches(char** arguments, char** environment);

// In `holdfast exec`, of its argv. To be called once.
Result<HandedOver> take_over(char** arguments);

}  // namespace holdfast::supervision
