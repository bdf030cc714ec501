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
  std::uint32_t size = 0;
  Entry entry;
  std::memcpy(&size, record, sizeof size);
  std::memcpy(&entry.at_us, record + 8, sizeof entry.at_us);
  is_broken_ = size > HOLDFAST_WORKER_LONGEST;
  const std::uint32_t whole = (HOLDFAST_WORKER_LOG_RECORD_HEADER + size + 7) / 8 * 8;
  is_broken_ = is_broken_ || whole > written - taken_;
  if (is_broken_) return std::nullopt;
  message_.assign(record + HOLDFAST_WORKER_LOG_RECORD_HEADER, size);
  entry.message = message_;
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
