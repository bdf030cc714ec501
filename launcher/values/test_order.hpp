// Which tests ctest starts, and when: its order by COST (decision 38), and shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

enum class TestOrder : std::uint8_t {
  as_is,          // ctest's own
  failed_first,   // what was red when it was last seen
  longest_first,  // by the times of earlier runs
};

constexpr auto words_of(TestOrder) { return word_list("as-is", "failed-first", "longest-first"); }

// By name. A test without a cost, or with 0, keeps what ctest gives it: with several jobs, the mean
// of its times in seconds.
using TestCosts = std::map<std::string, double>;

// Commands for ctest-integration/test_order.cmake.
std::string cost_commands(const TestCosts& costs);

// The cost that makes the order, of a test that was red or not when it was last seen, and that
// takes so long (0: not known). With failed_first every cost is above all such times.
double cost_for(TestOrder order, bool is_red, double seconds);

// The names of the files that `holdfast ctest` leaves for the ctest that it becomes.

// `4711-56789.`: how the names of the files for that ctest begin (names::k_selected_numbers_file
// and its neighbours follow).
inline std::string begin_of_selected_file(const ProcessName& ctest) {
  return std::to_string(ctest.pid) + "-" + std::to_string(ctest.start) + ".";
}

// By what ctest decides when it starts a test, besides COST and what is free.
struct TestSchedule {
  std::vector<std::string> depends = {};   // names of tests; there may be no such test
  std::vector<std::string> setup = {};     // the fixtures that it sets up,
  std::vector<std::string> required = {};  // those that it requires,
  std::vector<std::string> cleanup = {};   // and those that it cleans up
  bool serial = false;                     // RUN_SERIAL
  std::int64_t processors = 1;             // how many of ctest's slots it takes

  bool empty() const { return *this == TestSchedule(); }
  friend bool operator==(const TestSchedule&, const TestSchedule&) = default;
};

// The number of a shard, as people write it.

inline constexpr std::size_t k_most_shards = 10'000;

struct ShardNumber {
  std::size_t number = 1;  // from 1
  std::size_t count = 1;
};

// Reads `I/N`. The error is a bad value.
Result<ShardNumber> parse_shard(std::string_view text);
std::string to_text(const ShardNumber& shard);

}  // namespace holdfast
