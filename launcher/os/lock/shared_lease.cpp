#include "os/lock/shared_lease.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <algorithm>

namespace holdfast::os {
namespace {

constexpr std::size_t k_size = sizeof(std::int64_t);

}  // namespace

Result<SharedLease> SharedLease::make() {
  UniqueFd memory(::memfd_create("holdfast-lease", MFD_CLOEXEC));
  if (!memory.valid() || ::ftruncate(memory.get(), k_size) != 0) {
    return system_error("make memory for a lease");
  }
  return of(std::move(memory));
}

Result<SharedLease> SharedLease::of(UniqueFd memory) {
  struct stat info {};
  if (::fstat(memory.get(), &info) != 0) return system_error("look at the memory of a lease");
  if (info.st_size < static_cast<off_t>(k_size))
    return Error{"use the memory of a lease: it is too small"};
  void* const start = ::mmap(nullptr, k_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (start == MAP_FAILED) return system_error("map the memory of a lease");
  return SharedLease(std::move(memory), static_cast<Word*>(start));
}

void SharedLease::Unmap::operator()(Word* word) const { ::munmap(word, k_size); }

std::int64_t SharedLease::until_ms() const { return word_->load(); }
void SharedLease::set_until_ms(std::int64_t until) const { word_->store(until); }

Result<BootTimer> BootTimer::make() {
  UniqueFd timer(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.valid()) return system_error("make a timer");
  return BootTimer(std::move(timer));
}

void BootTimer::set(Milliseconds at) const {
  // Zero would stop the timer.
  const std::int64_t ms = std::max<std::int64_t>(1, at.count());
  itimerspec time{};
  time.it_value.tv_sec = static_cast<time_t>(ms / 1000);
  time.it_value.tv_nsec = static_cast<long>(ms % 1000 * 1'000'000);
  (void)::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &time, nullptr);
}

}  // namespace holdfast::os
