// In which order ctest starts tests: it starts a test with a higher COST first (decision 38).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

enum class TestOrder : std::uint8_t {
  as_is,          // ctest's own
  failed_first,   // what was red when it was last seen
  longest_first,  // by the times of earlier runs
};

constexpr std::array<std::string_view, 3> words_of(TestOrder) {
  return {"as-is", "failed-first", "longest-first"};
}

struct TestCost {
  std::string name;
  double cost = 0;  // above 0
};

// Commands for ctest-integration/test_order.cmake.
std::string cost_commands(const std::vector<TestCost>& costs);

// What is known of a test, from earlier runs.
struct TestPast {
  std::string name;
  bool is_red = false;
  double seconds = 0;  // 0: not known
};

// The costs that make the order. A test without one keeps what ctest gives it: with several jobs,
// the mean of its times in seconds. So with failed_first every cost is above all such times.
std::vector<TestCost> costs_for(TestOrder order, const std::vector<TestPast>& tests);

}  // namespace holdfast
