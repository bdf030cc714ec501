// The records of holders and waiters in a lock's file. docs/reference/lock-files.md describes the
// format. A record counts only while its owner has the record's bytes locked. The pid in it proves
// nothing.
#pragma once

#include <cstddef>
#include <vector>

#include "core/lock/lock_wait.hpp"

namespace holdfast::os {

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
