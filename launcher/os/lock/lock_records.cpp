#include "os/lock/lock_records.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "os/file/system_call.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

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
