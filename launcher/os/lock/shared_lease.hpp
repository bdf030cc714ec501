// Until when a lease holds, in memory that two processes share: one renews the lease and writes,
// the other has a clock for it. A process that holds what the lease is for needs no messages, and
// hears of a renewal only when its clock goes off.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

class SharedLease {
 public:
  static Result<SharedLease> make();
  // Maps the memory that another process has made. Fails if it is smaller than expected.
  static Result<SharedLease> of(UniqueFd memory);

  int memory() const { return memory_.get(); }
  // CLOCK_BOOTTIME in milliseconds, or a word of cluster/cluster_wire.hpp.
  std::int64_t until_ms() const;
  void set_until_ms(std::int64_t until) const;

 private:
  using Word = std::atomic<std::int64_t>;
  static_assert(Word::is_always_lock_free);
  struct Unmap {
    void operator()(Word* word) const;
  };

  SharedLease(UniqueFd memory, Word* word) : memory_(std::move(memory)), word_(word) {}

  UniqueFd memory_;
  std::unique_ptr<Word, Unmap> word_;
};

// A descriptor that is readable from that time on, CLOCK_BOOTTIME. Also when the machine wakes up
// later than that.
class BootTimer {
 public:
  static Result<BootTimer> make();
  int fd() const { return timer_.get(); }
  void set(Milliseconds at) const;

 private:
  explicit BootTimer(UniqueFd timer) : timer_(std::move(timer)) {}
  UniqueFd timer_;
};

}  // namespace holdfast::os
