#include "exec/retry/captured_test.hpp"

#include "supervision/attempt/attempt_result.hpp"

namespace holdfast::exec {
supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay) {
  Result<supervision::Capture> capture = supervision::Capture::open(relay.streams_are_one());
  if (!capture) return supervision::own_failure(capture.error());
  CapturedOutput test(*capture, relay);
  BeforeKill hook(test, plan, relay);
  supervision::AttemptPlan captured = hook.plan();
  captured.command.output = capture->output();
  captured.command.errors = capture->errors();
  supervision::AttemptResult result = supervision::run_attempt(captured, around);
  test.take_rest();
  relay.finish();
  return result;
}

}  // namespace holdfast::exec
