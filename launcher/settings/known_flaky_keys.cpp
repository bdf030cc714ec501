#include "settings/known_flaky_keys.hpp"

#include "settings/keys.hpp"

namespace holdfast {
namespace {

constexpr const char* k_known_flaky = "[[known-flaky]]";

Result<Day> day_in(const toml::node& value) {
  std::optional<Day> day;
  if (const auto* text = value.as_string()) day = parse_day(text->get());
  if (const auto* date = value.as_date()) {
    const toml::date& one = date->get();
    day.emplace(std::chrono::year{one.year}, std::chrono::month{one.month},
                std::chrono::day{one.day});
  }
  if (!day) return ErrorInWords{describe_value(value)};
  return *day;
}

Result<unsigned> attempts_in(const toml::node& value) {
  return number_in(value, 0, k_most_further_attempts);
}

void check_is_there(const TableReader& table, std::string_view key, const std::string& expected) {
  if (!table.has(key)) table.complain_of_table("no `" + std::string(key) + "`", expected);
}

std::string needed_text(const TableReader& table, std::string_view key,
                        const std::string& expected) {
  check_is_there(table, key, expected);
  return table.text(key, expected).value_or("");
}

std::string needed_pattern(const TableReader& table, std::string_view key,
                           const std::string& expected) {
  std::string pattern = needed_text(table, key, expected);
  if (!pattern.empty()) table.check_pattern(key, pattern);
  return pattern;
}

KnownFlaky read_entry(const TableReader& table) {
  table.complain_of_unknown_keys(keys_of_table(k_known_flaky));
  KnownFlaky entry;
  entry.origin = table.origin();
  entry.tests = needed_pattern(table, "tests", "a regular expression for names of tests");
  entry.flake.signature =
      needed_pattern(table, "signature", "a regular expression for a line of the output");
  entry.flake.issue = needed_text(table, "issue", "where it is being dealt with");
  const std::string day = "the last day on which it holds, such as 2026-12-31";
  check_is_there(table, "expires", day);
  entry.expires = table.value("expires", day, day_in).value_or(Day{});
  const std::string attempts =
      "a number of further attempts, 0 to " + std::to_string(k_most_further_attempts);
  entry.flake.attempts =
      table.value("attempts", attempts, attempts_in).value_or(k_default_flaky_attempts);
  return entry;
}

}  // namespace

std::vector<KnownFlaky> read_known_flaky(const toml::node& node, Complaints& complaints) {
  std::vector<KnownFlaky> entries;
  std::size_t size = 0;
  for (const TableReader& table : tables_in(node, "known-flaky", k_known_flaky, complaints)) {
    entries.push_back(read_entry(table));
    size += entries.back().flake.signature.size() + entries.back().flake.issue.size() + 64;
    if (size <= k_most_known_flaky) continue;
    table.complain_of_table("too much", "at most " + std::to_string(k_most_known_flaky) +
                                            " bytes of signatures and issues in the whole file");
    break;
  }
  return entries;
}

}  // namespace holdfast
