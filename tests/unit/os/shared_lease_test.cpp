#include "os/lock/shared_lease.hpp"

#include <gtest/gtest.h>

#include <string>

#include "os/file/descriptors.hpp"

namespace holdfast::os {
namespace {

// To look at memory that is not there would kill this process.
TEST(SharedLease, MemoryThatIsTooSmallIsRefused) {
  for (const std::size_t size : {0U, 7U, 8U}) {
    Result<UniqueFd> memory = memory_file(std::string(size, '\0'));
    ASSERT_TRUE(memory);
    const Result<SharedLease> lease = SharedLease::of(std::move(*memory));
    EXPECT_EQ(static_cast<bool>(lease), size == 8) << size;
  }
}

}  // namespace
}  // namespace holdfast::os
