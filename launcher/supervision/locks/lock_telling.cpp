#include "supervision/locks/lock_telling.hpp"

#include <unistd.h>

#include <utility>

#include "os/file/clock.hpp"
#include "os/lock/flock_holders.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// True: the holder is this process, or the helper that waits for us. At the head of the queue these
// two hold what they have got so far.
bool is_ours(pid_t pid) {
  if (pid == ::getpid()) return true;
  const Result<os::ProcessStat> stat = os::read_process_stat(pid);
  return stat && stat->parent == ::getpid();
}

}  // namespace

std::string LockTelling::gave_up(const LockCycle& circle) const {
  std::string trouble = "gave up " + waiting() + " after " + describe(since_start());
  if (!circle.empty()) return trouble + "; circle: " + describe_lock_cycle(circle);
  if (!order_.out_of_order) return trouble;
  return trouble + "; it was asked for out of order, inside a test that holds a later one";
}

std::string LockTelling::obstacles() const {
  LockObstacles seen = request_.obstacles();
  if (seen.holders.empty()) seen.strangers = strangers();
  return describe_obstacles(to_text(request_.spec()), seen, os::unix_now_ms());
}

std::vector<std::string> LockTelling::strangers() const {
  std::vector<std::string> found;
  for (const os::FlockHolder& one :
       os::find_flock_holders(request_.files(), os::FlockSearch::thorough)) {
    if (is_ours(one.pid)) continue;
    // Its arguments may be secrets, and this line is logged.
    found.push_back(os::named_process(one.pid));
  }
  return found;
}

}  // namespace holdfast::supervision
