#include "attempt/unwatched.hpp"

#include "attempt/attempt_containment.hpp"
#include "attempt/messages.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "os/process/execute.hpp"

namespace holdfast::supervision {

Exit own_failure(ExitMode mode) {
  return exit_of(Outcome::internal_error, {.own_failure = true}, mode);
}

Exit run_bare(const Invocation& invocation, const os::CallersSignals& callers) {
  TestEnvironment environment(invocation.environment);
  return become_command(invocation, environment.environ(), callers);
}

Exit become_command(const Invocation& invocation, char** environment,
                    const os::CallersSignals& callers) {
  const int error = os::become({invocation.command, environment}, callers);
  write_line(os::execution_error(invocation.command[0], error));
  return exit_of(Outcome::launch_failed, {.main = {ProcessEnd::Kind::never_started, error}},
                 invocation.mode());
}

Exit launch_unwatched(const Invocation& invocation, const HandOver& handed,
                      std::string_view trouble) {
  const auto refuse = [&](std::string_view what) {
    write_line(text_of({trouble, ": the command is not run without its ", what}));
    return own_failure(invocation.mode());
  };
  if (must_be_contained(invocation)) return refuse("containment");
  if (invocation.mode() == ExitMode::ctest) return run_bare(invocation, *handed.callers);
  const bool wants_ports = last_of(invocation.line.options.said, Setting::ports) != nullptr;
  if (handed.service_keeper.connected()) return refuse("services");
  if (!invocation.line.options.locks.empty() || wants_ports) return refuse("locks");
  write_line(std::string(trouble) + ": running the command by itself");
  return run_bare(invocation, *handed.callers);
}

}  // namespace holdfast::supervision
