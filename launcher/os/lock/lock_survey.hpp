// Collects who uses locks, for the search for circles of waits (values/held_locks.hpp).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/lock/lock_cycle.hpp"
#include "values/held_locks.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::os {

// Returns the uses of the locks of survey_all_locks().
std::vector<LockUse> named_lock_uses();

// Completes the list of attempts around each waiter: adds the attempts of holders that are
// ancestors of the waiter. A record has room for only a few attempts, and lacks those that a
// cleared environment hid. Nothing is added to a waiter of another PID namespace.
void add_ancestors(std::vector<LockUse>& uses);

// Finds processes that hold a file by flock(2) without a record, such as scripts with flock(1).
struct FlockHolder {
  pid_t pid = 0;
  std::string command;  // the beginning of the process's command line
};

// `quick` looks only at the processes that took locks, by the kernel's table of locks. These
// processes may be dead or in another PID namespace, while others keep the lock. `thorough` looks
// at all processes if the first look finds nobody. It is meant only for a file that is known to be
// locked.
enum class FlockSearch { quick, thorough };

// Returns the processes that have one of `files` open and locked now. Only root sees processes of
// other users.
std::vector<FlockHolder> find_flock_holders(const std::vector<UniqueFd>& files, FlockSearch how);

// All locks that are in use, as this user sees them.
struct SurveyedLock {
  LockScope scope = LockScope::user;
  std::string scope_directory;  // `project-shop`: names the project or the tree
  std::string name;
  std::string below = {};  // the attempt below which the lock lies; empty: at the top
  std::vector<LockParty> holders = {};
  std::vector<LockParty> waiters = {};      // in the order of the queue
  std::size_t tickets = 0;                  // all waiters, including those without a record
  std::vector<FlockHolder> strangers = {};  // holders by flock(2) without a record

  bool is_in_use() const { return !holders.empty() || tickets > 0 || !strangers.empty(); }
};

enum class Strangers { leave_out, look_for };

struct LockSurvey {
  std::vector<SurveyedLock> locks;
  std::vector<Error> unseen;  // what exists but we may not read; each text fits after "failed to"
};

// Returns the locks in the user's directory and in the machine's directory. Makes no file and takes
// no lock.
LockSurvey survey_all_locks(Strangers strangers);

// Returns the lock whose files are in this directory. None, with errno set: they cannot be opened.
std::optional<SurveyedLock> survey_lock(const std::string& directory, Strangers strangers);

// Returns the directories with files of the lock: `directory`, and those for runs inside its
// holders.
std::vector<std::string> levels_of(const std::string& directory);

// True: `attempt` still has the lock that it took below the attempt `level` (empty: at the top).
// Also true if we cannot tell: a holder left no record, or we may not open the file.
bool is_held_by(const std::string& attempt, const LockSpec& spec, const LockHome& home,
                const std::string& level);

// The records of holders and waiters in a lock's file. docs/reference/lock-files.md describes the
// format. A record counts only while its owner has the record's bytes locked. The pid in it proves
// nothing.

// Each list has its own part of the file. A process that finds its part full leaves no record.
enum class RecordList { holders, waiters };

// Leaves a record for as long as the open file description of `file` lives. If that is not
// possible, it is no failure: messages then do not name the owner.
void sign(int file, RecordList list, const LockParty& party);
// Takes the record back, even if duplicates of the descriptor are open.
void withdraw(int file, RecordList list);

// Blanks the records of `process`, which lives on. After this call nobody looks for that process.
void erase(int file, RecordList list, const ProcessName& process);

// Returns the records of other owners that still count, as far as they can be read.
std::vector<LockParty> living_records(int file, RecordList list);
// Returns the records of the waiters that still count, in the order of the queue.
std::vector<LockParty> living_waiters(int file);
// Notes what is seen of the party's process now.
void look_at(LockParty& party);
// Returns how many records of other owners still count, readable or not.
std::size_t count_living(int file, RecordList list);
// Returns all records, whether their owners live or not.
std::vector<LockParty> all_records(int file, RecordList list);

}  // namespace holdfast::os
