#include "core/ctest/test_order.hpp"

#include <cstdio>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

// No test takes so many seconds.
constexpr double k_above_all_times = 1e6;

// `1.5`, `12`.
std::string decimal(double cost) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.3f", cost);
  std::string text = buffer;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string cost_commands(const std::vector<TestCost>& costs) {
  std::string commands;
  for (const TestCost& test : costs) {
    commands += "set_property(GLOBAL PROPERTY _holdfast_cost_";
    for (const char c : test.name) commands += hexadecimal(static_cast<unsigned char>(c), 2);
    commands += " " + decimal(test.cost) + ")\n";
  }
  return commands;
}

std::vector<TestCost> costs_for(TestOrder order, const std::vector<TestPast>& tests) {
  std::vector<TestCost> costs;
  for (const TestPast& test : tests) {
    if (order == TestOrder::failed_first && test.is_red) {
      costs.push_back({test.name, k_above_all_times});
    } else if (order == TestOrder::longest_first && test.seconds > 0) {
      costs.push_back({test.name, test.seconds});
    }
  }
  return costs;
}

}  // namespace holdfast
