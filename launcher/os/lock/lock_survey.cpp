#include "os/lock/lock_survey.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/base/file_name.hpp"
#include "core/base/names.hpp"
#include "os/file/system_call.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/flock_holders.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/lock/lock_queue.hpp"
#include "os/lock/lock_records.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

constexpr std::string_view k_below = "below-";

std::vector<std::string> entries_of(const std::string& directory) {
  std::vector<std::string> names;
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return names;
  while (const dirent* entry = ::readdir(entries)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(entries);
  std::ranges::sort(names);
  return names;
}

std::optional<LockScope> scope_of(const std::string& directory) {
  if (directory == "user") return LockScope::user;
  if (directory == "machine") return LockScope::machine;
  if (directory.starts_with("project-")) return LockScope::project;
  if (directory.starts_with("build-")) return LockScope::build;
  return std::nullopt;
}

// Opens the file for writing too, because otherwise the kernel does not show the locks that
// conflict with ours.
UniqueFd open_to_look(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

std::vector<LockParty> with_states(std::vector<LockParty> parties) {
  for (LockParty& party : parties) look_at(party);
  return parties;
}

std::vector<UniqueFd> files_in(const std::string& directory) {
  std::vector<UniqueFd> files;
  for (const std::string& name : entries_of(directory)) {
    if (name.ends_with(names::k_spare_suffix)) continue;
    if (name != names::k_lock_file && !name.starts_with(names::k_slot_file_prefix)) continue;
    if (UniqueFd file = open_to_look(directory + "/" + name); file.valid()) {
      files.push_back(std::move(file));
    }
  }
  return files;
}

class Survey {
 public:
  explicit Survey(Strangers strangers) : strangers_(strangers) {}

  LockSurvey run() {
    for (const std::string& top :
         {user_directory_path(), std::string(names::k_machine_directory)}) {
      const std::string locks = top + "/" + std::string(names::k_user_locks_directory);
      if (note_unseen(locks)) continue;
      for (const std::string& directory : entries_of(locks)) {
        if (const std::optional<LockScope> scope = scope_of(directory)) {
          look_at_scope(*scope, locks, directory);
        }
      }
    }
    return std::move(survey_);
  }

 private:
  // True: `path` exists but cannot be read. The survey notes that.
  bool note_unseen(const std::string& path) {
    if (::access(path.c_str(), R_OK) == 0 || errno == ENOENT) return false;
    survey_.unseen.push_back(system_error("look into " + path));
    return true;
  }

  void look_at_scope(LockScope scope, const std::string& locks, const std::string& directory) {
    if (note_unseen(locks + "/" + directory)) return;
    SurveyedLock lock;
    lock.scope = scope;
    lock.scope_directory = directory;
    for (const std::string& name : entries_of(locks + "/" + directory)) {
      lock.name = decode_file_name(name);
      look_at_lock(locks + "/" + directory + "/" + name, lock);
    }
  }

  void look_at_lock(const std::string& path, const SurveyedLock& lock) {
    for (const std::string& directory : levels_of(path)) {
      if (note_unseen(directory)) continue;
      std::optional<SurveyedLock> seen = survey_lock(directory, strangers_);
      if (!seen && errno != ENOENT) survey_.unseen.push_back(system_error("look at " + directory));
      if (!seen || !seen->is_in_use()) continue;
      seen->scope = lock.scope;
      seen->scope_directory = lock.scope_directory;
      seen->name = lock.name;
      if (directory != path) {
        const std::size_t name = path.size() + 1 + k_below.size();
        seen->below = decode_file_name(std::string_view(directory).substr(name));
      }
      survey_.locks.push_back(std::move(*seen));
    }
  }

  Strangers strangers_;
  LockSurvey survey_;
};

}  // namespace

std::optional<SurveyedLock> survey_lock(const std::string& directory, Strangers strangers) {
  const UniqueFd file = open_to_look(directory + "/" + std::string(names::k_lock_file));
  if (!file.valid()) return std::nullopt;
  UniqueFd queue_file = open_to_look(directory + "/" + std::string(names::k_queue_file));
  if (!queue_file.valid()) return std::nullopt;
  const LockQueue queue(std::move(queue_file));
  SurveyedLock lock;
  lock.holders = with_states(living_records(file.get(), RecordList::holders));
  lock.waiters = with_states(living_waiters(file.get()));
  lock.tickets = queue.tickets().size();
  if (strangers == Strangers::look_for && lock.holders.empty()) {
    lock.strangers = find_flock_holders(files_in(directory), FlockSearch::quick);
  }
  return lock;
}

std::vector<std::string> levels_of(const std::string& directory) {
  std::vector<std::string> levels{directory};
  for (const std::string& name : entries_of(directory)) {
    if (name.starts_with(k_below)) levels.push_back(directory + "/" + name);
  }
  return levels;
}

LockSurvey survey_all_locks(Strangers strangers) { return Survey(strangers).run(); }

std::vector<SurveyedLock> survey_locks(Strangers strangers) {
  return survey_all_locks(strangers).locks;
}

bool is_held_by(const std::string& attempt, const LockSpec& spec, const LockHome& home,
                const std::string& level) {
  const bool of_machine = spec.scope == LockScope::machine && level.empty();
  std::string path = of_machine ? std::string(names::k_machine_directory) : user_directory_path();
  path += "/" + std::string(names::k_user_locks_directory) + "/" + place_of(spec, home);
  if (!level.empty()) path += "/" + level_directory(level);
  path += "/" + std::string(names::k_lock_file);
  const UniqueFd file = open_to_look(path);
  if (!file.valid()) return errno != ENOENT;
  const std::vector<LockParty> holders = living_records(file.get(), RecordList::holders);
  return holders.size() < count_living(file.get(), RecordList::holders) ||
         std::ranges::any_of(holders, [&](const LockParty& holder) {
           return holder.attempt.empty() || holder.attempt == attempt;
         });
}

}  // namespace holdfast::os
