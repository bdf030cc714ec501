#include "locks/inherited_locks.hpp"

#include <sys/resource.h>
#include <algorithm>
#include <map>
#include <optional>

#include "base/encoding.hpp"
#include "os/process/process.hpp"
#include "values/held_locks.hpp"

namespace holdfast::supervision {
namespace {

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

// True: our tag names the holder's attempt.
bool is_nearest(const LockParty& holder, const LockSeeker& seeker) {
  return !holder.attempt.empty() && tag_number(holder.attempt) == seeker.tag;
}

// How far above the seeker the holder's attempt is: the nearest has the least. None: it is not
// around the seeker. `around` are the attempts that the nearest one names.
std::optional<std::size_t> distance_to(const LockParty& holder, const LockSeeker& seeker,
                                       const std::vector<std::string>& around) {
  if (holder.attempt.empty()) return std::nullopt;
  if (os::boot_in(holder.boot) != os::boot_in(seeker.numbering)) return std::nullopt;
  const std::vector<ProcessName>& ancestors = seeker.ancestors;
  const auto ancestor = std::ranges::find(ancestors, holder.process);
  if (holder.boot == seeker.numbering && ancestor != ancestors.end()) {
    return static_cast<std::size_t>(ancestor - ancestors.begin());
  }
  // An attempt whose launcher we cannot see counts as farther than all those that we can see.
  const auto named = std::ranges::find(around, holder.attempt);
  if (named != around.end()) {
    return ancestors.size() + static_cast<std::size_t>(named - around.begin());
  }
  return is_nearest(holder, seeker) ? std::optional<std::size_t>(0) : std::nullopt;
}

}  // namespace

std::string held_above_in(const std::vector<os::SurveyedLock>& locks, const LockSeeker& seeker) {
  // We read the record of the nearest attempt first. It names the attempts around that attempt,
  // and we may not see all of these.
  std::vector<std::string> around;
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& holder : lock.holders) {
      if (is_nearest(holder, seeker)) around = holder.around;
    }
  }
  std::multimap<std::size_t, std::string> entries;  // by distance
  for (const os::SurveyedLock& lock : locks) {
    for (const LockParty& holder : lock.holders) {
      const std::optional<std::size_t> distance = distance_to(holder, seeker, around);
      if (!distance) continue;
      const LockSpec spec{
          .name = lock.name, .mode = holder.mode, .units = holder.units, .size = holder.size};
      const std::string place = lock.scope_directory + "/" + encode_file_name(lock.name);
      entries.emplace(*distance, held_entry(place, spec, holder.slots) + "#" + holder.attempt);
    }
  }
  return separated(entries, ",", [](const auto& one) { return one.second; });
}

// A search is expensive: it reads all locks of every build tree that there ever was.
std::string find_held_above() {
  if (!may_be_inside()) return {};
  return held_above_in(os::survey_all_locks(os::Strangers::leave_out).locks,
                       {os::own_tag(), os::numbering_id(), os::ancestors_of(os::own_name())});
}

}  // namespace holdfast::supervision
