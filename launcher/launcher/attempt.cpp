#include "launcher/attempt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "core/supervision.hpp"
#include "core/time_budget.hpp"
#include "launcher/attempt_containment.hpp"
#include "launcher/attempt_result.hpp"
#include "launcher/guard.hpp"
#include "os/clock.hpp"
#include "os/packet_socket.hpp"
#include "os/process.hpp"
#include "os/process_tree.hpp"
#include "os/stack_dump.hpp"
#include "os/system_call.hpp"

namespace holdfast::launcher {
namespace {

using Event = SupervisionEvent;
using Action = SupervisionAction;

// How much longer than the grace a guard may take that was told to end the tree, before the
// launcher does it itself: it may have been stopped by a test.
constexpr Milliseconds k_guard_patience{7000};
// ctest reads at once, unless it is stopped.
constexpr Milliseconds k_telling_time{200};

class Attempt final : public os::TreeWatcher {
 public:
  Attempt(const AttemptPlan& plan, Surroundings& around) : plan_(plan), around_(around) {}

  AttemptResult run() {
    started_ = os::monotonic_now();
    started_us_ = os::monotonic_now_us();
    if (plan_.stop_time != k_longest && plan_.stop_time - k_stop_time_look > started_) {
      look_at_ = plan_.stop_time - k_stop_time_look;
    }
    if (Result<void> begun = start_guard(); !begun) return own_failure(begun.error());
    while (state_.stage != Stage::ended) wait_for_news();
    if (state_.reason == EndReason::none) stacks_.reset();  // it came to its end before --stop-time
    tell_stacks();                                          // it ended by itself meanwhile
    bury_guard();
    if (plan_.mode == ExitMode::ctest && state_.reason == EndReason::none) notice_same_interrupt();
    if (containment_) containment_->dismiss_warden();
    return conclude();
  }

  // Of the tree that is ended here, in the guard's place.
  void on_reaped(pid_t pid, int /*status*/) override {
    if (pid == guard_) guard_ = -1;
  }
  int hurry_fd() override { return around_.signals.get(); }
  bool hurries() override {
    for (os::ReceivedSignal got = os::next_signal(around_.signals); got.number != 0;
         got = os::next_signal(around_.signals)) {
      if (around_.callers.ignores(got.number)) continue;
      if (got.number == SIGTERM || got.number == SIGINT) return true;
    }
    return false;
  }

 private:
  Result<void> start_guard() {
    if (Result<void> reaper = os::become_subreaper(); !reaper) return reaper;
    // Children that a shell had before it exec'd us are not the test's.
    siginfo_t any{};
    if (::waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0) spared_ = os::own_children();
    Result<std::pair<os::UniqueFd, os::UniqueFd>> pair = os::packet_pair();
    if (!pair) return pair.error();
    launcher_ = ::getpid();
    guard_ = plan_.policy.containment == Containment::none ? ::fork() : fork_contained();
    if (guard_ < 0) return os::system_error("start the guard");
    if (guard_ == 0) {
      pair->first.reset();
      be_guard(duty(std::move(pair->second)));
    }
    link_ = std::move(pair->first);
    if (containment_) tell_of_containment();
    // The test has its working directory; ours would keep a directory busy.
    (void)::chdir("/");
    return {};
  }

  // As fork(2). Without a keeper a warden is posted, which is no child of the test's.
  pid_t fork_contained() {
    containment_.emplace(plan_.policy.containment, plan_.cgroup);
    if (!containment_->is_namespace()) post_warden(-1);
    const pid_t guard = containment_->fork_guard();
    if (guard > 0 && containment_->is_namespace()) post_warden(guard);
    return guard;
  }

  void post_warden(pid_t guard) {
    if (plan_.keeper >= 0) return;
    const pid_t warden = containment_->post_warden(*plan_.locks, plan_.policy.grace, guard);
    if (warden > 0) spared_.push_back(warden);
  }

  GuardDuty duty(os::UniqueFd end) {
    GuardDuty duty;
    duty.command = plan_.command;
    duty.command.debugger = launcher_;
    duty.callers = around_.callers;
    duty.grace = plan_.policy.grace;
    duty.on_leak = plan_.policy.on_leak;
    duty.needed_by_others = plan_.policy.needed_by_others;
    duty.under_ctest = plan_.mode == ExitMode::ctest;
    duty.launcher = std::move(end);
    duty.launcher_pid = launcher_;
    duty.keeper = plan_.keeper;
    duty.parent = around_.parent.get();
    duty.identity = plan_.identity;
    duty.locks = plan_.locks;
    duty.containment = containment_ ? &*containment_ : nullptr;
    return duty;
  }

  void tell_of_containment() {
    guard_writes_ = containment_->is_namespace();
    if (!containment_->trouble().empty()) plan_.teller->complain_once(containment_->trouble());
  }

  void wait_for_news() {
    pollfd fds[4] = {{around_.signals.get(), POLLIN, 0},
                     {parent_watched_ ? around_.parent.get() : -1, POLLIN, 0},
                     {stacks_ ? stacks_->fd() : -1, POLLIN, 0},
                     {guard_writes_ ? link_.get() : -1, POLLIN, 0}};
    ::poll(fds, 4, time_left());
    // The guard first: a test that has ended was not interrupted by what came at the same time.
    look_at_guard();
    if (state_.stage == Stage::ended) return;
    if (fds[0].revents != 0) read_signals();
    if (fds[1].revents != 0) {
      parent_watched_ = false;
      happened({Event::Kind::parent_ended});
    }
    if (stacks_ && stacks_->go_on()) {
      if (state_.stage == Stage::running) {
        os::write_within(STDERR_FILENO, "holdfast: at its --stop-time ctest will end:\n",
                         k_telling_time);
        tell_stacks();
      }
      happened({Event::Kind::stacks_taken});
    }
    const Milliseconds now = os::monotonic_now();
    if (now >= look_at_) look_before_stop_time();
    if (now >= deadline()) happened({Event::Kind::timeout_expired});
    if (now >= guard_deadline()) take_over();
  }

  Milliseconds deadline() const {
    if (plan_.policy.timeout.count() == 0 || state_.stage != Stage::running) return k_longest;
    if (state_.paused) return k_longest;
    return started_ + stopped_ + plan_.policy.timeout;
  }

  // ctest gives no time for it when --stop-time comes.
  void look_before_stop_time() {
    look_at_ = k_longest;
    if (state_.stage == Stage::running && !stacks_) take_stacks();
  }

  Milliseconds guard_deadline() const {
    if (state_.stage != Stage::ending && state_.stage != Stage::killing) return k_longest;
    const Milliseconds grace = state_.stage == Stage::killing ? Milliseconds{0} : grace_;
    return std::min(k_longest, ordered_ + grace + k_guard_patience);
  }

  int time_left() const {
    Milliseconds next = std::min({deadline(), guard_deadline(), look_at_});
    if (stacks_) next = std::min(next, stacks_->deadline());
    if (next == k_longest) return -1;
    return static_cast<int>(
        std::clamp<std::int64_t>((next - os::monotonic_now()).count(), 0, 3'600'000));
  }

  void happened(Event event) {
    event.at = os::monotonic_now();
    SupervisionStep step = next_step(state_, event, plan_.mode);
    if (!state_.paused && step.state.paused) paused_since_ = event.at;
    if (state_.paused && !step.state.paused) stopped_ += event.at - paused_since_;
    state_ = step.state;
    for (const Action& action : step.actions) act(action);
  }

  void act(const Action& action) {
    switch (action.kind) {
      case Action::Kind::forward_signal:
        return forward(action.signal);
      case Action::Kind::take_stacks:
        return take_stacks();
      case Action::Kind::end_tree:
        return order_end(GuardOrder::Kind::end_tree, action.signal);
      case Action::Kind::end_tree_beyond_group:
        return order_end(GuardOrder::Kind::end_tree_beyond_group, action.signal);
      case Action::Kind::kill_tree:
        ordered_ = os::monotonic_now();
        return order({GuardOrder::Kind::kill_tree, 0});
      case Action::Kind::end_tree_here:
        tell_stacks();
        return end_tree_here(action.signal);
      case Action::Kind::stop_self:
        return stop_as_test(action.signal);
    }
  }

  // By a debugger that is our child and not of the tree, before anything is sent to the tree.
  void take_stacks() {
    tell_stacks();  // those before --stop-time
    const Milliseconds now = os::monotonic_now();
    const Milliseconds time = stacks_time(now, plan_.native_end);
    if (plan_.loudness == Loudness::quiet || time.count() == 0) {
      return happened({Event::Kind::stacks_taken});
    }
    std::vector<os::NamedProcess> processes = os::living_descendants(spared_);
    std::erase_if(processes, [&](const os::NamedProcess& one) { return one.pid == guard_; });
    stacks_.emplace(std::move(processes), now + time, plan_.command.tag);
  }

  // Into the test's own output, where ctest keeps it.
  void tell_stacks() {
    if (!stacks_) return;
    stacks_->finish();
    os::write_within(STDERR_FILENO, stacks_->text(), k_telling_time);
    stacks_.reset();
  }

  // After a timeout as much as there is before ctest ends us.
  Milliseconds grace() const {
    if (state_.reason != EndReason::timeout) return plan_.policy.grace;
    return grace_before(plan_.native_end, os::monotonic_now(), plan_.policy.grace);
  }

  // What the shell is to see: the same signal has stopped us. SIGSTOP cannot be held back, so the
  // guard sends it, in order with the SIGCONT that it sends when the test goes on.
  void stop_as_test(int signal) {
    woken_by_ = {};
    if (signal == SIGSTOP) return order({GuardOrder::Kind::stop_launcher, 0, 0, stop_.now});
    // What the guard told may be over: between two key presses we may have been stopped and woken
    // for both.
    os::stop_self(signal, [this] { return report_.main == 0 || os::is_stopped(report_.main); });
    woken_by_ = stop_;
  }

  // What wakes us from a pause is meant for the stop that it ended: `fg` has continued the test as
  // well, and it may have been stopped again by now.
  void forward(int signal) {
    const MainStop woken_by = std::exchange(woken_by_, {});
    if (signal == SIGCONT && woken_by.signal() != 0) {
      return order({GuardOrder::Kind::resume, SIGCONT, 0, woken_by.now});
    }
    order({GuardOrder::Kind::forward, signal});
  }

  void look_at_main() {
    const MainStop now = report_.main_stop;
    if (now.now == stop_.now) return;
    if (stop_.signal() != 0) happened({Event::Kind::main_continued});
    stop_ = now;
    if (stop_.signal() == 0) return;
    Event stopped{Event::Kind::main_stopped, stop_.signal()};
    stopped.watched_by_shell = os::has_terminal();
    happened(stopped);
  }

  void order_end(GuardOrder::Kind kind, int signal) {
    tell_stacks();
    ordered_ = os::monotonic_now();
    grace_ = grace();
    order({kind, signal, grace_.count()});
  }

  void order(const GuardOrder& what) {
    (void)os::retried([&] { return ::send(link_.get(), &what, sizeof what, MSG_NOSIGNAL); });
  }

  // It exited, or has something to say and goes on.
  void look_at_guard() {
    if (state_.stage == Stage::ended) return;
    const bool exited = os::retried([&] { return ::waitpid(guard_, nullptr, WNOHANG); }) == guard_;
    if (exited) guard_ = -1;
    read_reports();
    if (report_.stage == GuardReport::Stage::watching) look_at_main();
    if (report_.stage == GuardReport::Stage::tree_ended) {
      ended_us_ = os::monotonic_now_us();
      happened({Event::Kind::tree_ended});
    } else if (exited) {
      guard_lost_ = true;
      happened({Event::Kind::guard_ended});
    } else if (report_.stage == GuardReport::Stage::main_ended) {
      happened({Event::Kind::main_ended});
    }
  }

  // The last one counts. From a PID namespace, where it cannot send SIGCHLD, the packet itself
  // wakes us.
  void read_reports() {
    GuardReport report;
    while (true) {
      const ssize_t got =
          os::retried([&] { return ::recv(link_.get(), &report, sizeof report, MSG_DONTWAIT); });
      if (got == static_cast<ssize_t>(sizeof report)) {
        report_ = report;
        continue;
      }
      // It exited with an order unread: said once, before what it has sent.
      if (got < 0 && errno == ECONNRESET) continue;
      if (got == 0) guard_writes_ = false;
      return;
    }
  }

  void read_signals() {
    for (os::ReceivedSignal got = os::next_signal(around_.signals); got.number != 0;
         got = os::next_signal(around_.signals)) {
      if (got.number == SIGCHLD) {
        look_at_guard();
        continue;
      }
      if (got.number == SIGCONT && got.sender == guard_) continue;  // the test goes on
      if (around_.callers.ignores(got.number)) {
        // Nothing to us, as it would be to the bare command, unless the test handles it after all.
        if (got.source == SignalSource::process) order({GuardOrder::Kind::forward, got.number});
        continue;
      }
      happened({Event::Kind::signal_received, got.number, got.source});
    }
  }

  // The guard was to end the tree and has not: stopped, most likely.
  void take_over() {
    if (guard_ > 0) ::kill(guard_, SIGKILL);
    guard_lost_ = true;
    happened({Event::Kind::guard_ended});
  }

  void end_tree_here(int signal) {
    os::EndOrder order{signal, grace(), spared_};
    if (containment_) order.contained = containment_->processes();
    report_.survivors = static_cast<unsigned>(os::end_tree(order, *this).size());
    if (containment_) containment_->remove();
  }

  // Ctrl-C reaches the test and us at once; the test may die of it before we have looked.
  void notice_same_interrupt() {
    const bool died = report_.main_reaped && WIFSIGNALED(report_.main_status);
    const int signal = died ? WTERMSIG(report_.main_status) : 0;
    if (signal != SIGINT && signal != SIGQUIT) return;
    for (os::ReceivedSignal got = os::next_signal(around_.signals); got.number != 0;
         got = os::next_signal(around_.signals)) {
      if (got.number != signal || got.source != SignalSource::terminal) continue;
      state_.reason = EndReason::signal;
      state_.end_signal = signal;
    }
  }

  // It has said its last word; in a container nobody else may reap it. SIGKILL, so that a stopped
  // one does not hold us up.
  void bury_guard() {
    if (guard_ <= 0 || report_.kept) return;
    ::kill(guard_, SIGKILL);
    (void)os::retried([&] { return ::waitpid(guard_, nullptr, 0); });
  }

  AttemptResult conclude() const {
    if (report_.entrance_error != 0) {
      plan_.teller->complain_once(
          os::system_error(
              "ignoring containment = \"cgroup\": failed to put a test into its cgroup",
              report_.entrance_error)
              .message);
    }
    const std::int64_t ended_us = ended_us_ != 0 ? ended_us_ : os::monotonic_now_us();
    const std::int64_t paused_us = std::chrono::microseconds(stopped_).count();
    return result_of({report_, state_, guard_lost_, plan_.policy.on_leak,
                      std::max<std::int64_t>(0, ended_us - started_us_ - paused_us)});
  }

  const AttemptPlan& plan_;
  Surroundings& around_;
  os::UniqueFd link_;
  pid_t guard_ = -1;
  std::vector<pid_t> spared_;
  std::optional<AttemptContainment> containment_;
  bool guard_writes_ = false;
  std::optional<os::StackDump> stacks_;  // while they are being taken
  SupervisionState state_;
  GuardReport report_;
  pid_t launcher_ = -1;
  bool guard_lost_ = false;
  bool parent_watched_ = true;
  Milliseconds look_at_ = k_longest;  // before --stop-time
  Milliseconds started_{0};
  MainStop stop_;      // as last seen
  MainStop woken_by_;  // the stop that we stopped for, until the SIGCONT that ended it is read
  Milliseconds stopped_{0};
  Milliseconds paused_since_{0};
  Milliseconds ordered_{0};
  Milliseconds grace_{0};  // as ordered
  std::int64_t started_us_ = 0;
  std::int64_t ended_us_ = 0;
};

}  // namespace

AttemptResult run_attempt(const AttemptPlan& plan, Surroundings& around) {
  return Attempt(plan, around).run();
}

}  // namespace holdfast::launcher
