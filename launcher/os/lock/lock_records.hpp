// The records of holders and waiters in a lock's file. docs/reference/lock-files.md is the format.
// A record counts only while its owner has its bytes locked: no pid is believed by itself.
#pragma once

#include <cstddef>
#include <vector>

#include "core/lock/lock_wait.hpp"

namespace holdfast::os {

// Each list has its own part of the file. A process that finds its part full leaves no record.
enum class RecordList { holders, waiters };

// Leaves a record for as long as the open file description of `file` lives. Not being able to is no
// failure: messages then do not name the owner.
void sign(int file, RecordList list, const LockParty& party);
// Takes the record back, also from duplicates of the descriptor.
void withdraw(int file, RecordList list);

// Blanks the records of `process`, which goes on, so that nobody looks for it.
void erase(int file, RecordList list, const ProcessName& process);

// The records of others that still count, as far as they can be read.
std::vector<LockParty> living_records(int file, RecordList list);
// Those of the waiters, in the order of the queue.
std::vector<LockParty> living_waiters(int file);
// How many such records there are, readable or not.
std::size_t count_living(int file, RecordList list);
// All records, whether their owner lives or not.
std::vector<LockParty> all_records(int file, RecordList list);

}  // namespace holdfast::os
