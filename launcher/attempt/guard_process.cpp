#include "attempt/guard_process.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "attempt/records.hpp"
#include "attempt/step_files.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "os/process/tagged_processes.hpp"
#include "os/stack/program_reader.hpp"

namespace holdfast::supervision {
namespace {

// The guard is the launcher's child and the test's parent. It reaps, finds leftovers and ends the
// tree. If the launcher is killed, the guard goes on. If the guard is killed, the launcher takes
// over. The guard also kills the test when its lease of locks over machines is over, because the
// launcher may be stopped at that time.
//
// One process would not be enough. If that one process got SIGKILL, nothing would show that a
// double-forked process with a cleared environment belongs to the test. Of the two processes, the
// survivor is a subreaper and so gets every orphan.

// A new server needs a moment to close the descriptors that it inherited. We wait between two
// looks, because each look is a walk through all of the server's descriptors.
constexpr Milliseconds k_closing_patience{2000};
constexpr Milliseconds k_closing_round{20};
// Whoever continues a job (`fg`) continues the launcher too. If the launcher is still stopped this
// long after its test went on, nobody has continued it, so we do. We do not send SIGCONT earlier:
// it could arrive after somebody else's SIGCONT, and end the launcher's next stop.
constexpr Milliseconds k_wake_patience{100};

// Runs in the forked child. Everything that `plan` and `around` refer to is an inherited copy.
class Guard final : public os::TreeWatcher {
 public:
  // `link`: the guard's end of its connection with the launcher. When the connection ends, the
  // guard knows that the launcher was killed. `containment`: null: there is none.
  Guard(const AttemptPlan& plan, const Surroundings& around, os::UniqueFd link, pid_t launcher,
        AttemptContainment* containment)
      : plan_(plan),
        around_(around),
        command_(plan.command),
        link_(std::move(link)),
        launcher_(launcher),
        containment_(containment) {
    command_.debugger = launcher;
    command_.nice = static_cast<int>(plan_.policy.nice);
    if (plan_.policy.umask) command_.umask = static_cast<int>(*plan_.policy.umask);
  }

  [[noreturn]] void run() {
    // We become a subreaper before the test exists, so that we get even the test's first orphan.
    // The launcher has just become one, so the kernel allows it.
    (void)os::become_subreaper();
    if (containment_ != nullptr) {
      containment_->enter(command_, plan_.keeper, plan_.policy.containment_missing);
    }
    // The name is set before the test exists. A process that signals an outer tree sees by this
    // name where our tree begins.
    os::set_process_title(os::k_guard_name, {os::k_guard_title, plan_.identity->attempt});
    os::log_as("guard");
    report_.earliest_start = os::clock_ticks_since_boot();
    const os::Spawned spawned = os::spawn(command_, around_.callers);
    report_.latest_start = os::clock_ticks_since_boot();
    // The test has its working directory already. We leave ours, which would only keep a directory
    // busy.
    (void)::chdir("/");
    report_.entrance_error = spawned.entrance_error;
    const bool is_kept_out = spawned.entrance_error != 0 && command_.must_enter;
    if (spawned.error != 0 || is_kept_out) {
      report_.exec_error = is_kept_out ? spawned.entrance_error : spawned.error;
      finish();
    }
    main_ = spawned.pid;
    if (os::logs(LogLevel::debug)) {
      os::log(LogLevel::debug,
              {"started ", command_.arguments[0], " as pid ", std::to_string(main_)});
    }
    report_.main = in_namespace() ? 0 : main_;
    report_.main_inside = main_;
    if (plan_.companion->wants_start()) report(GuardReport::Stage::watching);
    watch_main();
    settle();
  }

  // Afterwards nothing tells what rights the process had. We look only if it matters.
  void on_ended(pid_t pid) override {
    if (pid != main_ || plan_.rights_file.empty()) return;
    if (::access(plan_.rights_file.c_str(), F_OK) != 0) return;
    report_.rights_changed = os::has_other_rights(pid);
  }

  void on_reaped(pid_t pid, int status) override {
    if (pid != main_) return;
    report_.main_reaped = true;
    report_.main_status = status;
  }

  // Tells the launcher that the main process was stopped or continued. The launcher decides whether
  // it stops too.
  void on_stop_news(pid_t pid, int status) override {
    if (pid != main_) return;
    const MainStop last = report_.main_stop;
    const bool stopped = WIFSTOPPED(status);
    report_.main_stop = stopped ? last.stopped_by(WSTOPSIG(status)) : last.continued();
    report(GuardReport::Stage::watching);
    look_at_launcher_ = stopped ? k_longest : os::monotonic_now() + k_wake_patience;
  }

  // Readable when there is something for read_order(); -1: the launcher is dead.
  int hurry_fd() override { return link_.get(); }

  // The launcher ends the test before its lease of locks over machines is over. The guard looks at
  // the lease as well, in case the launcher is stopped or was killed.
  Milliseconds hurry_time() override {
    Milliseconds left = k_longest;
    for (const Need* const need : plan_.needs) left = std::min(left, need->time_left());
    return left;
  }

  // While the tree is being ended, every order but kill_tree is ignored, and so is the launcher's
  // death.
  bool hurries() override {
    if (is_lease_over()) return true;
    GuardOrder order{};
    return read_order(order) && order.kind == GuardOrder::Kind::kill_tree;
  }

 private:
  bool in_namespace() const {
    return containment_ != nullptr && containment_->has(Boundary::pidns);
  }

  // Returns when the main process has ended. The launcher's orders, and its death, can end the tree
  // earlier.
  void watch_main() {
    children_ = os::watch_children();
    while (hear_of_children() && !report_.main_reaped) {
      if (os::monotonic_now() < look_at_launcher_) {
        wait(look_at_launcher_);
      } else {
        continue_launcher();
      }
    }
  }

  // Excludes no child (Spared is empty): while the main process lives, this changes no result.
  bool hear_of_children() { return os::reap(*this, {}, os::StopNews::wanted); }

  os::Spared spared() const { return {{}, plan_.step != nullptr}; }

  // Runs when the main process has ended. Finds leftovers, then ends them or lets them go.
  [[noreturn]] void settle() {
    const Milliseconds until = os::monotonic_now() + k_leak_patience;
    while (true) {
      if (!os::reap(*this, spared())) finish();
      if (os::monotonic_now() >= until) break;
      wait(until);
    }
    const std::vector<os::NamedProcess> leftovers = leftovers_with_their_output_closed();
    report_.leftovers = list_processes(for_people(leftovers), report_.leftover_list);
    const bool stay = may_stay() && !hold_output(leftovers);
    if (os::logs(LogLevel::debug)) {
      os::log(LogLevel::debug, {"the main process has ended, and ",
                                counted(leftovers.size(), "process is", "processes are"),
                                stay ? " left, to live on" : " left, to be ended"});
    }
    if (stay) let_go();
    report(GuardReport::Stage::main_ended);
    end_tree(SIGTERM, plan_.policy.grace);
    finish();
  }

  bool may_stay() const {
    return plan_.policy.needed_by_others || plan_.policy.on_leak == OnLeak::ignore;
  }

  // Returns the leftovers. If they may stay, waits until they have closed the test's output, but
  // not for ever.
  std::vector<os::NamedProcess> leftovers_with_their_output_closed() {
    const Milliseconds until = os::monotonic_now() + k_closing_patience;
    while (true) {
      std::vector<os::NamedProcess> leftovers = os::living_descendants(spared());
      if (!may_stay() || !hold_output(leftovers) || os::monotonic_now() >= until) return leftovers;
      wait(os::monotonic_now() + k_closing_round);
      if (!os::reap(*this, spared())) finish();
    }
  }

  // ctest waits for the end of a test's output. So a leftover that has the output open would hang
  // the run.
  bool hold_output(const std::vector<os::NamedProcess>& leftovers) const {
    if (plan_.mode != ExitMode::ctest) return false;
    const int output = command_.output >= 0 ? command_.output : STDOUT_FILENO;
    const int errors = command_.errors >= 0 ? command_.errors : STDERR_FILENO;
    const std::vector<os::Stream> streams{os::stream_of(output), os::stream_of(errors)};
    return std::any_of(leftovers.begin(), leftovers.end(),
                       [&](const os::NamedProcess& p) { return os::holds_stream(p.pid, streams); });
  }

  // The leftovers live on without the locks. As in ctest, the locks end with the main process.
  [[noreturn]] void let_go() {
    report_.kept = true;
    if (!plan_.policy.needed_by_others && !in_namespace()) finish();
    report_.stays = true;
    note_usage();
    report(GuardReport::Stage::tree_ended);
    for (Need* const need : plan_.needs) need->let_go();
    // Leftovers that no other test needs may outlive the run, so for them the guard does not watch
    // the run. The guard stays only because it is the first process of their PID namespace: if the
    // guard ended, the leftovers would end too.
    const int keeper = plan_.policy.needed_by_others ? plan_.keeper : -1;
    const int parent = plan_.policy.needed_by_others ? around_.parent.get() : -1;
    // All other descriptors are closed, above all stdout: whoever reads the output waits for its
    // end.
    os::leave_standard_streams();
    std::vector<int> kept{0, 1, 2, children_.get(), keeper, parent};
    if (containment_ != nullptr) kept.push_back(containment_->descriptor());
    os::close_all_but(std::move(kept));
    (void)link_.release();  // it was closed with the others
    if (outlive_the_run(keeper, parent)) end_tree(SIGTERM, plan_.policy.grace);
    leave_containment();
    ::_exit(0);
  }

  // Blocks until no leftover is alive or the run is over. The run is over when the keeper says so
  // or ctest is dead. True: leftovers are alive.
  bool outlive_the_run(int keeper, int parent) {
    while (os::reap(*this, {})) {
      os::Wait wait{children_.get(), keeper, parent};
      wait.go();
      os::hear_of_children(children_);
      if (wait.news(parent) != 0) return true;
      if (wait.news(keeper) == 0) continue;
      char byte = 0;
      if (::recv(keeper, &byte, 1, MSG_DONTWAIT) > 0) return true;
      keeper = -1;  // the keeper died, and the run goes on
    }
    return false;
  }

  void leave_containment() {
    if (containment_ == nullptr) return;
    if (report_.kept && !plan_.policy.needed_by_others) return containment_->let_go();
    containment_->remove();
  }

  void note_usage() {
    add_usage(report_);
    if (containment_ == nullptr) return;
    report_.memory_peak_kb = containment_->memory_peak_kb();
    if (end_of_main(report_).died_of(SIGKILL)) report_.oom_kills = containment_->oom_kills();
  }

  [[noreturn]] void finish() {
    note_usage();
    leave_containment();
    report(GuardReport::Stage::tree_ended);
    if (!is_launcher_up()) {
      record_in_launchers_place(plan_, report_, os::monotonic_now_us() - started_us_);
    }
    ::_exit(0);
  }

  bool is_launcher_up() const { return link_.valid() && !is_cut_; }

  // Never waits.
  void report(GuardReport::Stage stage) {
    report_.stage = stage;
    if (!is_launcher_up()) return;
    const ssize_t sent = os::retried(
        [&] { return ::send(link_.get(), &report_, sizeof report_, MSG_NOSIGNAL | MSG_DONTWAIT); });
    // A report that cannot be sent shows that the launcher was killed. read_order() says so, too.
    if (sent < 0 && errno != EAGAIN) is_cut_ = true;
  }

  // Called if only the test was continued (`kill -CONT`). The launcher must then be continued too.
  void continue_launcher() {
    look_at_launcher_ = k_longest;
    // Inside a PID namespace we cannot see whether the launcher is stopped.
    if (!in_namespace() && !os::is_stopped(launcher_)) return;
    if (!os::is_stopped(main_)) signal_launcher(SIGCONT);
  }

  // `signal`: SIGSTOP or SIGCONT.
  void signal_launcher(int signal) const {
    if (in_namespace()) return containment_->signal_launcher(signal);
    if (::getppid() == launcher_) ::kill(launcher_, signal);
  }

  // True: the main process is still in the stop that has the number `stop` (MainStop::now).
  bool is_still_stopped(std::uint32_t stop) {
    hear_of_children();
    return report_.main_stop.now == stop;
  }

  os::ProcessSet* contained() {
    return containment_ != nullptr ? containment_->processes() : nullptr;
  }

  // Returns `processes` with the numbers that they have outside of our PID namespace.
  std::vector<os::NamedProcess> for_people(const std::vector<os::NamedProcess>& processes) const {
    return in_namespace() ? containment_->named_outside(processes) : processes;
  }

  // Inside a PID namespace the guard is process 1, as orphans expect.
  void note_orphan() {
    if (in_namespace()) return;
    for (const os::Link& child : os::children(spared())) {
      if (child.pid == main_) continue;
      const Result<os::ProcessStat> stat = os::read_process_stat(child.pid);
      if (!stat || os::has_ended(*stat)) continue;
      // Those of a ctest in the tree have no parent on purpose.
      if (stat->name == os::k_keeper_name || stat->name == os::k_etcd_name) continue;
      std::array<ListedProcess, k_most_listed> list{};
      list_processes({{child.pid, stat->name}}, list);
      report_.orphan = list.front();
      return;
    }
  }

  void end_tree(int signal, Milliseconds grace, pid_t told_group = os::k_no_group) {
    const std::vector<os::NamedProcess> survivors =
        os::end_tree({signal, grace, spared(), told_group, contained()}, *this);
    report_.survivors = list_processes(for_people(survivors), report_.survivor_list);
  }

  // Waits until a child has news, an order comes, or `until` has come. Carries out the order. Does
  // not return when the test's lease is over.
  void wait(Milliseconds until) {
    if (is_lease_over()) {
      end_tree(0, Milliseconds{0});
      finish();
    }
    until = std::min(until, os::monotonic_now() + hurry_time());
    os::Wait wait({children_.get(), hurry_fd()}, until);
    if (wait.go() <= 0) return;
    if (wait.news(children_.get()) != 0) os::hear_of_children(children_);
    GuardOrder order{};
    if (wait.news(hurry_fd()) != 0 && read_order(order)) carry_out(order);
  }

  bool is_lease_over() {
    if (hurry_time().count() > 0) return false;
    report_.lease_over = true;
    return true;
  }

  void carry_out(const GuardOrder& order) {
    switch (order.kind) {
      case GuardOrder::Kind::forward:
        return forward(order);
      case GuardOrder::Kind::resume:
        if (is_still_stopped(order.stop)) forward(order);
        return;
      case GuardOrder::Kind::forget:
        (void)os::take_pending(os::signal_bit(order.signal));
        return;
      case GuardOrder::Kind::stop_launcher:
        // The guard sends SIGSTOP because it also sends the SIGCONT for the same stop. So SIGSTOP
        // cannot come after that SIGCONT.
        if (is_still_stopped(order.stop)) signal_launcher(SIGSTOP);
        return;
      case GuardOrder::Kind::end_tree:
        note_orphan();
        end_tree(order.signal, Milliseconds{order.grace_ms}, told_group(order));
        break;
      case GuardOrder::Kind::end_tree_beyond_group:
        end_tree(order.signal, Milliseconds{order.grace_ms}, ::getpgrp());
        break;
      case GuardOrder::Kind::kill_tree:
        end_tree(0, Milliseconds{0});
        break;
    }
    // Nothing is left that can be ended.
    finish();
  }

  // Returns our process group if the sender has signalled the whole group, else k_no_group. A
  // signal to the whole group is pending for the guard too. Inside a PID namespace of our own, a
  // sender outside of it has number 0.
  pid_t told_group(const GuardOrder& order) const {
    if (order.sender == k_nobody) return os::k_no_group;
    const os::ReceivedSignal had = os::take_pending(os::signal_bit(order.signal));
    const bool is_same = had.number == order.signal && had.source == SignalSource::process &&
                         had.sender == (in_namespace() ? 0 : order.sender);
    return is_same ? ::getpgrp() : os::k_no_group;
  }

  void forward(const GuardOrder& order) {
    const pid_t told = told_group(order);
    if (order.sent_from_tree && told != os::k_no_group) return;
    os::signal_descendants(order.signal, spared(), told);
  }

  // Never waits. False: there is no order. The launcher's death counts as an order to end the tree.
  bool read_order(GuardOrder& order) {
    const ssize_t got =
        os::retried([&] { return ::recv(link_.get(), &order, sizeof order, MSG_DONTWAIT); });
    if (got == static_cast<ssize_t>(sizeof order)) return true;
    if (got < 0 && errno == EAGAIN) return false;
    link_.reset();
    os::log(LogLevel::debug, {"the launcher has died, so the guard ends the process tree"});
    order = {GuardOrder::Kind::end_tree, SIGTERM, plan_.policy.grace.count()};
    return true;
  }

  const AttemptPlan& plan_;
  const Surroundings& around_;
  os::Command command_;
  os::UniqueFd link_;
  pid_t launcher_;
  bool is_cut_ = false;  // a report could not be sent
  AttemptContainment* containment_;
  GuardReport report_;
  os::UniqueFd children_;
  pid_t main_ = -1;
  Milliseconds look_at_launcher_ = k_longest;
  std::int64_t started_us_ = os::monotonic_now_us();
};

}  // namespace

void record_in_launchers_place(const AttemptPlan& plan, const GuardReport& report,
                               std::int64_t wall_us) {
  AttemptResult result = result_without_attempt(
      {.end_reason = EndReason::parent_gone},
      text_of({"the launcher of the ", plan.step != nullptr ? "step" : "test",
               " was killed; its process tree was ended"}));
  result.observation.main = end_of_main(report);
  result.report = report;
  result.wall_us = wall_us;
  if (plan.step != nullptr) {
    plan.outputs->remove();
    return record_step(*plan.step, result);
  }
  (void)record_end(*plan.identity, result);
  bid_farewell(plan.keeper, LentScratch::used);
  // The keeper holds the test's locks and the build tree. If it is stopped, it would hold both for
  // ever.
  if (plan.keeper >= 0) (void)os::continue_peer(plan.keeper);
}

Result<void> GuardProcess::start(const AttemptPlan& plan, Surroundings& around) {
  HOLDFAST_DO(os::become_subreaper());
  // This process may have been a shell before exec. The shell's children are not of the test's
  // tree.
  siginfo_t any{};
  if (::waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0) spared_ = os::own_children();
  HOLDFAST_TRY(auto pair, os::packet_pair());
  const pid_t launcher = ::getpid();
  if (plan.policy.containment.has_any()) {
    HOLDFAST_TRY(pid_, fork_contained(plan));
  } else {
    pid_ = ::fork();
    if (pid_ < 0) return os::system_error("start the guard");
  }
  if (pid_ == 0) {
    pair.first.reset();
    Guard(plan, around, std::move(pair.second), launcher, containment()).run();
  }
  link_ = std::move(pair.first);
  if (containment_) {
    for (const std::string& trouble : containment_->troubles()) {
      plan.teller->complain_once("ignoring " + trouble);
    }
  }
  // The test has its working directory already. We leave ours, which would only keep a directory
  // busy.
  if (plan.is_plain) (void)::chdir("/");
  return {};
}

// Returns as fork(2) does. If there is no keeper, also starts a warden, which is our child but not
// of the test's tree.
Result<pid_t> GuardProcess::fork_contained(const AttemptPlan& plan) {
  containment_.emplace(plan.policy.containment, plan.contained);
  const bool has_cgroup = containment_->has(Boundary::cgroup);
  if (has_cgroup) post_warden(plan, -1);
  Result<pid_t> guard = containment_->fork_guard(plan.policy.containment_missing);
  const bool is_first = guard && *guard > 0 && containment_->has(Boundary::pidns);
  if (is_first && !has_cgroup) post_warden(plan, *guard);
  return guard;
}

void GuardProcess::post_warden(const AttemptPlan& plan, pid_t guard) {
  if (plan.keeper >= 0) return;
  spared_.push_back(containment_->post_warden(plan.kept_descriptors(), plan.policy.grace, guard));
}

void GuardProcess::order(const GuardOrder& what) {
  (void)os::retried([&] { return ::send(link_.get(), &what, sizeof what, MSG_NOSIGNAL); });
}

bool GuardProcess::listen() {
  const bool exited = os::retried([&] { return ::waitpid(pid_, nullptr, WNOHANG); }) == pid_;
  if (exited) pid_ = -1;
  GuardReport report;
  while (true) {
    const ssize_t got =
        os::retried([&] { return ::recv(link_.get(), &report, sizeof report, MSG_DONTWAIT); });
    if (got == static_cast<ssize_t>(sizeof report)) {
      report_ = report;  // only the latest counts
      has_reported_ = true;
      continue;
    }
    // This error means that the guard exited with an order unread. It comes once, before the
    // guard's last packets.
    if (got < 0 && errno == ECONNRESET) continue;
    if (got == 0) has_hung_up_ = true;
    return exited;
  }
}

void GuardProcess::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

// Sends SIGKILL first, because a stopped guard would hold us up.
void GuardProcess::reap() {
  if (pid_ <= 0 || report_.stays) return;
  kill();
  (void)os::retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

}  // namespace holdfast::supervision
