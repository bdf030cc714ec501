#include "os/lock/lock_survey.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

void add_those_around(LockParty& waiter, const std::vector<LockUse>& uses) {
  const std::string numbering = numbering_id();
  if (waiter.boot != numbering) return;
  const std::vector<ProcessName> ancestors = ancestors_of(waiter.process);
  for (const LockUse& use : uses) {
    for (const LockParty& holder : use.holders) {
      const bool is_around = !holder.attempt.empty() && holder.boot == numbering &&
                             contains(ancestors, holder.process);
      if (is_around && !contains(waiter.around, holder.attempt)) {
        waiter.around.push_back(holder.attempt);
      }
    }
  }
}

constexpr std::size_t k_longest_command = 100;
constexpr std::size_t k_longest_table = 4UL * 1024 * 1024;

// A line of the table: "3: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF"
std::optional<pid_t> taker_in(std::string_view line, const std::vector<FileId>& wanted) {
  for (const FileId& file : wanted) {
    const std::size_t at = line.find(":" + std::to_string(file.inode) + " ");
    if (at == std::string_view::npos) continue;
    const std::size_t blank = line.rfind(' ', at);
    const std::size_t before = line.rfind(' ', blank - 1);
    const pid_t pid = leading_number<pid_t>(line.substr(before + 1)).value_or(0);
    if (pid > 0) return pid;
  }
  return std::nullopt;
}

std::vector<pid_t> takers_of(const std::vector<FileId>& wanted) {
  std::vector<pid_t> pids;
  const Result<std::string> table = read_file(in_proc("locks"), k_longest_table);
  for (const std::string_view line : TextParts{table ? *table : std::string_view(), '\n'}) {
    if (line.find(" FLOCK ") == std::string_view::npos) continue;
    if (const std::optional<pid_t> pid = taker_in(line, wanted)) pids.push_back(*pid);
  }
  return pids;
}

bool has_locked_one(pid_t pid, const std::vector<FileId>& wanted) {
  bool holds = false;
  for_each_number(in_proc(pid, "fd"), [&](int fd) {
    if (holds) return;
    const std::string number = std::to_string(fd);
    const std::optional<FileId> file = file_at(in_proc(pid, "fd/" + number));
    if (!file || !contains(wanted, *file)) return;
    const Result<std::string> details = read_file(in_proc(pid, "fdinfo/" + number));
    holds = details && details->find("FLOCK") != std::string::npos;
  });
  return holds;
}

constexpr std::string_view k_below = "below-";

std::vector<std::string> entries_of(const std::string& directory) {
  std::vector<std::string> names =
      names_in(UniqueFd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
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

// True: `path` exists but cannot be read. The survey notes that.
bool note_unseen(const std::string& path, LockSurvey& survey) {
  if (::access(path.c_str(), R_OK) == 0 || errno == ENOENT) return false;
  survey.unseen.push_back(system_error("look into " + path));
  return true;
}

// Adds the lock with its files below `path`, at all its levels. `lock`: its scope and name.
void add_levels(const std::string& path, const SurveyedLock& lock, Strangers strangers,
                LockSurvey& survey) {
  for (const std::string& directory : levels_of(path)) {
    if (note_unseen(directory, survey)) continue;
    std::optional<SurveyedLock> seen = survey_lock(directory, strangers);
    if (!seen && errno != ENOENT) survey.unseen.push_back(system_error("look at " + directory));
    if (!seen || !seen->is_in_use()) continue;
    seen->scope = lock.scope;
    seen->scope_directory = lock.scope_directory;
    seen->name = lock.name;
    if (directory != path) {
      const std::size_t name = path.size() + 1 + k_below.size();
      seen->below = decode_file_name(std::string_view(directory).substr(name));
    }
    survey.locks.push_back(std::move(*seen));
  }
}

constexpr auto k_record_size = static_cast<off_t>(k_party_size);

constexpr ByteRange part_of(RecordList list) {
  constexpr off_t k_most_holders = 256;
  constexpr off_t k_most_waiters = 1024;
  if (list == RecordList::holders) return {0, k_most_holders * k_record_size};
  return {k_most_holders * k_record_size, k_most_waiters * k_record_size};
}

std::optional<LockParty> read_party(int file, off_t at) {
  std::string record(k_party_size, '\0');
  const ssize_t got = retried([&] { return ::pread(file, record.data(), record.size(), at); });
  if (got <= 0) return std::nullopt;
  record.resize(static_cast<std::size_t>(got));
  return parse_party(record);
}

// Calls `use(place, party)` for each record that can be read, whether its owner lives or not.
template <typename Use>
void for_each_record(int file, RecordList list, Use use) {
  const ByteRange part = part_of(list);
  struct stat info {};
  if (::fstat(file, &info) != 0) return;
  const off_t end = std::min(part.start + part.length, info.st_size);
  for (off_t at = part.start; at < end; at += k_record_size) {
    if (std::optional<LockParty> party = read_party(file, at)) use(at, *std::move(party));
  }
}

std::vector<off_t> living_places(int file, RecordList list) {
  std::vector<off_t> places;
  for (const ByteRange& lock : byte_locks_in_the_way(file, ByteLock::exclusive, part_of(list))) {
    const off_t record = lock.start - lock.start % k_record_size;
    if (places.empty() || places.back() != record) places.push_back(record);
  }
  return places;
}

}  // namespace

std::vector<LockUse> named_lock_uses() {
  std::vector<LockUse> uses;
  for (SurveyedLock& lock : survey_all_locks(Strangers::leave_out).locks) {
    uses.push_back({lock.name + "@" + std::string(name_of(lock.scope)), std::move(lock.holders),
                    std::move(lock.waiters)});
  }
  return uses;
}

void add_ancestors(std::vector<LockUse>& uses) {
  const std::vector<LockUse> as_on_record = uses;
  for (LockUse& use : uses) {
    for (LockParty& waiter : use.waiters) add_those_around(waiter, as_on_record);
  }
}

std::vector<FlockHolder> find_flock_holders(const std::vector<UniqueFd>& files, FlockSearch how) {
  std::vector<FileId> wanted;
  for (const UniqueFd& file : files) {
    if (const std::optional<FileId> id = file_of(file.get())) wanted.push_back(*id);
  }
  std::vector<FlockHolder> found;
  const auto look = [&](pid_t pid) {
    if (!has_locked_one(pid, wanted)) return;
    found.push_back({pid, command_line_of(pid, k_longest_command)});
  };
  // The table names the process that took the lock, proc_locks(5). That process may be dead while
  // another one keeps a duplicate of the descriptor. In that case only the processes that have the
  // file open can tell.
  for (const pid_t pid : takers_of(wanted)) look(pid);
  if (found.empty() && how == FlockSearch::thorough) for_each_process(look);
  return found;
}

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

LockSurvey survey_all_locks(Strangers strangers) {
  LockSurvey survey;
  for (const std::string& top : {user_directory_path(), std::string(names::k_machine_directory)}) {
    const std::string locks = top + "/" + std::string(names::k_user_locks_directory);
    if (note_unseen(locks, survey)) continue;
    for (const std::string& directory : entries_of(locks)) {
      const std::optional<LockScope> scope = scope_of(directory);
      const std::string path = locks + "/" + directory;
      if (!scope || note_unseen(path, survey)) continue;
      for (const std::string& name : entries_of(path)) {
        const SurveyedLock lock{
            .scope = *scope, .scope_directory = directory, .name = decode_file_name(name)};
        add_levels(path + "/" + name, lock, strangers, survey);
      }
    }
  }
  return survey;
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

void sign(int file, RecordList list, const LockParty& party) {
  const std::string record = to_record(party);
  const ByteRange part = part_of(list);
  for (off_t at = part.start; at < part.start + part.length; at += k_record_size) {
    if (!try_byte_lock(file, ByteLock::exclusive, {at, k_record_size})) continue;
    (void)retried([&] { return ::pwrite(file, record.data(), record.size(), at); });
    return;
  }
}

void withdraw(int file, RecordList list) { release_byte_lock(file, part_of(list)); }

void erase(int file, RecordList list, const ProcessName& process) {
  const std::string nothing(k_party_size, '\0');
  const std::string numbering = numbering_id();
  for_each_record(file, list, [&](off_t at, const LockParty& party) {
    if (party.process != process) return;
    if (party.boot != numbering) return;  // the owner is in another PID namespace
    (void)retried([&] { return ::pwrite(file, nothing.data(), nothing.size(), at); });
  });
}

std::vector<LockParty> living_records(int file, RecordList list) {
  std::vector<LockParty> found;
  for (off_t at : living_places(file, list)) {
    if (std::optional<LockParty> party = read_party(file, at)) found.push_back(*std::move(party));
  }
  return found;
}

std::vector<LockParty> living_waiters(int file) {
  std::vector<LockParty> found = living_records(file, RecordList::waiters);
  std::ranges::sort(found, {}, &LockParty::ticket);
  return found;
}

void look_at(LockParty& party) {
  party.elsewhere = party.boot != numbering_id();
  party.stopped = !party.elsewhere && is_stopped(party.process);
}

std::size_t count_living(int file, RecordList list) { return living_places(file, list).size(); }

std::vector<LockParty> all_records(int file, RecordList list) {
  std::vector<LockParty> found;
  for_each_record(file, list, [&](off_t, LockParty party) { found.push_back(std::move(party)); });
  return found;
}

}  // namespace holdfast::os
