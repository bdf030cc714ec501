#include "values/test_order.hpp"

#include <cstdio>

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

std::string cost_commands(const TestCosts& costs) {
  std::string commands;
  for (const auto& [name, cost] : costs) {
    if (cost <= 0) continue;
    commands += "set_property(GLOBAL PROPERTY _holdfast_cost_";
    for (const char c : name) commands += hexadecimal(static_cast<unsigned char>(c), 2);
    commands += " " + decimal(cost) + ")\n";
  }
  return commands;
}

double cost_for(TestOrder order, bool is_red, double seconds) {
  if (order == TestOrder::longest_first) return seconds;
  return order == TestOrder::failed_first && is_red ? k_above_all_times : 0;
}

Result<ShardNumber> parse_shard(std::string_view text) {
  std::string_view rest = text;
  const auto number = parse_number<std::size_t>(take_part(rest, '/'));
  const auto count = parse_number<std::size_t>(rest);
  if (number && count && *number >= 1 && *number <= *count && *count <= k_most_shards) {
    return ShardNumber{*number, *count};
  }
  return BadValue(brief_in_quotes(text), "I/N, shard I of N, with 1 <= I <= N <= 10000");
}

std::string to_text(const ShardNumber& shard) {
  return std::to_string(shard.number) + "/" + std::to_string(shard.count);
}

}  // namespace holdfast
