#include "os/lock/byte_locks.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

// Such a lock has no length, and anybody may have it.
TEST(ByteLocks, OneWithoutAnEndIsListedOnceAsFarAsItIsAskedFor) {
  const Scratch scratch;
  const auto open_it = [&] {
    return UniqueFd(::open(scratch.path("f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  };
  const UniqueFd other = open_it();
  const UniqueFd own = open_it();
  ASSERT_TRUE(try_byte_lock(other.get(), ByteLock::exclusive, {10, 0}));
  for (const ByteRange& range : {ByteRange{0, 100}, ByteRange{20, 80}}) {
    const std::vector<ByteRange> found = byte_locks_in_the_way(own.get(), ByteLock::shared, range);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].start, std::max<off_t>(range.start, 10));
    EXPECT_EQ(found[0].start + found[0].length, 100);
  }
}

}  // namespace
}  // namespace holdfast::os
