#include "run/connections.hpp"

#include "os/file/clock.hpp"
#include "run/keeper_socket.hpp"

namespace holdfast {
namespace {

constexpr Milliseconds k_first_look{1000};
// How much longer than the grace a launcher may take after its guard's death.
constexpr Milliseconds k_launcher_patience{7000};

// True: a signal has stopped the process. A process that a debugger holds does not count, because
// somebody looks after it.
bool is_stopped(pid_t pid) {
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat && stat->state == 'T';
}

}  // namespace

void GuardWatch::begin(const ProcessName& launcher, Milliseconds grace) {
  end();
  launcher_ = launcher;
  grace_ = grace;
  interval_ = k_first_look;
  due_ = os::monotonic_now() + interval_;
}

void GuardWatch::end() {
  guard_.reset();
  is_without_guard_ = false;
  due_ = k_longest;
}

void GuardWatch::guard_died() {
  guard_.reset();
  is_without_guard_ = true;
  due_ = os::monotonic_now() + grace_ + k_launcher_patience;
}

bool GuardWatch::look(const ProcessName& ctest) {
  if (due_ == k_longest || os::monotonic_now() < due_) return false;
  const bool was_without_guard = is_without_guard_;
  look_for_guard();
  if (guard_.valid() || is_without_guard_ != was_without_guard) return false;
  // The launcher waits for a lock or is between two processes of a batch, so we look less often.
  interval_ *= 2;
  due_ = os::monotonic_now() + interval_;
  return is_without_guard_ && is_stopped(launcher_.pid) && !os::is_stopped(ctest.pid);
}

// A batch has one guard after the other, one for each of its processes. If we first see a guard as
// a zombie, it was killed before we looked.
void GuardWatch::look_for_guard() {
  for (pid_t child : os::children_of(launcher_.pid)) {
    const Result<os::ProcessStat> stat = os::read_process_stat(child);
    if (!stat || !is_guard(*stat)) continue;
    if (os::has_ended(*stat)) {
      if (!is_without_guard_) guard_died();
      continue;
    }
    Result<os::UniqueFd> watched = os::watch_process({child, stat->start});
    if (!watched) continue;
    guard_ = std::move(*watched);
    is_without_guard_ = false;
    due_ = k_longest;
    return;
  }
}

void Connection::begin_attempt(const wire::AttemptRequest& request,
                               const wire::AttemptGrant& granted) {
  static_cast<wire::AttemptRequest&>(*this) = request;
  attempt = granted.attempt;
  scratch = granted.scratch;
  n = 1;
  is_stale = false;
  processors = static_cast<std::size_t>(processors_of(properties));
  serial = properties.serial;
  output = os::stream_of(launcher.pid, STDOUT_FILENO);
  if (granted.refusal.empty()) grace = granted.policy.grace;
  services = granted.policy.services;
  if (!services.empty()) schedule = schedule_of(properties);
  guard.begin(launcher, grace);
}

void Connection::begin_next(const std::string& id, const std::string& its_scratch) {
  attempt = id;
  scratch = its_scratch;
  ++n;
  is_stale = false;
  locks.clear();
  wait = {};
  contained.reset();
  cgroup.clear();
  guard.begin(launcher, grace);
}

void Connection::end_attempt() {
  farewell = true;
  launcher_life.reset();
  guard_until = k_longest;
  guard.end();
  locks.clear();
  wait = {};
  contained.reset();
}

void Connection::join(os::Wait& turn) const {
  turn.on(socket.get());
  turn.on(launcher_life.get());
  turn.on(guard.fd());
  turn.until(guard_until);
  turn.until(guard.due());
}

void Connection::expect_end() {
  if (!launcher_life.valid()) return;
  // How much longer than the grace a guard may take after its launcher's death.
  constexpr Milliseconds k_guard_patience{7000};
  launcher_life.reset();
  guard.end();
  guard_until = os::monotonic_now() + grace + k_guard_patience;
}

bool send_network(int launcher, const os::SharedNetwork& network) {
  if (!network.is_settled()) return false;
  if (network.state() == os::SharedNetwork::State::failed) {
    (void)os::send_message(launcher, wire::Message(wire::k_network, {{"why", network.trouble()}}));
  } else {
    (void)os::send_message(launcher, wire::Message(wire::k_network), {network.descriptor()});
  }
  return true;
}

}  // namespace holdfast
