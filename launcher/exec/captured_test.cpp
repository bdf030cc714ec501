#include "exec/captured_test.hpp"

#include <algorithm>
#include <string_view>

#include "core/environment.hpp"
#include "core/time_budget.hpp"
#include "forensics/hooks.hpp"
#include "launcher/attempt_result.hpp"
#include "os/clock.hpp"

namespace holdfast::exec {
namespace {

constexpr Milliseconds k_most_time{30'000};
// What is kept of the grace, at least.
constexpr Milliseconds k_least_grace{1'000};

// Of the time before ctest ends the test by itself what stacks and a short grace leave.
Milliseconds time_for_hook(Milliseconds native_end) {
  if (native_end == k_longest) return k_most_time;
  const Milliseconds left =
      native_end - os::monotonic_now() - k_stacks_time - k_least_grace - k_native_reserve;
  return std::clamp(left, Milliseconds{0}, k_most_time);
}

}  // namespace

CapturedTest::CapturedTest(Capture& capture, OutputRelay& relay, const launcher::AttemptPlan& plan)
    : capture_(capture), relay_(relay), plan_(plan) {
  const Policy& policy = plan.policy;
  if (!policy.hooks.before_kill.empty() && policy.timeout.count() > 0) {
    until_ = os::monotonic_now() + policy.timeout;
  }
}

void CapturedTest::on_pause(Milliseconds length) {
  if (until_ != k_longest && !hook_) until_ += length;
}

// Its time is over: the hook first.
launcher::Companion::Verdict CapturedTest::on_deadline() {
  if (!hook_) start_hook();
  if (!hook_->go_on()) {
    until_ = hook_->deadline();
    return Verdict::go_on;
  }
  HookFacts facts;
  facts.hook = "before-kill";
  const forensics::Finding said =
      forensics::hook_finding(facts, hook_->end(), time_for_hook(plan_.native_end));
  tell("holdfast: its time is over\n" + forensics::to_text({said}));
  until_ = k_longest;
  return Verdict::end_tree;
}

void CapturedTest::start_hook() {
  HookFacts facts;
  facts.hook = "before-kill";
  facts.test = plan_.identity->test;
  facts.attempt_id = plan_.identity->attempt;
  facts.attempt = plan_.identity->n;
  facts.process = main_;
  facts.output = relay_.log();
  std::vector<std::string> entries;
  for (char** entry = plan_.command.environment; *entry != nullptr; ++entry) {
    entries.emplace_back(*entry);
    const std::string_view text = entries.back();
    const auto value_of = [&](std::string_view name, std::string& value) {
      if (text.substr(0, name.size()) == name && text.substr(name.size(), 1) == "=") {
        value = text.substr(name.size() + 1);
      }
    };
    value_of(environment::k_run_id, facts.run);
    value_of(environment::k_tmpdir, facts.scratch);
  }
  hook_.emplace(forensics::hook_order(plan_.policy.hooks.before_kill, facts, entries, {},
                                      time_for_hook(plan_.native_end)));
}

void CapturedTest::add_descriptors(std::vector<pollfd>& fds) {
  relay_.add_descriptors(fds);
  if (!relay_.is_full()) capture_.add_descriptors(fds);
  if (hook_ && hook_->fd() >= 0) fds.push_back({hook_->fd(), POLLIN, 0});
}

void CapturedTest::look() {
  relay_.pass_on();
  read();
  // Asked for the verdict at once.
  if (hook_ && until_ != k_longest && hook_->go_on()) until_ = os::monotonic_now();
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
  // There is no more than the pipes hold; what is full is passed on first.
  relay_.finish();
  read();
}

launcher::AttemptResult run_captured(const launcher::AttemptPlan& plan,
                                     launcher::Surroundings& around, OutputRelay& relay) {
  Result<Capture> capture = Capture::open(relay.streams_are_one());
  if (!capture) return launcher::own_failure(capture.error());
  CapturedTest test(*capture, relay, plan);
  launcher::AttemptPlan captured = plan;
  if (test.deadline() != k_longest) captured.policy.timeout = Milliseconds{0};
  captured.command.output = capture->output();
  captured.command.errors = capture->errors();
  captured.companion = &test;
  launcher::AttemptResult result = launcher::run_attempt(captured, around);
  test.finish();
  return result;
}

}  // namespace holdfast::exec
