#include "locks/inherited_locks.hpp"

#include <sys/resource.h>
#include <algorithm>

#include "base/encoding.hpp"
#include "os/process/process.hpp"
#include "values/held_locks.hpp"

namespace holdfast::supervision {
namespace {

struct Above {
  std::size_t distance;  // the nearest attempt has the least
  std::string entry;
};

// True: this process may be inside an attempt. The holder of a lock is one of our programs. Either
// it is our ancestor, or we cannot see it and have the tag of its attempt.
bool may_be_inside() {
  if (os::own_tag() != RLIM_INFINITY) return true;
  bool is_ours = false;
  os::walk_up(::getppid(), [&](pid_t, const os::ProcessStat& stat) {
    is_ours = stat.name.starts_with("holdfast");
    return !is_ours;
  });
  return is_ours;
}

class Search {
 public:
  Search(const std::vector<os::SurveyedLock>& locks, const LockSeeker& seeker)
      : locks_(locks), seeker_(seeker) {}

  std::string run() {
    // We read the record of the nearest attempt first. It names the attempts around that attempt,
    // and we may not see all of these.
    for (const os::SurveyedLock& lock : locks_) {
      for (const LockParty& holder : lock.holders) {
        if (is_nearest(holder)) around_ = holder.around;
      }
    }
    for (const os::SurveyedLock& lock : locks_) {
      for (const LockParty& holder : lock.holders) look_at(lock, holder);
    }
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Above& a, const Above& b) { return a.distance < b.distance; });
    std::string text;
    for (const Above& one : found_) text += (text.empty() ? "" : ",") + one.entry;
    return text;
  }

 private:
  bool is_nearest(const LockParty& holder) const {
    return !holder.attempt.empty() && tag_number(holder.attempt) == seeker_.tag;
  }

  void look_at(const os::SurveyedLock& lock, const LockParty& holder) {
    if (holder.attempt.empty()) return;
    if (os::boot_in(holder.boot) != os::boot_in(seeker_.numbering)) return;
    const std::vector<ProcessName>& ancestors = seeker_.ancestors;
    const auto ancestor = holder.boot == seeker_.numbering
                              ? std::find(ancestors.begin(), ancestors.end(), holder.process)
                              : ancestors.end();
    const auto named = std::find(around_.begin(), around_.end(), holder.attempt);
    std::size_t distance = 0;
    if (ancestor != ancestors.end()) {
      distance = static_cast<std::size_t>(ancestor - ancestors.begin());
    } else if (named != around_.end()) {
      // An attempt whose launcher we cannot see counts as farther than all those that we can see.
      distance = ancestors.size() + static_cast<std::size_t>(named - around_.begin());
    } else if (!is_nearest(holder)) {
      return;
    }
    LockSpec spec;
    spec.mode = holder.mode;
    spec.units = holder.units;
    spec.size = holder.size;
    const std::string place = lock.scope_directory + "/" + encode_file_name(lock.name);
    found_.push_back({distance, held_entry(place, spec, holder.slots) + "#" + holder.attempt});
  }

  const std::vector<os::SurveyedLock>& locks_;
  const LockSeeker& seeker_;
  std::vector<std::string> around_;
  std::vector<Above> found_;
};

}  // namespace

std::string held_above_in(const std::vector<os::SurveyedLock>& locks, const LockSeeker& seeker) {
  return Search(locks, seeker).run();
}

// A search is expensive: it reads all locks of every build tree that there ever was.
std::string find_held_above() {
  if (!may_be_inside()) return {};
  return held_above_in(os::survey_locks(os::Strangers::leave_out),
                       {os::own_tag(), os::numbering_id(), os::own_ancestors()});
}

}  // namespace holdfast::supervision
