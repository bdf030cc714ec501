#include "supervision/attempt/attempt_containment.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "core/outcome/oom.hpp"
#include "core/settings/wire.hpp"
#include "os/containment/cgroup_files.hpp"
#include "os/file/system_call.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::supervision {
namespace {

class Unwatched final : public os::TreeWatcher {
 public:
  void on_reaped(pid_t /*pid*/, int /*status*/) override {}
  int hurry_fd() override { return -1; }
  bool hurries() override { return false; }
};

}  // namespace

AttemptContainment::AttemptContainment(Containment wanted, const ContainmentNeeds& needs)
    : had_(wanted), needs_(needs) {
  if (!has(Boundary::cgroup)) return;
  if (Result<void> made = make_cgroup(needs.cgroup); !made) {
    give_up({Boundary::cgroup}, made.error());
  }
}

Result<void> AttemptContainment::make_cgroup(const std::string& name) {
  Result<os::Cgroup> made = os::Cgroup::make(name);
  if (!made) return made.error();
  Result<os::UniqueFd> entrance = made->open_entrance();
  if (!entrance) return entrance.error();
  cgroup_.emplace(std::move(*made));
  entrance_ = std::move(*entrance);
  return {};
}

void AttemptContainment::give_up(Containment what, const Error& why) {
  troubles_.push_back("containment = \"" + to_text(what) + "\": " + to_text(why));
  had_ = had_.without(what);
}

// If these lines cannot be made, the launcher does not stop with the test.
void AttemptContainment::make_lines() {
  Result<os::SignalLine> stop = os::SignalLine::to_this_process(SIGSTOP);
  Result<os::SignalLine> go_on = os::SignalLine::to_this_process(SIGCONT);
  if (!stop || !go_on) return;
  stop_line_.emplace(std::move(*stop));
  continue_line_.emplace(std::move(*go_on));
}

void AttemptContainment::signal_launcher(int signal) const {
  if (signal == SIGSTOP && stop_line_) stop_line_->pull();
  if (signal == SIGCONT && continue_line_) continue_line_->pull();
}

Result<pid_t> AttemptContainment::fork_guard(ContainmentMissing missing) {
  const auto may_go_on = [&] { return missing == ContainmentMissing::warn || troubles_.empty(); };
  if (may_go_on() && had_.among(k_namespaces).has_any()) {
    const Result<pid_t> guard = fork_into_namespaces();
    if (guard) return *guard;
    give_up(had_.among(k_namespaces), guard.error());
  }
  if (may_go_on()) {
    const pid_t guard = ::fork();
    if (guard < 0) return os::system_error("start the guard");
    return guard;
  }
  dismiss_warden();
  remove();
  return ErrorInWords{"not allowed here: " + troubles_.front()};
}

Result<pid_t> AttemptContainment::fork_into_namespaces() {
  if (has(Boundary::tmp) && !needs_.tmp) return needs_.tmp.error();
  if (has(Boundary::pidns)) make_lines();
  namespaces_.emplace(had_, has(Boundary::tmp) ? *needs_.tmp : os::PrivateTmp(), needs_.network);
  return namespaces_->fork();
}

pid_t AttemptContainment::post_warden(std::vector<int> locks, Milliseconds grace, pid_t guard) {
  const bool is_cgroup = cgroup_.has_value();
  const os::UniqueFd first(is_cgroup ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, guard, 0)));
  locks.insert(locks.end(), {descriptor(), first.get()});
  warden_ = start_warden(std::move(locks));
  if (warden_.pid != 0) return warden_.pid;
  if (!is_cgroup) {
    // A living guard may still be ending the tree gently. When the guard dies, the kernel ends the
    // tree. Until then the warden holds the locks.
    pollfd ended{first.get(), POLLIN, 0};
    (void)os::retried([&] { return ::poll(&ended, 1, -1); });
  } else {
    Unwatched watcher;
    (void)os::end_processes(*processes(), {SIGTERM, grace, {}}, watcher);
    remove();
  }
  ::_exit(0);
}

void AttemptContainment::dismiss_warden() { supervision::dismiss_warden(warden_); }

void AttemptContainment::enter(os::Command& command, int keeper, ContainmentMissing missing) const {
  entrust(keeper);
  command.must_enter = missing == ContainmentMissing::fail;
  command.cgroup = descriptor();
  command.entrance = entrance_.get();
  // The launcher's number means nothing inside the namespace. From outside, the launcher may trace
  // without this permission.
  if (has(Boundary::pidns)) command.debugger = 0;
}

void AttemptContainment::entrust(int keeper) const {
  if (keeper < 0) return;
  wire::Message message;
  message.kind = wire::k_contain;
  if (cgroup_) {
    message.add("cgroup", cgroup_->name());
    (void)os::send_descriptors(keeper, wire::encode(message), {cgroup_->directory()});
  } else if (has(Boundary::pidns)) {
    const os::UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    (void)os::send_descriptors(keeper, wire::encode(message), {self.get()});
  }
}

os::ProcessSet* AttemptContainment::processes() {
  if (!cgroup_) return nullptr;
  if (!processes_) processes_.emplace(cgroup_->directory());
  return &*processes_;
}

std::int64_t AttemptContainment::memory_peak_kb() const {
  return cgroup_ ? os::memory_peak_kb(cgroup_->directory()) : 0;
}

std::uint64_t AttemptContainment::oom_kills() const {
  if (!cgroup_) return 0;
  return oom_kills_in(os::read_cgroup_file(cgroup_->directory(), "memory.events")).value_or(0);
}

std::vector<os::NamedProcess> AttemptContainment::named_outside(
    std::vector<os::NamedProcess> processes) const {
  for (os::NamedProcess& one : processes) one.pid = namespaces_->number_outside(one.pid);
  return processes;
}

void AttemptContainment::remove() {
  // If this fails, the cgroup is empty or holds only reported survivors. `holdfast reap` removes
  // it.
  if (cgroup_) (void)cgroup_->remove();
}

void AttemptContainment::let_go() {
  if (!cgroup_) return;
  cgroup_->let_go();
  remove();
}

}  // namespace holdfast::supervision
