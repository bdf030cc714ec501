#include "keeper/base/guard_watch.hpp"

#include <utility>

#include "keeper/base/supervisors.hpp"
#include "os/file/clock.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"

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

}  // namespace holdfast
