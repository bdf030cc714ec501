#include "launcher/lock_telling.hpp"

#include <unistd.h>

#include "core/lock_cycle.hpp"
#include "os/flock_holders.hpp"
#include "os/lock_survey.hpp"
#include "os/process.hpp"

namespace holdfast::launcher {
namespace {

std::vector<LockUse> all_uses() {
  std::vector<LockUse> uses;
  for (os::SurveyedLock& lock : os::survey_locks(os::Strangers::leave_out)) {
    std::string name = lock.name + "@" + std::string(name_of(lock.scope));
    uses.push_back({std::move(name), std::move(lock.holders), std::move(lock.waiters)});
  }
  return uses;
}

// At the head of the queue we and the helper that waits for us have what we could get so far.
bool is_ours(pid_t pid) {
  if (pid == ::getpid()) return true;
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat && stat->parent == ::getpid();
}

}  // namespace

void LockTelling::tell_if_due() {
  if (since_start() < next_telling(told_)) return;
  std::string line = "\"" + order_.self.test + "\" ";
  if (told_ > 0) line += "still ";
  line += waiting() + " (" + describe(since_start()) + "): " + obstacles();
  if (order_.out_of_order) {
    if (const std::string circle = find_circle(); !circle.empty()) line += "; circle: " + circle;
  }
  teller_.tell(line);
  ++told_;
}

void LockTelling::tell_success() const {
  if (told_ == 0) return;
  teller_.tell("\"" + order_.self.test + "\" has lock " + to_text(request_.spec()) + " after " +
               describe(since_start()));
}

std::string LockTelling::waiting() const { return "waiting for lock " + to_text(request_.spec()); }

std::string LockTelling::gave_up() const {
  std::string trouble = "gave up " + waiting() + " after " + describe(since_start());
  if (!order_.out_of_order) return trouble;
  const std::string circle = find_circle();
  return trouble + (circle.empty()
                        ? "; it was asked for out of order, inside a test that holds a later one"
                        : "; circle: " + circle);
}

Milliseconds LockTelling::since_start() const { return os::monotonic_now() - start_; }

std::string LockTelling::obstacles() const {
  LockObstacles seen;
  seen.holders = request_.holders();
  for (LockParty& holder : seen.holders) holder.stopped = os::is_stopped(holder.process);
  seen.ahead = request_.ahead();
  for (LockParty& other : request_.waiters()) {
    if (other.ticket >= request_.ticket()) continue;
    other.stopped = os::is_stopped(other.process);
    seen.before.push_back(std::move(other));
  }
  if (seen.holders.empty()) seen.strangers = strangers();
  return describe_obstacles(to_text(request_.spec()), seen, os::unix_now_ms());
}

std::vector<std::string> LockTelling::strangers() const {
  std::vector<std::string> found;
  for (const os::FlockHolder& one :
       os::find_flock_holders(request_.files(), os::FlockSearch::thorough)) {
    if (is_ours(one.pid)) continue;
    found.push_back("\"" + one.command + "\" (pid " + std::to_string(one.pid) + ")");
  }
  return found;
}

std::string LockTelling::find_circle() const {
  const LockUse wanted{to_text(request_.spec()), request_.holders(), {}};
  return describe_lock_cycle(find_lock_cycle(order_.self, wanted, all_uses()));
}

}  // namespace holdfast::launcher
