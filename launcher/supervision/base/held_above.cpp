#include "supervision/base/held_above.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/attempt_tag.hpp"
#include "core/base/file_name.hpp"
#include "core/lock/held_locks.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/ancestry.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

struct Above {
  std::size_t distance;  // the nearest attempt has the least
  std::string entry;
};

// Whether an attempt may be around this process. A holder is one of our programs: it is our
// ancestor, or, if we cannot see it, we have its tag.
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
  std::string run() {
    const std::vector<os::SurveyedLock> locks = os::survey_locks(os::Strangers::leave_out);
    // The holders that we can see come first: they name attempts around them that we may not see.
    for (const os::SurveyedLock& lock : locks) {
      for (const LockParty& holder : lock.holders) {
        if (is_nearest(holder)) around_ = holder.around;
      }
    }
    for (const os::SurveyedLock& lock : locks) {
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
    return !holder.attempt.empty() && tag_number(holder.attempt) == tag_;
  }

  void look_at(const os::SurveyedLock& lock, const LockParty& holder) {
    if (holder.attempt.empty() || holder.boot != boot_) return;
    const auto ancestor = std::find(ancestors_.begin(), ancestors_.end(), holder.process);
    const auto named = std::find(around_.begin(), around_.end(), holder.attempt);
    std::size_t distance = 0;
    if (ancestor != ancestors_.end()) {
      distance = static_cast<std::size_t>(ancestor - ancestors_.begin());
    } else if (named != around_.end()) {
      // Not visible, so it comes after all that are.
      distance = ancestors_.size() + static_cast<std::size_t>(named - around_.begin());
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

  std::uint64_t tag_ = os::own_tag();
  std::string boot_ = os::boot_id();
  std::vector<ProcessName> ancestors_ = os::own_ancestors();
  std::vector<std::string> around_;
  std::vector<Above> found_;
};

}  // namespace

// A search is expensive: it reads all locks of every build tree that there ever was.
std::string find_held_above() { return may_be_inside() ? Search().run() : std::string(); }

}  // namespace holdfast::supervision
