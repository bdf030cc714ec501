#include "exec/progress_log.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <utility>

namespace holdfast::exec {
namespace {

constexpr std::uint32_t k_room = HOLDFAST_WORKER_LOG_SIZE - HOLDFAST_WORKER_LOG_HEADER;

std::uint32_t* number(char* start, int which) {
  return reinterpret_cast<std::uint32_t*>(start) + which;
}

ProgressLog::Entry entry_of(std::string_view message) {
  using Kind = ProgressLog::Entry::Kind;
  switch (message.front()) {
    case HOLDFAST_WORKER_LOG_BEGIN:
      return {Kind::begin, message.substr(1)};
    case HOLDFAST_WORKER_LOG_PASSED:
      return {Kind::end, {}, CaseEnd::passed};
    case HOLDFAST_WORKER_LOG_FAILED:
      return {Kind::end, {}, CaseEnd::failed};
    case HOLDFAST_WORKER_LOG_SKIPPED:
      return {Kind::end, {}, CaseEnd::skipped};
    default:
      return {Kind::message, message};
  }
}

}  // namespace

// Sealed: a program that made it shorter would have us die of SIGBUS.
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

std::optional<ProgressLog::Entry> ProgressLog::first() {
  if (!valid() || is_broken_ || seen_ == taken_) return std::nullopt;
  const std::uint32_t written = seen_;
  is_broken_ =
      written > k_room || written < taken_ || written - taken_ < HOLDFAST_WORKER_LOG_RECORD_HEADER;
  if (is_broken_) return std::nullopt;
  const char* record = start_ + HOLDFAST_WORKER_LOG_HEADER + taken_;
  std::uint64_t time_and_size = 0;
  std::memcpy(&time_and_size, record, sizeof time_and_size);
  const auto size = static_cast<std::uint32_t>(time_and_size & 0xffffU);
  is_broken_ = size == 0 || size > HOLDFAST_WORKER_LONGEST;
  const std::uint32_t whole = (HOLDFAST_WORKER_LOG_RECORD_HEADER + size + 7) / 8 * 8;
  is_broken_ = is_broken_ || whole > written - taken_;
  if (is_broken_) return std::nullopt;
  message_.assign(record + HOLDFAST_WORKER_LOG_RECORD_HEADER, size);
  Entry entry = entry_of(message_);
  entry.at_us = static_cast<std::int64_t>(time_and_size >> 16U);
  size_of_first_ = whole;
  return entry;
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
