#include "os/lock/lock_file.hpp"

#include <sys/file.h>
#include <algorithm>

#include <numeric>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/byte_locks.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/memory/free_memory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// Each holder and waiter of a lock with units has a read lock on a byte that says the size: N of a
// counted lock, or the whole of a lock with an amount.
constexpr off_t k_sizes = off_t{1} << 40U;
constexpr off_t k_wholes = off_t{1} << 51U;
constexpr off_t k_after_sizes = off_t{1} << 52U;

bool is_counted(const LockSpec& spec) { return spec.mode == LockMode::counted; }

off_t byte_of_size(const LockSpec& spec) {
  return (is_counted(spec) ? k_sizes : k_wholes) + static_cast<off_t>(spec.size);
}

// The size of which a lock's byte speaks.
std::string size_at(off_t byte) {
  if (byte < k_wholes) return std::to_string(byte - k_sizes);
  const off_t whole = byte - k_wholes;
  return whole == 0 ? "the machine's memory" : size_text(static_cast<std::uint64_t>(whole));
}

// How many KiB the users of a lock with an amount may have together. If the machine's memory is not
// known, a test has it alone.
std::uint64_t whole_of(const LockSpec& spec, const LockLevel& level) {
  if (level.amount != 0) return level.amount;
  return spec.size != 0 ? spec.size : total_memory_kb().value_or(1);
}

}  // namespace

Result<LockRequest> LockRequest::open(const LockSpec& spec, const LockHome& home,
                                      const LockLevel& level) {
  LockRequest request;
  request.ask_for(spec, level);
  request.home_ = home;
  HOLDFAST_DO(request.open_files());
  return request;
}

Result<LockRequest> LockRequest::open_in(UniqueFd directory, const LockSpec& spec, unsigned mode,
                                         const LockLevel& level) {
  LockRequest request;
  request.ask_for(spec, level);
  request.place_.directory = std::move(directory);
  request.place_.file_mode = mode;
  if (!level.attempt.empty()) {
    HOLDFAST_TRY(request.place_.directory,
                 open_below(request.place_.directory, level_directory(level.attempt),
                            mode == 0600 ? 0700 : 0755));
  }
  HOLDFAST_DO(request.open_files());
  return request;
}

void LockRequest::ask_for(const LockSpec& spec, const LockLevel& level) {
  spec_ = spec;
  level_ = level;
  if (spec_.mode != LockMode::amount) return;
  whole_ = whole_of(spec, level);
  // A test that wants more than there is has all of it, alone.
  spec_.units = std::min(spec_.units, whole_);
}

Result<void> LockRequest::open_files() {
  Result<void> opened = open_files_once();
  // The directory may be removed after we opened it and before we make a file in it.
  for (int tries = 0; !opened && home_ && tries < 3; ++tries) opened = open_files_once();
  if (!opened || !has_units(spec_.mode)) return opened;
  return declare_size();
}

template <typename T>
Result<T> LockRequest::located(Result<T> result) const {
  if (result) return result;
  Error error = result.error();
  error.message += " (in " + path_of(place_.directory) + ")";
  return error;
}

Result<void> LockRequest::open_files_once() {
  if (home_) {
    HOLDFAST_TRY(place_, open_lock_directory(spec_, *home_, level_.attempt));
  }
  HOLDFAST_TRY(lock_, located(open_lock_file(place_.directory, std::string(names::k_lock_file),
                                             place_.file_mode)));
  HOLDFAST_TRY(
      UniqueFd queue,
      located(open_regular(place_.directory, std::string(names::k_queue_file), place_.file_mode)));
  queue_ = LockQueue(std::move(queue));
  if (!is_counted(spec_) || !is_shared_by_users()) return {};
  return make_slots_for_all({&place_.directory, place_.file_mode, {}, 1},
                            static_cast<unsigned>(spec_.size));
}

// We declare our own size before we look for other sizes. If two processes come at once with
// different sizes, at least one then sees the other.
Result<void> LockRequest::declare_size() {
  const off_t own = byte_of_size(spec_);
  if (!try_byte_lock(lock_.get(), ByteLock::shared, {own, 1})) {
    return Error{"say the size of the lock: its file is locked by something else"};
  }
  std::optional<ByteRange> other =
      byte_lock_in_the_way(lock_.get(), ByteLock::exclusive, {k_sizes, own - k_sizes});
  if (!other) {
    other =
        byte_lock_in_the_way(lock_.get(), ByteLock::exclusive, {own + 1, k_after_sizes - own - 1});
  }
  if (!other) return {};
  const std::string message =
      "use it: it is in use now with size " + size_at(other->start) + "; expected " + size_at(own);
  for (RecordList list : {RecordList::holders, RecordList::waiters}) {
    for (const LockParty& party : living_records(lock_.get(), list)) {
      if (party.size != 0 && !(party.mode == spec_.mode && party.size == spec_.size)) {
        return Error{message + " (by \"" + party.test + "\", pid " +
                     std::to_string(party.process.pid) +
                     (party.tree.empty() ? "" : ", tree " + party.tree) + ")"};
      }
    }
  }
  return Error{message};
}

TurnOrder LockRequest::turn_order() const {
  TurnOrder order;
  order.queue = &queue_;
  order.lock = lock_.get();
  order.flock_mode = spec_.mode == LockMode::exclusive ? LOCK_EX : LOCK_SH;
  if (spec_.mode == LockMode::amount) order.amount = {lock_.get(), whole_, spec_.units};
  if (!is_counted(spec_)) return order;
  order.slots = {&place_.directory, place_.file_mode, level_.slots,
                 static_cast<unsigned>(spec_.units)};
  if (level_.slots.empty()) {
    order.slots.numbers.resize(spec_.size);
    std::iota(order.slots.numbers.begin(), order.slots.numbers.end(), 0U);
  }
  return order;
}

bool LockRequest::still_named() const {
  return has_name(lock_, place_.directory, std::string(names::k_lock_file));
}

Result<bool> LockRequest::try_take() {
  while (true) {
    HOLDFAST_DO(located(queue_.join()));
    HOLDFAST_TRY(const bool had, located(take_turn_now(turn_order(), slots_)));
    if (!had || still_named()) return had;
    // Somebody removed the file, so nobody else can see the lock that we hold.
    slots_.clear();
    HOLDFAST_DO(open_files());
  }
}

Result<void> LockRequest::start_waiting() { return turn_.start_waiting(turn_order()); }

Result<bool> LockRequest::finish_waiting() {
  HOLDFAST_TRY(slots_, located(turn_.finish_waiting(queue_)));
  withdraw_waiting();
  if (still_named()) return true;
  // The file was removed, so nobody else can see the lock that we got.
  slots_.clear();
  HOLDFAST_DO(open_files());
  return false;
}

// A record gives the whole of an amount, even if the machine decides it.
void LockRequest::say_how(LockParty& party) const {
  party.say_how(spec_);
  if (spec_.mode == LockMode::amount) party.size = whole_;
}

void LockRequest::sign(const LockParty& holder) {
  LockParty party = holder;
  say_how(party);
  party.slots = slots();
  os::sign(lock_.get(), RecordList::holders, party);
}

void LockRequest::sign_waiting(const LockParty& waiter) {
  LockParty party = waiter;
  say_how(party);
  party.ticket = queue_.ticket();
  os::sign(lock_.get(), RecordList::waiters, party);
}

void LockRequest::withdraw_waiting() { withdraw(lock_.get(), RecordList::waiters); }

std::vector<LockParty> LockRequest::holders() const {
  return living_records(lock_.get(), RecordList::holders);
}

std::vector<LockParty> LockRequest::waiters() const { return living_waiters(lock_.get()); }

LockObstacles LockRequest::obstacles() const {
  LockObstacles seen;
  seen.holders = holders();
  for (LockParty& holder : seen.holders) look_at(holder);
  seen.ahead = ahead();
  for (LockParty& other : waiters()) {
    if (other.ticket >= ticket()) continue;
    look_at(other);
    seen.before.push_back(std::move(other));
  }
  return seen;
}

std::vector<LockParty> LockRequest::signatories() const {
  return all_records(lock_.get(), RecordList::holders);
}

std::size_t LockRequest::ahead() const {
  const std::vector<std::int64_t> tickets = queue_.tickets();
  return static_cast<std::size_t>(std::ranges::lower_bound(tickets, queue_.ticket()) -
                                  tickets.begin());
}

std::vector<unsigned> LockRequest::slots() const { return collected(slots_, &LockSlot::number); }

std::vector<int> LockRequest::descriptors() const {
  std::vector<int> all{lock_.get()};
  for (const LockSlot& slot : slots_) all.push_back(slot.file.get());
  return all;
}

std::vector<UniqueFd> LockRequest::files() const {
  std::vector<UniqueFd> files;
  const auto add = [&](const std::string& name) {
    Result<UniqueFd> file = open_existing_regular(place_.directory, name);
    if (file) files.push_back(std::move(*file));
  };
  add(std::string(names::k_lock_file));
  for (unsigned number : turn_order().slots.numbers) add(slot_file(number));
  return files;
}

void LockRequest::tidy_below(const std::string& attempt) const {
  if (!home_) return;
  const std::string level = level_directory(attempt);
  if (!level_.attempt.empty()) return remove_level(place_.directory, "../" + level);
  if (!is_shared_by_users()) return remove_level(place_.directory, level);
  const Result<UniqueFd> top = open_user_directory();
  if (!top) return;
  remove_level(*top, std::string(names::k_user_locks_directory) + "/" + place_of(spec_, *home_) +
                         "/" + level);
}

bool LockRequest::is_lost() const {
  if (!is_found_by(lock_, place_.directory, std::string(names::k_lock_file))) return true;
  return std::ranges::any_of(slots_, [&](const LockSlot& slot) {
    return !is_found_by(slot.file, place_.directory, slot_file(slot.number));
  });
}

}  // namespace holdfast::os
