#include "exec/output/before_kill.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/environment.hpp"
#include "core/ctest/ctest_limits.hpp"
#include "exec/base/variables.hpp"
#include "forensics/hooks.hpp"
#include "os/file/clock.hpp"

namespace holdfast::exec {
namespace {

constexpr std::string_view k_name = "before-kill";

}  // namespace

BeforeKill::BeforeKill(supervision::Companion& inner, const supervision::AttemptPlan& plan,
                       const OutputRelay& relay, Overdue overdue)
    : inner_(inner), plan_(plan), relay_(relay), overdue_(std::move(overdue)) {
  if (!overdue_) overdue_ = [this] { return std::vector<pid_t>{main_}; };
}

supervision::AttemptPlan BeforeKill::plan() {
  supervision::AttemptPlan plan = plan_;
  plan.companion = &inner_;
  if (plan.policy.hooks.before_kill.empty()) return plan;
  plan.companion = this;
  if (plan.policy.timeout.count() > 0) {
    until_ = os::monotonic_now() + std::exchange(plan.policy.timeout, Milliseconds{0});
  }
  return plan;
}

void BeforeKill::add_descriptors(std::vector<pollfd>& fds) {
  inner_.add_descriptors(fds);
  if (hook_ && hook_->fd() >= 0) fds.push_back({hook_->fd(), POLLIN, 0});
}

void BeforeKill::look() {
  inner_.look();
  if (hook_) (void)hook_->go_on();
}

void BeforeKill::on_main_started(pid_t main) {
  main_ = main;
  inner_.on_main_started(main);
}

Milliseconds BeforeKill::deadline() {
  if (!hook_) return std::min(until_, inner_.deadline());
  // When the hook has finished, on_deadline() must be called at once.
  return hook_->is_done() ? Milliseconds{0} : hook_->deadline();
}

void BeforeKill::on_tree_ends() {
  hook_.reset();
  inner_.on_tree_ends();
}

void BeforeKill::on_pause(Milliseconds length) {
  if (until_ != k_longest && !hook_is_for_whole_) until_ += length;
  inner_.on_pause(length);
}

supervision::Companion::Verdict BeforeKill::on_deadline() {
  if (hook_ && !is_done()) return Verdict::go_on;
  if (hook_is_for_whole_) {
    ends_for_whole_ = true;
    return Verdict::end_tree;
  }
  const Milliseconds now = os::monotonic_now();
  if (now >= until_) {
    hook_is_for_whole_ = true;
    start(main_);
    return Verdict::go_on;
  }
  // A case may have ended while the hook ran for it.
  if (now < inner_.deadline()) {
    seen_.clear();
    return Verdict::go_on;
  }
  const pid_t process = next_overdue();
  if (process == 0) return inner_.on_deadline();
  start(process);
  return Verdict::go_on;
}

pid_t BeforeKill::next_overdue() {
  for (const pid_t process : overdue_()) {
    if (std::find(seen_.begin(), seen_.end(), process) == seen_.end()) return process;
  }
  return 0;
}

void BeforeKill::start(pid_t process) {
  seen_.push_back(process);
  char** const environment = plan_.command.environment;
  HookFacts facts;
  facts.hook = k_name;
  facts.test = plan_.identity->test;
  facts.run = variable_in(environment, environment::k_run_id);
  facts.attempt_id = plan_.identity->attempt;
  facts.attempt = plan_.identity->n;
  facts.process = process;
  facts.scratch = variable_in(environment, environment::k_tmpdir);
  facts.output = relay_.log();
  hook_time_ = time_for_hook(os::monotonic_now(), plan_.native_end);
  hook_.emplace(forensics::hook_order(plan_.policy.hooks.before_kill, facts,
                                      entries_of(environment), {}, hook_time_));
}

bool BeforeKill::is_done() {
  if (!hook_->go_on()) return false;
  HookFacts facts;
  facts.hook = k_name;
  inner_.tell("holdfast: its time is over\n" +
              forensics::to_text({forensics::hook_finding(facts, hook_->end(), hook_time_)}));
  hook_.reset();
  return true;
}

}  // namespace holdfast::exec
