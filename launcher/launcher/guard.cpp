#include "launcher/guard.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "launcher/guard_messages.hpp"
#include "launcher/keeper_link.hpp"
#include "launcher/output_holders.hpp"
#include "os/clock.hpp"
#include "os/descriptors.hpp"
#include "os/process.hpp"
#include "os/process_tree.hpp"
#include "os/signals.hpp"
#include "os/system_call.hpp"

namespace holdfast::launcher {
namespace {

// A child that is ending when the main process ends (a helper that reads the end of a pipe) is no
// leak. Only a test that does leave something behind waits this long.
constexpr Milliseconds k_leak_patience{100};
// Who continues a job (`fg`) continues the launcher as well. Only one that still stands so long
// after its test went on was forgotten. SIGCONT at once would be too late for the stop that it is
// meant for, and end the next one.
constexpr Milliseconds k_wake_patience{100};

std::int64_t microseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

unsigned list_processes(const std::vector<os::NamedProcess>& processes,
                        std::array<ListedProcess, k_most_listed>& list) {
  for (std::size_t i = 0; i < std::min(processes.size(), list.size()); ++i) {
    list[i].pid = processes[i].pid;
    std::strncpy(list[i].name.data(), processes[i].name.c_str(), list[i].name.size() - 1);
  }
  return static_cast<unsigned>(processes.size());
}

class Guard final : public os::TreeWatcher {
 public:
  explicit Guard(GuardDuty duty) : duty_(std::move(duty)) {}

  [[noreturn]] void run() {
    // Before the test exists: an orphan of its first instant is ours already.
    if (!os::become_subreaper()) ::_exit(1);
    if (duty_.containment != nullptr) duty_.containment->enter(duty_.command, duty_.keeper);
    const os::Spawned spawned = os::spawn(duty_.command, duty_.callers);
    ::prctl(PR_SET_NAME, "holdfast-guard", 0, 0, 0);
    // The test has its working directory; ours would keep a directory busy.
    (void)::chdir("/");
    if (spawned.error != 0) {
      report_.exec_error = spawned.error;
      finish();
    }
    report_.entrance_error = spawned.entrance_error;
    main_ = spawned.pid;
    report_.main = in_namespace() ? 0 : main_;
    watch_main();
    settle();
  }

  void on_reaped(pid_t pid, int status) override {
    if (pid != main_) return;
    report_.main_reaped = true;
    report_.main_status = status;
  }

  // Of the main process: the launcher stops with it.
  void on_stop_news(pid_t pid, int status) override {
    if (pid != main_) return;
    const MainStop last = report_.main_stop;
    const bool stopped = WIFSTOPPED(status);
    report_.main_stop = stopped ? last.stopped_by(WSTOPSIG(status)) : last.continued();
    report(GuardReport::Stage::watching);
    wake_launcher();
    look_at_launcher_ = stopped ? k_longest : os::monotonic_now() + k_wake_patience;
  }

  int hurry_fd() override { return duty_.launcher.valid() ? duty_.launcher.get() : -1; }

  // While the tree is being ended only "now" matters; the launcher's death changes nothing.
  bool hurries() override {
    GuardOrder order{};
    return read_order(order) && order.kind == GuardOrder::Kind::kill_tree;
  }

 private:
  bool in_namespace() const {
    return duty_.containment != nullptr && duty_.containment->is_namespace();
  }

  // Until the main process has ended. The launcher's orders and its death end the tree.
  void watch_main() {
    children_ = os::watch_children();
    while (hear_of_children() && !report_.main_reaped) {
      const Milliseconds left =
          look_at_launcher_ == k_longest ? k_longest : look_at_launcher_ - os::monotonic_now();
      if (left.count() > 0) {
        wait(left);
      } else {
        continue_launcher();
      }
    }
  }

  bool hear_of_children() { return os::reap(*this, {}, os::StopNews::wanted); }

  // After the main process: leftovers are found, then ended or let go.
  [[noreturn]] void settle() {
    const Milliseconds until = os::monotonic_now() + k_leak_patience;
    while (true) {
      if (!os::reap(*this, {})) finish();
      const Milliseconds left = until - os::monotonic_now();
      if (left.count() <= 0) break;
      wait(left);
    }
    const std::vector<os::NamedProcess> leftovers = os::living_descendants({});
    report_.leftovers = list_processes(for_people(leftovers), report_.leftover_list);
    if (may_stay(leftovers)) let_go();
    report(GuardReport::Stage::main_ended);
    wake_launcher();
    end_tree(SIGTERM, duty_.grace);
    finish();
  }

  bool may_stay(const std::vector<os::NamedProcess>& leftovers) const {
    if (!duty_.needed_by_others && duty_.on_leak != OnLeak::ignore) return false;
    if (!duty_.under_ctest) return true;
    // ctest waits for the end of a test's output: who holds it would hang the run.
    return std::none_of(leftovers.begin(), leftovers.end(),
                        [](const os::NamedProcess& p) { return holds_our_output(p.pid); });
  }

  // The leftovers live on and hold no lock: it goes with the main process, as in ctest.
  [[noreturn]] void let_go() {
    report_.kept = true;
    if (!duty_.needed_by_others && !in_namespace()) finish();
    note_usage();
    report(GuardReport::Stage::tree_ended);
    wake_launcher();
    duty_.locks->clear();
    // They would end with the first process of their namespace: so it stays, and ends with them.
    if (!duty_.needed_by_others) duty_.keeper = duty_.parent = -1;
    keep_only_watched();
    wait_for_end_of_run();
    end_tree(SIGTERM, duty_.grace);
    leave_containment();
    ::_exit(0);
  }

  void leave_containment() {
    if (duty_.containment == nullptr) return;
    if (report_.kept && !duty_.needed_by_others) return duty_.containment->let_go();
    duty_.containment->remove();
  }

  // Closes everything that is not needed to notice the end of the run: stdout above all.
  void keep_only_watched() {
    os::leave_standard_streams();
    std::vector<int> kept{0, 1, 2, children_.get(), duty_.keeper, duty_.parent};
    if (duty_.containment != nullptr) kept.push_back(duty_.containment->descriptor());
    os::close_all_but(std::move(kept));
    (void)duty_.launcher.release();
  }

  // The keeper says so; without it, ctest's death.
  void wait_for_end_of_run() {
    int keeper = duty_.keeper;
    while (os::reap(*this, {})) {
      pollfd fds[3] = {
          {children_.get(), POLLIN, 0}, {keeper, POLLIN, 0}, {duty_.parent, POLLIN, 0}};
      ::poll(fds, 3, -1);
      os::hear_of_children(children_);
      if (fds[2].revents != 0) return;
      if (fds[1].revents == 0) continue;
      char byte = 0;
      if (::recv(keeper, &byte, 1, MSG_DONTWAIT) > 0) return;
      keeper = -1;  // The keeper died, the run goes on.
    }
    leave_containment();
    ::_exit(0);
  }

  void note_usage() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    report_.user_us = microseconds(used.ru_utime);
    report_.system_us = microseconds(used.ru_stime);
    report_.max_rss_kb = used.ru_maxrss;
    if (duty_.containment != nullptr) report_.memory_peak_kb = duty_.containment->memory_peak_kb();
  }

  [[noreturn]] void finish() {
    note_usage();
    leave_containment();
    report(GuardReport::Stage::tree_ended);
    if (!duty_.launcher.valid()) record_in_launchers_place();
    ::_exit(0);
  }

  // The launcher was killed: what it would have said of the attempt is said here.
  void record_in_launchers_place() {
    AttemptResult result;
    result.report = report_;
    result.observation.end_reason = EndReason::parent_gone;
    result.outcome = outcome_of(result.observation);
    result.wall_us = os::monotonic_now_us() - started_us_;
    result.note = "the launcher of the test was killed; its process tree was ended";
    (void)record_end(*duty_.identity, result);
    bid_farewell(duty_.keeper, LentScratch::used);
  }

  // Nobody there to read it: the launcher was killed, and this is how we learn it.
  void report(GuardReport::Stage stage) {
    report_.stage = stage;
    if (!duty_.launcher.valid()) return;
    const ssize_t sent = os::retried([&] {
      return ::send(duty_.launcher.get(), &report_, sizeof report_, MSG_NOSIGNAL | MSG_DONTWAIT);
    });
    if (sent < 0 && errno != EAGAIN) duty_.launcher.reset();
  }

  // The test was continued by itself: `kill -CONT`.
  void continue_launcher() {
    look_at_launcher_ = k_longest;
    if (os::is_stopped(duty_.launcher_pid) && !os::is_stopped(main_)) wake_launcher(SIGCONT);
  }

  // Only where the report is not followed by our exit, which would. From within a PID namespace it
  // cannot be signalled, and waits for the report itself.
  void wake_launcher(int signal = SIGCHLD) const {
    if (::getppid() == duty_.launcher_pid) ::kill(duty_.launcher_pid, signal);
  }

  // True while the main process has not been continued since that stop.
  bool is_still_stopped(std::uint32_t stop) {
    hear_of_children();
    return report_.main_stop.now == stop;
  }

  os::ProcessSet* contained() {
    return duty_.containment != nullptr ? duty_.containment->processes() : nullptr;
  }

  // By the numbers that they have outside a PID namespace.
  std::vector<os::NamedProcess> for_people(const std::vector<os::NamedProcess>& processes) const {
    return in_namespace() ? duty_.containment->named_outside(processes) : processes;
  }

  void end_tree(int signal, Milliseconds grace, pid_t told_group = os::k_no_group) {
    const std::vector<os::NamedProcess> survivors =
        os::end_tree({signal, grace, {}, told_group, contained()}, *this);
    report_.survivors = list_processes(for_people(survivors), report_.survivor_list);
  }

  // Waits for a child, an order, or the end of `time`; carries out the order.
  void wait(Milliseconds time) {
    pollfd fds[2] = {{children_.get(), POLLIN, 0}, {hurry_fd(), POLLIN, 0}};
    const auto timeout = time == k_longest ? -1 : static_cast<int>(time.count());
    if (::poll(fds, 2, timeout) <= 0) return;
    if (fds[0].revents != 0) os::hear_of_children(children_);
    GuardOrder order{};
    if (fds[1].revents != 0 && read_order(order)) carry_out(order);
  }

  void carry_out(const GuardOrder& order) {
    switch (order.kind) {
      case GuardOrder::Kind::forward:
        return os::signal_descendants(order.signal, {});
      case GuardOrder::Kind::resume:
        if (is_still_stopped(order.stop)) os::signal_descendants(SIGCONT, {});
        return;
      case GuardOrder::Kind::stop_launcher:
        // From here, so that it cannot come after the SIGCONT for the same stop.
        if (is_still_stopped(order.stop)) wake_launcher(SIGSTOP);
        return;
      case GuardOrder::Kind::end_tree:
        end_tree(order.signal, Milliseconds{order.grace_ms});
        break;
      case GuardOrder::Kind::end_tree_beyond_group:
        end_tree(order.signal, Milliseconds{order.grace_ms}, ::getpgrp());
        break;
      case GuardOrder::Kind::kill_tree:
        end_tree(0, Milliseconds{0});
        break;
    }
    // Nothing is left, or nothing that can be ended.
    finish();
  }

  // The launcher's death is an order too: the test ends with it.
  bool read_order(GuardOrder& order) {
    const ssize_t got = os::retried(
        [&] { return ::recv(duty_.launcher.get(), &order, sizeof order, MSG_DONTWAIT); });
    if (got == static_cast<ssize_t>(sizeof order)) return true;
    if (got < 0 && errno == EAGAIN) return false;
    duty_.launcher.reset();
    order = {GuardOrder::Kind::end_tree, SIGTERM, duty_.grace.count()};
    return true;
  }

  GuardDuty duty_;
  GuardReport report_;
  os::UniqueFd children_;
  pid_t main_ = -1;
  Milliseconds look_at_launcher_ = k_longest;
  std::int64_t started_us_ = os::monotonic_now_us();
};

}  // namespace

void be_guard(GuardDuty duty) { Guard(std::move(duty)).run(); }

}  // namespace holdfast::launcher
