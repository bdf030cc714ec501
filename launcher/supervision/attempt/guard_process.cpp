#include "supervision/attempt/guard_process.hpp"

#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>

#include "os/file/system_call.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/process_tree.hpp"
#include "supervision/attempt/guard.hpp"

namespace holdfast::supervision {

Result<void> GuardProcess::start(const AttemptPlan& plan, Surroundings& around) {
  HOLDFAST_DO(os::become_subreaper());
  // This process may have been a shell before exec. The shell's children are not of the test's
  // tree.
  siginfo_t any{};
  if (::waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0) spared_ = os::own_children();
  HOLDFAST_TRY(auto pair, os::packet_pair());
  const pid_t launcher = ::getpid();
  if (plan.policy.containment.has_any()) {
    HOLDFAST_TRY(const pid_t guard, fork_contained(plan));
    pid_ = guard;
  } else {
    pid_ = ::fork();
    if (pid_ < 0) return os::system_error("start the guard");
  }
  if (pid_ == 0) {
    pair.first.reset();
    be_guard(plan, around, std::move(pair.second), launcher, containment());
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

std::vector<int> AttemptPlan::lock_descriptors() const {
  std::vector<int> kept;
  for (const os::LockRequest& lock : *locks) {
    for (int held : lock.descriptors()) kept.push_back(held);
  }
  if (cluster != nullptr) kept.push_back(cluster->descriptor());
  return kept;
}

void GuardProcess::post_warden(const AttemptPlan& plan, pid_t guard) {
  if (plan.keeper >= 0) return;
  const pid_t warden = containment_->post_warden(plan.lock_descriptors(), plan.policy.grace, guard);
  if (warden > 0) spared_.push_back(warden);
}

void GuardProcess::order(const GuardOrder& what) {
  (void)os::retried([&] { return ::send(link_.get(), &what, sizeof what, MSG_NOSIGNAL); });
}

bool GuardProcess::listen() {
  const bool exited = os::retried([&] { return ::waitpid(pid_, nullptr, WNOHANG); }) == pid_;
  if (exited) pid_ = -1;
  read_reports();
  return exited;
}

// Only the latest report counts.
void GuardProcess::read_reports() {
  GuardReport report;
  while (true) {
    const ssize_t got =
        os::retried([&] { return ::recv(link_.get(), &report, sizeof report, MSG_DONTWAIT); });
    if (got == static_cast<ssize_t>(sizeof report)) {
      report_ = report;
      has_reported_ = true;
      continue;
    }
    // This error means that the guard exited with an order unread. It comes once, before the
    // guard's last packets.
    if (got < 0 && errno == ECONNRESET) continue;
    if (got == 0) has_hung_up_ = true;
    return;
  }
}

void GuardProcess::note_reaped(pid_t pid) {
  if (pid == pid_) pid_ = -1;
}

void GuardProcess::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

// Sends SIGKILL first, because a stopped guard would hold us up.
void GuardProcess::bury() {
  if (pid_ <= 0 || report_.stays) return;
  kill();
  (void)os::retried([&] { return ::waitpid(pid_, nullptr, 0); });
}

}  // namespace holdfast::supervision
