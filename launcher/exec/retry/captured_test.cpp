#include "exec/retry/captured_test.hpp"

#include "supervision/attempt/attempt_result.hpp"

namespace holdfast::exec {
namespace {

class CapturedTest final : public supervision::Companion {
 public:
  CapturedTest(supervision::Capture& capture, OutputRelay& relay)
      : capture_(capture), relay_(relay) {}

  void add_descriptors(std::vector<pollfd>& fds) override {
    relay_.add_descriptors(fds);
    if (!relay_.is_full()) capture_.add_descriptors(fds);
  }

  void look() override {
    relay_.pass_on();
    read();
  }

  void tell(const std::string& text) override {
    read();
    relay_.write(Stream::errors, text);
  }

  // To be called when the test has ended: takes the output that is left.
  void finish() {
    capture_.close_writing();
    // What is left to read is no more than the pipes hold. A full relay must first pass on its
    // output.
    relay_.finish();
    read();
    relay_.finish();
  }

 private:
  void read() {
    if (relay_.is_full()) return;
    capture_.read([this](Stream stream, std::string_view bytes) { relay_.write(stream, bytes); });
  }

  supervision::Capture& capture_;
  OutputRelay& relay_;
};

}  // namespace

supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay) {
  Result<supervision::Capture> capture = supervision::Capture::open(relay.streams_are_one());
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
