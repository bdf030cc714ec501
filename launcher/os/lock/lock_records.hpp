// Who holds a lock and who waits for it, as they say it in the lock's file.
// docs/reference/lock-files.md is the format. A record is somebody's only while its bytes are
// locked: no pid is believed by itself.
#pragma once

#include <vector>

#include "core/lock/lock_wait.hpp"

namespace holdfast::os {

// Each list has its own part of the file; who finds it full goes without a record.
enum class RecordList { holders, waiters };

// Leaves a record for as long as the open file description of `file` lives. Failing to is no
// failure: its owner is then not named.
void sign(int file, RecordList list, const LockParty& party);
// Takes it back, also from duplicates of the descriptor.
void withdraw(int file, RecordList list);

// Takes out of the file what a process that goes on has signed with, so that nobody looks for it.
void erase(int file, RecordList list, const ProcessName& process);

// Those of others that are still theirs, as far as they can be read.
std::vector<LockParty> living_records(int file, RecordList list);
// How many there are, read or not.
std::size_t count_living(int file, RecordList list);
// Whatever was written, by whom that is alive or not.
std::vector<LockParty> all_records(int file, RecordList list);

}  // namespace holdfast::os
