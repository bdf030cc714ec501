#include "attempt/unwatched.hpp"

#include "attempt/attempt_containment.hpp"
#include "attempt/messages.hpp"
#include "base/environment.hpp"
#include "os/process/execute.hpp"

namespace holdfast::supervision {

Exit own_failure(ExitMode mode) {
  Observation failure;
  failure.own_failure = true;
  return exit_of(Outcome::internal_error, failure, mode);
}

Exit run_bare(const Invocation& invocation, const os::CallersSignals& callers) {
  TestEnvironment environment(invocation.environment);
  return become_command(invocation, environment.environ(), callers);
}

Exit become_command(const Invocation& invocation, char** environment,
                    const os::CallersSignals& callers) {
  const int error = os::become({invocation.command, environment}, callers);
  write_line(os::execution_error(invocation.command[0], error));
  Observation seen;
  seen.main = {ProcessEnd::Kind::never_started, error};
  return exit_of(Outcome::launch_failed, seen, invocation.mode());
}

Exit launch_unwatched(const Invocation& invocation, const HandOver& handed,
                      std::string_view trouble) {
  if (must_be_contained(invocation)) {
    write_line(std::string(trouble) + ": the command is not run without its containment");
    return own_failure(invocation.mode());
  }
  if (invocation.mode() == ExitMode::ctest) return run_bare(invocation, *handed.callers);
  const bool wants_ports = last_of(invocation.line.options.said, Setting::ports) != nullptr;
  if (handed.service_keeper.connected()) {
    write_line(std::string(trouble) + ": the command is not run without its services");
    return own_failure(ExitMode::command);
  }
  if (!invocation.line.options.locks.empty() || wants_ports) {
    write_line(std::string(trouble) + ": the command is not run without its locks");
    return own_failure(ExitMode::command);
  }
  write_line(std::string(trouble) + ": running the command by itself");
  return run_bare(invocation, *handed.callers);
}

}  // namespace holdfast::supervision
