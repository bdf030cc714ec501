#include "exec/batch/progress_log.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <holdfast/worker_protocol.h>

#include <cstring>

namespace holdfast::exec {
namespace {

constexpr std::uint32_t k_room = HOLDFAST_WORKER_LOG_SIZE - HOLDFAST_WORKER_LOG_HEADER;

std::uint32_t* number(char* start, int which) {
  return reinterpret_cast<std::uint32_t*>(start) + which;
}

// None: the text is no message.
std::optional<ProgressLog::Entry> entry_of(std::string_view message) {
  using Kind = ProgressLog::Entry::Kind;
  const char first = message.front();
  if (first == HOLDFAST_WORKER_LOG_BEGIN) {
    if (message.size() == 1) return std::nullopt;
    return ProgressLog::Entry{Kind::begin, message.substr(1)};
  }
  const std::optional<CaseEnd> end = first == HOLDFAST_WORKER_LOG_PASSED   ? CaseEnd::passed
                                     : first == HOLDFAST_WORKER_LOG_FAILED ? CaseEnd::failed
                                     : first == HOLDFAST_WORKER_LOG_SKIPPED
                                         ? CaseEnd::skipped
                                         : std::optional<CaseEnd>();
  if (!end) return ProgressLog::Entry{Kind::message, message};
  if (message.size() > 1) return std::nullopt;
  return ProgressLog::Entry{Kind::end, {}, *end};
}

}  // namespace

// The file is sealed, because we would die of SIGBUS if a program made it shorter.
ProgressLog ProgressLog::make() {
  ProgressLog log;
  os::UniqueFd file(::memfd_create("holdfast-progress", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid() || ::ftruncate(file.get(), HOLDFAST_WORKER_LOG_SIZE) != 0) return log;
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return log;
  void* start =
      ::mmap(nullptr, HOLDFAST_WORKER_LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (start == MAP_FAILED) return log;
  log.start_ = static_cast<char*>(start);
  log.file_ = std::move(file);
  return log;
}

ProgressLog& ProgressLog::operator=(ProgressLog&& other) noexcept {
  reset();
  start_ = std::exchange(other.start_, nullptr);
  file_ = std::move(other.file_);
  taken_ = other.taken_;
  seen_ = other.seen_;
  size_of_first_ = other.size_of_first_;
  is_broken_ = other.is_broken_;
  return *this;
}

void ProgressLog::reset() {
  if (start_ != nullptr) ::munmap(std::exchange(start_, nullptr), HOLDFAST_WORKER_LOG_SIZE);
  file_.reset();
  taken_ = seen_ = size_of_first_ = 0;
  is_broken_ = false;
}

bool ProgressLog::has_news() const {
  return valid() && !is_broken_ && __atomic_load_n(number(start_, 0), __ATOMIC_SEQ_CST) != taken_;
}

bool ProgressLog::look() {
  if (!valid() || is_broken_) return false;
  seen_ = __atomic_load_n(number(start_, 0), __ATOMIC_SEQ_CST);
  return seen_ != taken_;
}

std::optional<ProgressLog::Record> ProgressLog::record_at(std::uint32_t from) const {
  if (seen_ > k_room || seen_ < from || seen_ - from < HOLDFAST_WORKER_LOG_RECORD_HEADER) {
    return std::nullopt;
  }
  std::uint64_t time_and_size = 0;
  std::memcpy(&time_and_size, start_ + HOLDFAST_WORKER_LOG_HEADER + from, sizeof time_and_size);
  Record record;
  record.size = static_cast<std::uint32_t>(time_and_size & 0xffffU);
  record.whole = (HOLDFAST_WORKER_LOG_RECORD_HEADER + record.size + 7) / 8 * 8;
  record.at_us = static_cast<std::int64_t>(time_and_size >> 16U);
  const bool is_one = record.size > 0 && record.size <= HOLDFAST_WORKER_LONGEST;
  return is_one && record.whole <= seen_ - from ? std::optional(record) : std::nullopt;
}

std::optional<ProgressLog::Entry> ProgressLog::first() {
  if (!valid() || is_broken_ || seen_ == taken_) return std::nullopt;
  std::optional<Entry> entry;
  if (const std::optional<Record> record = record_at(taken_)) {
    message_.assign(
        start_ + HOLDFAST_WORKER_LOG_HEADER + taken_ + HOLDFAST_WORKER_LOG_RECORD_HEADER,
        record->size);
    entry = entry_of(message_);
    if (entry) entry->at_us = record->at_us;
    size_of_first_ = record->whole;
  }
  is_broken_ = !entry;
  return entry;
}

std::optional<std::int64_t> ProgressLog::last_us() {
  std::optional<std::int64_t> at_us;
  if (!look()) return at_us;
  for (std::uint32_t from = taken_; from != seen_;) {
    const std::optional<Record> record = record_at(from);
    if (!record) break;
    at_us = record->at_us;
    from += record->whole;
  }
  return at_us;
}

void ProgressLog::drop_first() { taken_ += std::exchange(size_of_first_, 0); }

void ProgressLog::want_news() {
  if (valid()) __atomic_store_n(number(start_, 1), 1U, __ATOMIC_SEQ_CST);
}

void ProgressLog::begin_anew() {
  taken_ = seen_ = size_of_first_ = 0;
  __atomic_store_n(number(start_, 0), 0U, __ATOMIC_SEQ_CST);
}

}  // namespace holdfast::exec
