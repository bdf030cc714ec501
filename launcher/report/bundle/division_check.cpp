#include "report/bundle/division_check.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <unordered_map>

#include "core/base/printable.hpp"

namespace holdfast {
namespace {

std::string division_of(const NamedReport& shard) {
  const RunDivision& division = shard.loaded.report.division;
  if (division.fingerprint.empty()) return printable(shard.name) + " is no shard of a division";
  return fmt::format("{} is shard {} of division {}", printable(shard.name),
                     printable(division.shard), printable(division.fingerprint));
}

struct Times {
  std::size_t in_one_shard = 0;  // how many tests have the name
  std::size_t planned = 0;
  std::size_t ran = 0;
};

}  // namespace

std::string different_divisions(const std::vector<NamedReport>& shards) {
  for (const NamedReport& shard : shards) {
    const NamedReport& first = shards.front();
    if (shard.loaded.report.division.fingerprint == first.loaded.report.division.fingerprint)
      continue;
    return fmt::format(
        "report merge: {}, but {}: expected shards of one list of tests, one N and "
        "one file of times",
        division_of(first), division_of(shard));
  }
  return {};
}

void check_against_division(RunReport& merged) {
  std::unordered_map<std::string_view, Times> times;
  std::vector<std::string_view> names;  // in the order of the division
  for (const auto& [shard, tests] : merged.division.tests) {
    std::unordered_map<std::string_view, std::size_t> here;
    for (const std::string& test : tests) {
      const auto [one, is_new] = times.try_emplace(test);
      if (is_new) names.push_back(test);
      ++one->second.planned;
      // A shard that has a name has all tests of that name.
      if (++here[test] > one->second.in_one_shard) one->second.in_one_shard = here[test];
    }
  }
  if (names.empty()) return;
  for (const TestReport& test : merged.tests) {
    const auto [one, is_new] = times.try_emplace(test.name);
    if (is_new) names.push_back(test.name);
    ++one->second.ran;
  }
  for (const std::string_view name : names) {
    const Times& one = times[name];
    if (one.ran < one.in_one_shard) merged.missing.emplace_back(name);
    if (one.ran > one.planned) merged.too_often.emplace_back(name);
  }
}

}  // namespace holdfast
