// The launcher becomes `holdfast exec` for a test that is more than one process to be supervised.
// The process stays the same, with the pid and start time by which the keeper knows it. The
// arguments after `exec` are the keeper's connection, the grant, the caller's signals, and the
// launcher's own arguments.
#pragma once

#include "core/base/result.hpp"
#include "core/settings/value.hpp"
#include "os/file/unique_fd.hpp"
#include "os/signal/signals.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/keeper_link.hpp"
#include "supervision/grant/grant.hpp"

namespace holdfast::supervision {

// Returns only on failure; then nothing has changed. A non-empty `more` is one further option for
// the launcher's own arguments.
Error hand_over(const Invocation& invocation, const Grant& grant, const KeeperLink& keeper,
                const os::CallersSignals& callers, std::string more = {});

struct HandedOver {
  char** arguments = nullptr;  // the launcher's, after the program's name; static
  Grant grant;                 // without the home, which comes from the invocation
  KeeperLink keeper;
  os::CallersSignals callers;
};

// Hands what holdfast.toml says of a command from `holdfast run` to the launcher, by --settings.
// The descriptor survives execve(2); take_settings() closes it.
Result<os::UniqueFd> hand_settings(const Values& said);
Result<Values> take_settings(int descriptor);

// <prefix>/libexec/holdfast/holdfast-launcher, found from <prefix>/bin/holdfast or from beside it.
Result<std::string> launcher_program();

// Returns when that program does not exist.
void become_launcher_of_batches(char** arguments, char** environment);

// Reads what was handed over, from the argv of `holdfast exec`. To be called once.
Result<HandedOver> take_over(char** arguments);

}  // namespace holdfast::supervision
