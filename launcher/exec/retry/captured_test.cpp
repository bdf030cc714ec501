#include "exec/retry/captured_test.hpp"

#include <string_view>

#include "exec/output/before_kill.hpp"
#include "supervision/attempt/attempt_result.hpp"

namespace holdfast::exec {

void CapturedTest::add_descriptors(std::vector<pollfd>& fds) {
  relay_.add_descriptors(fds);
  if (!relay_.is_full()) capture_.add_descriptors(fds);
}

void CapturedTest::look() {
  relay_.pass_on();
  read();
}

void CapturedTest::read() {
  if (relay_.is_full()) return;
  capture_.read([this](Stream stream, std::string_view bytes) { relay_.write(stream, bytes); });
}

void CapturedTest::tell(const std::string& text) {
  read();
  relay_.write(Stream::errors, text);
}

void CapturedTest::finish() {
  capture_.close_writing();
  // The rest is no more than the pipes hold. A full relay must pass on its output first.
  relay_.finish();
  read();
  relay_.finish();
}

supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay) {
  Result<Capture> capture = Capture::open(relay.streams_are_one());
  if (!capture) return supervision::own_failure(capture.error());
  CapturedTest test(*capture, relay);
  BeforeKill hook(test, plan, relay);
  supervision::AttemptPlan captured = hook.plan();
  captured.command.output = capture->output();
  captured.command.errors = capture->errors();
  supervision::AttemptResult result = supervision::run_attempt(captured, around);
  test.finish();
  return result;
}

}  // namespace holdfast::exec
