// How the services of a run end.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "keeper/base/keeper_socket.hpp"
#include "keeper/service/run_services.hpp"
#include "os/file/clock.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// A guard that is stopped ends nothing, and keeps the locks of the ports for ever. If the host was
// killed, the guard is only known as the parent of the service's main process.
void wake_guard(const ServiceHost& host) {
  std::vector<pid_t> candidates = os::children_of(host.pid);
  if (const Result<os::ProcessStat> main = os::read_process_stat(host.main);
      host.main > 0 && main) {
    candidates.push_back(main->parent);
  }
  for (const pid_t pid : candidates) {
    const os::UniqueFd held = os::watch_living(pid);
    const Result<os::ProcessStat> stat = os::read_process_stat(pid);
    if (!held.valid() || !stat || !is_guard(*stat) || !os::is_stopped(pid)) continue;
    (void)os::send_signal(held.get(), SIGCONT);
  }
}

// The end of all services may take so much longer than all graces.
constexpr Milliseconds k_services_end_patience{2000};
constexpr Milliseconds k_still_there_patience{1000};

}  // namespace

void RunServices::reap() {
  std::erase_if(to_reap_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

void RunServices::end() {
  if (!services_) return;
  Milliseconds patience = k_services_end_patience;
  for (const ServiceHost& host : hosts_) patience += longest_end(host.order.spec);
  // The check after its last user tells whether a kept service is lost. Nobody hears it later.
  (void)wait_until([this] { return !is_kept_one_checked(); }, k_still_there_patience);
  is_ending_ = true;
  services_->end();
  carry_out();
  const auto are_at_rest = [this] { return services_->are_at_rest(); };
  if (!wait_until(are_at_rest, patience)) {
    // A host that is stopped keeps its guard from ending the service.
    kill_hosts();
    (void)wait_until(are_at_rest, patience);
  }
  for (const ServiceHost& host : hosts_) {
    if (host.pid > 0) to_reap_.push_back(host.pid);
  }
  hosts_.clear();
  reap();
  network_ = {};
  await_network_.clear();
  kept_starts_.clear();
  ports_.clear();
  services_.reset();
  users_.clear();
  lost_.clear();
  red_.clear();
  logs_.clear();
  accounts_.clear();
  fixtures_.forget();
  run_.clear();
  is_ending_ = false;
  is_in_use_elsewhere_.clear();
}

// A host that is stopped does not answer, and its guard ends nothing as long as the host is there.
void RunServices::kill_late_hosts() {
  for (ServiceHost& host : hosts_) {
    if (host.pid <= 0 || os::monotonic_now() < host.due) continue;
    host.due = k_longest;
    wake_guard(host);
    ::kill(host.pid, SIGKILL);
  }
}

void RunServices::kill_hosts() {
  for (const ServiceHost& host : hosts_) {
    if (host.pid <= 0) continue;
    wake_guard(host);
    ::kill(host.pid, SIGKILL);
  }
}

bool RunServices::is_kept_one_checked() const {
  return std::ranges::any_of(hosts_, [this](const ServiceHost& host) {
    return host.is_kept && host.socket.valid() && host.due != k_longest &&
           services_->life(host.id).state == ServiceState::ready;
  });
}

// False: the time is over.
bool RunServices::wait_until(const std::function<bool()>& is_so, Milliseconds patience) {
  const Milliseconds until = os::monotonic_now() + patience;
  while (!is_so()) {
    std::vector<pollfd> fds;
    add_descriptors(fds);
    const int left = os::poll_time(until);
    if (left == 0) return false;
    (void)::poll(fds.data(), fds.size(), left);
    look();
  }
  return true;
}

}  // namespace holdfast
