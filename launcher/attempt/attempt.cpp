#include "attempt/attempt_plan.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "attempt/guard_process.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "os/signal/signals.hpp"
#include "os/stack/stack_dump.hpp"
#include "values/outcome.hpp"

namespace holdfast::supervision {
namespace {

using Event = SupervisionEvent;
using Action = SupervisionAction;

// After an order to end the tree, the guard has the grace and this time. Then the launcher ends the
// tree itself, because a test may have stopped the guard.
constexpr Milliseconds k_guard_patience{7000};
// The same when the lease of the test's locks is over at once.
constexpr Milliseconds k_hurried_patience{200};

// Job control: the launcher stops and continues with its test, so that the shell sees the job stop
// and go on. Stops can follow one another faster than they are reported.
class SharedStops {
 public:
  SharedStops(GuardProcess& guard, os::SignalQueue& signals) : guard_(guard), signals_(signals) {}

  // Stops this process by `signal`, which has stopped the main process. Returns when this process
  // is continued. False: this process was told to stop and then to continue.
  //
  // The shell must see that the signal that stopped the test has stopped us too. Nobody can block
  // SIGSTOP, so the guard sends it to us: it then comes before the SIGCONT that the guard sends
  // when the test goes on. If another signal told us to stop, we stop by that signal instead.
  [[nodiscard]] bool stop_as_test(int signal) {
    woken_by_ = {};
    // The first process of a PID namespace cannot be stopped, so no shell would see a stop and
    // continue us.
    if (::getpid() == 1) return false;
    if (signal == SIGSTOP) signal = signals_.told_to_stop();
    if (signal == 0) {
      guard_.order({GuardOrder::Kind::stop_launcher, 0, 0, last_.now});
      return true;
    }
    // The guard's news may be old: since then, two key presses may have stopped and continued us.
    const pid_t main = guard_.report().main;
    const auto wanted = [main] { return main == 0 || os::is_stopped(main); };
    if (!signals_.stop_by(signal, wanted)) return false;
    woken_by_ = last_;
    return true;
  }

  // Passes an order of kind `forward` to the tree.
  //
  // A SIGCONT that continues us is meant only for the stop that it ends. `fg` has continued the
  // test too. If the test is stopped again by now, it must stay stopped.
  void forward(GuardOrder order) {
    const MainStop woken_by = std::exchange(woken_by_, {});
    if (order.signal == SIGCONT && woken_by.signal() != 0) {
      order.kind = GuardOrder::Kind::resume;
      order.stop = woken_by.now;
    }
    guard_.order(order);
  }

  // Notes what the guard has reported about the main process. Returns what was noted before.
  MainStop note(MainStop now) { return std::exchange(last_, now); }

 private:
  GuardProcess& guard_;
  os::SignalQueue& signals_;
  MainStop last_;
  MainStop woken_by_;  // our latest stop, until the SIGCONT that ended it is read
};

class Attempt final : public os::TreeWatcher {
 public:
  Attempt(const AttemptPlan& plan, Surroundings& around) : plan_(plan), around_(around) {}

  AttemptResult run() {
    clock_.start();
    if (plan_.stop_time != k_longest && plan_.stop_time - k_stop_time_look > clock_.started()) {
      look_at_ = plan_.stop_time - k_stop_time_look;
    }
    Result<void> begun = begin_watch(plan_.needs);
    if (begun) begun = guard_.start(plan_, around_);
    if (!begun) return own_failure(begun.error());
    while (state_.stage != Stage::ended) wait_for_news();
    if (state_.reason == EndReason::none) stacks_.reset();  // the test ended before --stop-time
    tell_stacks();  // the tree was gone before its stacks were complete
    plan_.companion->on_tree_gone();
    guard_.reap();
    if (state_.reason == EndReason::none && state_.pressed == 0) notice_same_interrupt();
    if (state_.reason == EndReason::none) notice_dead_reader();
    if (guard_.containment() != nullptr) guard_.containment()->dismiss_warden();
    return conclude();
  }

  // The functions of os::TreeWatcher. They are called if the launcher itself ends the tree in the
  // guard's place.
  void on_reaped(pid_t pid, int /*status*/) override { guard_.note_reaped(pid); }
  int hurry_fd() override { return around_.signals.fd(); }
  bool hurries() override {
    while (os::ReceivedSignal got = around_.next_signal()) {
      if (around_.callers.ignores(got.number)) continue;
      if (got.number == SIGTERM || got.number == SIGINT) return true;
    }
    return false;
  }

 private:
  void wait_for_news() {
    const int parent = parent_watched_ ? around_.parent.get() : -1;
    os::Wait wait({around_.signals.fd(), parent, stacks_ ? stacks_->fd() : -1, guard_.fd()},
                  std::min({deadline(), companions_deadline(), guard_deadline(), look_at_,
                            stacks_ ? stacks_->deadline() : k_longest}));
    plan_.companion->join(wait);
    for (Need* const need : plan_.needs) need->join(wait);
    if (const std::chrono::nanoseconds rest = plan_.companion->rest(); rest.count() > 0) {
      wait.go_for(rest);
    } else {
      wait.go();
    }
    plan_.companion->look();
    // We read the guard's reports first. If the test has already ended, an event of the same moment
    // must not count as an interruption of the test.
    look_at_guard();
    if (state_.stage == Stage::ended) return;
    if (wait.news(around_.signals.fd()) != 0) read_signals();
    if (wait.news(parent) != 0) {
      parent_watched_ = false;
      happened({Event::Kind::parent_ended});
    }
    for (Need* const need : plan_.needs) look_at(*need, wait);
    if (stacks_ && stacks_->go_on()) stacks_are_whole();
    const Milliseconds now = os::monotonic_now();
    if (now >= look_at_) {
      // Stacks are taken early because ctest gives no time for them when --stop-time comes.
      look_at_ = k_longest;
      if (state_.stage == Stage::running) take_stacks();
    }
    if (now >= companions_deadline()) companions_time_is_over();
    if (now >= deadline()) happened({Event::Kind::timeout_expired});
    if (now >= guard_deadline()) take_over();
  }

  void look_at(Need& need, const os::Wait& wait) {
    switch (need.look(wait)) {
      case Need::News::none:
        return;
      case Need::News::lost:
        return happened({Event::Kind::lock_lost});
      case Need::News::over:
        is_lease_over_ = true;
        return happened({Event::Kind::lease_over});
    }
  }

  Milliseconds companions_deadline() const {
    if (state_.paused || state_.stage != Stage::running) return k_longest;
    return plan_.companion->deadline();
  }

  void companions_time_is_over() {
    const Companion::Verdict verdict = plan_.companion->on_deadline();
    if (verdict == Companion::Verdict::go_on) return;
    wants_stacks_ = verdict == Companion::Verdict::end_tree;
    is_over_for_companion_ = true;
    happened({Event::Kind::timeout_expired});
  }

  void stacks_are_whole() {
    if (state_.stage == Stage::running) {
      plan_.companion->tell("holdfast: at its --stop-time ctest will end:\n");
      tell_stacks();
    }
    happened({Event::Kind::stacks_taken});
  }

  Milliseconds deadline() const {
    if (plan_.policy.timeout.count() == 0 || state_.stage != Stage::running) return k_longest;
    if (state_.paused) return k_longest;
    return clock_.after(plan_.policy.timeout);
  }

  Milliseconds guard_deadline() const {
    if (state_.stage != Stage::ending && state_.stage != Stage::killing) return k_longest;
    const Milliseconds grace = state_.stage == Stage::killing ? Milliseconds{0} : grace_;
    const Milliseconds patience = is_lease_over_ ? k_hurried_patience : k_guard_patience;
    return std::min(k_longest, ordered_ + grace + patience);
  }

  void happened(Event event) {
    event.at = os::monotonic_now();
    SupervisionStep step = next_step(state_, event, plan_.mode);
    if (!state_.paused && step.state.paused) clock_.pause(event.at);
    if (state_.paused && !step.state.paused) plan_.companion->on_pause(clock_.go_on(event.at));
    state_ = step.state;
    for (const Action& action : step.actions) act(action);
  }

  void act(const Action& action) {
    switch (action.kind) {
      case Action::Kind::forward_signal:
        return stops_.forward(passing_on(GuardOrder::Kind::forward, action.signal));
      case Action::Kind::take_stacks:
        return take_stacks();
      case Action::Kind::end_tree:
        return order_end(GuardOrder::Kind::end_tree, action.signal);
      case Action::Kind::end_tree_beyond_group:
        return order_end(GuardOrder::Kind::end_tree_beyond_group, action.signal);
      case Action::Kind::kill_tree:
        ordered_ = os::monotonic_now();
        return guard_.order({GuardOrder::Kind::kill_tree, 0});
      case Action::Kind::end_tree_here:
        return end_tree_here(action.signal);
      case Action::Kind::stop_self:
        if (!stops_.stop_as_test(action.signal)) happened({Event::Kind::signal_received, SIGCONT});
        return;
    }
  }

  void take_stacks() {
    if (!wants_stacks_ || !start_stacks()) happened({Event::Kind::stacks_taken});
  }

  // Starts to take the stacks of the whole tree, while the test still lives. They go to its output,
  // which ctest keeps. The debugger is our child and does not belong to the tree. To be called
  // before any signal is sent to the tree. If stacks are already being taken, writes those to the
  // output first. False: there is no time for stacks, or nobody wants them.
  bool start_stacks() {
    tell_stacks();
    const Milliseconds now = os::monotonic_now();
    const Milliseconds time = stacks_time(now, plan_.native_end);
    if (plan_.loudness == Loudness::quiet || time.count() == 0) return false;
    std::vector<os::NamedProcess> processes = os::living_descendants(guard_.spared());
    std::erase_if(processes, [&](const os::NamedProcess& one) { return one.pid == guard_.pid(); });
    stacks_.emplace(std::move(processes), now + time, plan_.command.tag);
    return true;
  }

  // If stacks are being taken, stops now and writes what there is to the output.
  void tell_stacks() {
    if (!stacks_) return;
    stacks_->finish();
    plan_.companion->tell(stacks_->text());
    stacks_.reset();
  }

  // After a timeout, the grace is at most the time that is left until ctest ends us.
  Milliseconds grace() const {
    if (is_lease_over_) return Milliseconds{0};
    if (state_.reason != EndReason::timeout) return plan_.policy.grace;
    const Milliseconds grace = plan_.timeout_signal != 0 ? plan_.timeout_grace : plan_.policy.grace;
    return grace_before(plan_.native_end, os::monotonic_now(), grace);
  }

  void look_at_stops() {
    const MainStop now = guard_.report().main_stop;
    const MainStop before = stops_.note(now);
    if (now.now == before.now) return;
    if (before.signal() != 0) happened({Event::Kind::main_continued});
    if (now.signal() == 0) return;
    Event stopped{Event::Kind::main_stopped, now.signal()};
    stopped.watched_by_shell = os::has_terminal();
    happened(stopped);
  }

  void order_end(GuardOrder::Kind kind, int signal) {
    plan_.companion->on_tree_ends();
    tell_stacks();
    ordered_ = os::monotonic_now();
    grace_ = grace();
    if (state_.reason == EndReason::timeout && plan_.timeout_signal != 0) {
      signal = plan_.timeout_signal;
    }
    GuardOrder order = passing_on(kind, signal);
    order.grace_ms = grace_.count();
    if (os::logs(LogLevel::debug)) {
      os::log(LogLevel::debug,
              {"orders the guard to end the process tree, because ", because(state_.reason), ": ",
               signal_name(signal), ", and SIGKILL after ", describe(grace_)});
    }
    guard_.order(order);
  }

  // Returns an order that carries `signal`. The order names the sender if `signal` is the one that
  // is being answered (heard_) and did not come from the terminal.
  GuardOrder passing_on(GuardOrder::Kind kind, int signal) const {
    GuardOrder order{kind, signal};
    if (signal != heard_.number || heard_.source == SignalSource::terminal) return order;
    order.sender = heard_.sender;
    order.sent_from_tree = heard_.source == SignalSource::tree;
    return order;
  }

  // Reads new reports from the guard, and notices when it has exited.
  void look_at_guard() {
    if (state_.stage == Stage::ended) return;
    const bool exited = guard_.listen();
    const GuardReport::Stage stage = guard_.report().stage;
    if (!main_is_told_ && guard_.has_reported()) {
      main_is_told_ = true;
      plan_.companion->on_main_started(guard_.report().main);
    }
    if (stage == GuardReport::Stage::watching) look_at_stops();
    if (stage == GuardReport::Stage::tree_ended) {
      // First, or the SIGKILL of the guard would count as a crash of the test.
      if (guard_.report().lease_over) happened({Event::Kind::lock_lost});
      clock_.end();
      happened({Event::Kind::tree_ended});
    } else if (exited) {
      guard_lost_ = true;
      happened({Event::Kind::guard_ended});
    } else if (stage == GuardReport::Stage::main_ended) {
      happened({Event::Kind::main_ended});
    }
  }

  void read_signals() {
    while (os::ReceivedSignal got = around_.next_signal()) {
      if (got.number == SIGCHLD) {
        look_at_guard();
        continue;
      }
      if (around_.tells_limit(got)) {
        // An attempt that is not plain ignores ctest's signal and keeps time itself, so that a
        // before-kill hook can run first.
        if (plan_.is_plain) happened({Event::Kind::timeout_expired});
        continue;
      }
      // With this SIGCONT the guard says that the test goes on.
      if (got.number == SIGCONT && (got.sender == guard_.pid() || got.from_line)) continue;
      if (got.source == SignalSource::process && os::is_below(got.sender, guard_.pid())) {
        got.source = SignalSource::tree;
      }
      heard_ = got;
      answer(got);
      heard_ = {};
    }
  }

  void answer(const os::ReceivedSignal& got) {
    if (got.source == SignalSource::terminal) {
      guard_.order({GuardOrder::Kind::forget, got.number});
    }
    if (!around_.callers.ignores(got.number)) {
      return happened({Event::Kind::signal_received, got.number, got.source});
    }
    // We ignore the signal, as the bare command would, but the test may handle it all the same.
    if (got.source != SignalSource::terminal) {
      guard_.order(passing_on(GuardOrder::Kind::forward, got.number));
    }
  }

  // Called if the guard did not end the tree as ordered. Most likely the guard is stopped.
  void take_over() {
    os::log(LogLevel::debug, {"kills the guard, which did not end the process tree in time"});
    guard_.kill();
    guard_lost_ = true;
    happened({Event::Kind::guard_ended});
  }

  void end_tree_here(int signal) {
    plan_.companion->on_tree_ends();
    tell_stacks();
    os::log(LogLevel::debug, {"ends the process tree itself: the guard is gone"});
    AttemptContainment* containment = guard_.containment();
    os::EndOrder order{signal, grace(), {guard_.spared(), plan_.step != nullptr}};
    if (containment != nullptr) order.contained = containment->processes();
    guard_.report().survivors = static_cast<unsigned>(os::end_tree(order, *this).size());
    if (containment != nullptr) containment->remove();
  }

  // The signal that ended the test (Ctrl-C) may have reached us at the same instant, and may still
  // be pending. A test that handled the signal and then exited counts as ended by itself, but it
  // must not be tried again.
  void notice_same_interrupt() {
    const ProcessEnd main = end_of_main(guard_.report());
    if (main.kind == ProcessEnd::Kind::never_started) return;
    const bool died = main.kind == ProcessEnd::Kind::signalled;
    if (!died && !plan_.policy.retry.may_retry()) return;
    os::SignalSet signals = k_ending_signals & ~around_.callers.ignored;
    if (died) signals &= os::signal_bit(main.code);
    if (signals == 0) return;
    const os::ReceivedSignal got = os::take_pending(signals);
    // The test may have sent it to all of its group. A key press has no sender.
    const bool is_tests =
        got.source != SignalSource::terminal && got.sender == guard_.report().main;
    if (got.number == 0 || is_tests) return;
    Event event{Event::Kind::ended_beside_signal, got.number, got.source};
    event.died_of_it = died;
    happened(event);
  }

  // Only ctest reads the test's output. When ctest dies, its end of the pipe closes first. The test
  // may die of that (SIGPIPE) before we can see ctest's death.
  void notice_dead_reader() {
    if (plan_.mode != ExitMode::ctest || !end_of_main(guard_.report()).died_of(SIGPIPE)) return;
    if (!os::has_lost_its_reader(STDOUT_FILENO) && !os::has_lost_its_reader(STDERR_FILENO)) return;
    happened({Event::Kind::ended_without_reader});
  }

  AttemptResult conclude() const {
    const GuardReport& report = guard_.report();
    if (report.entrance_error != 0) {
      const std::string trouble =
          "containment = \"cgroup\": " +
          to_text(os::system_error("put a test into its cgroup", report.entrance_error));
      if (plan_.policy.containment_missing == ContainmentMissing::fail) {
        return own_failure(ErrorInWords{"not allowed here: " + trouble});
      }
      plan_.teller->complain_once("ignoring " + trouble);
    }
    AttemptResult result =
        result_of({report, state_, guard_lost_, plan_.policy.on_leak, clock_.wall_us(),
                   plan_.policy.containment.has(Boundary::pidns)});
    result.ended_for_companion = is_over_for_companion_;
    return result;
  }

  const AttemptPlan& plan_;
  Surroundings& around_;
  GuardProcess guard_;
  SharedStops stops_{guard_, around_.signals};
  std::optional<os::StackDump> stacks_;  // while they are taken
  SupervisionState state_;
  AttemptClock clock_;
  os::ReceivedSignal heard_;  // the signal that is being answered
  bool guard_lost_ = false;
  bool is_lease_over_ = false;
  bool parent_watched_ = true;
  bool main_is_told_ = false;  // the companion was told that the main process runs
  bool wants_stacks_ = true;
  bool is_over_for_companion_ = false;  // the tree was ended because the companion's time was over
  Milliseconds look_at_ = k_longest;    // when stacks are taken: shortly before --stop-time
  Milliseconds ordered_{0};             // when the guard was last told to end or kill the tree
  Milliseconds grace_{0};               // the grace of that order
};

}  // namespace

AttemptResult run_attempt(const AttemptPlan& plan, Surroundings& around) {
  return Attempt(plan, around).run();
}

}  // namespace holdfast::supervision
