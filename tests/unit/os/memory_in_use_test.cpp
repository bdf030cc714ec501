#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "base/text.hpp"
#include "os/child_process.hpp"
#include "os/memory/free_memory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

// The budget for links is too large, or too small, by what is counted wrong.
TEST(MemoryInUse, IsThatOfAProcessAndOfAllBelowIt) {
  constexpr std::uint64_t k_each_kb = std::uint64_t{64} * 1024;
  Channel told;
  Child child([&] {
    const std::vector<char> memory(k_each_kb * 1024, 'x');
    Child below([&] {
      told.say(memory.back() == 'x' ? std::to_string(::getpid()) : "no memory");
      while (true) ::pause();
      return 0;
    });
    while (true) ::pause();
    return 0;
  });
  const std::optional<pid_t> below = parse_number<pid_t>(told.hear());
  ASSERT_TRUE(below);
  const ProcessName name{child.pid(), read_process_stat(child.pid())->start};
  const std::uint64_t used = memory_in_use_kb({name});
  EXPECT_GT(used, k_each_kb * 3 / 2);
  EXPECT_LT(used, total_memory_kb().value());
  EXPECT_EQ(memory_in_use_kb({{name.pid, name.start + 1}}), 0U) << "another had its number";
  EXPECT_EQ(memory_in_use_kb({}), 0U);
  const ProcessName inner{*below, read_process_stat(*below)->start};
  EXPECT_LT(memory_in_use_kb({name, inner}), used + k_each_kb / 2)
      << "one below a root counts once";
}

}  // namespace
}  // namespace holdfast::os
