#include "report/said/printed_hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "report/changed_sources.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_names_shown = 8;

// Each has an output of up to 64 KiB.
constexpr std::size_t k_most_failed = 1000;
constexpr std::array<std::string_view, 4> k_words = {"address already in use", "eaddrinuse",
                                                     "[errno 98]", "(os error 98)"};

constexpr std::size_t k_most_short = 10'000;
// A program that runs nothing prints little. These lines alone take more than the smaller number.
constexpr std::uint64_t k_shortest = 60;
constexpr std::uint64_t k_longest = 4096;
constexpr std::string_view k_ran = "[==========] 0 tests from 0 test ";
constexpr std::string_view k_passed = "[  PASSED  ] 0 tests.";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The names of the tests that `says_so`, among the first `most` that `may_say_so`.
template <typename MaySaySo, typename SaysSo>
std::vector<std::string> names_of(const RunReport& report, std::size_t most, MaySaySo may_say_so,
                                  SaysSo says_so) {
  std::vector<std::string> names;
  std::set<std::string_view> known;
  std::size_t looked_at = 0;
  for (const TestReport& test : report.tests) {
    if (!may_say_so(test)) continue;
    if (++looked_at > most) break;
    if (known.count(test.name) != 0 || !says_so(test)) continue;
    known.insert(test.name);
    names.push_back(test.name);
  }
  return names;
}

// "2 tests WHAT (a, b): ADVICE"; empty: there are none.
std::string sentence_on(const std::vector<std::string>& tests, std::string_view what,
                        std::string_view advice) {
  if (tests.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& test : tests) names.push_back(brief(test));
  return fmt::format("{} {} ({}): {}", counted(tests.size(), "test"), what,
                     bounded_list(names, k_names_shown), advice);
}

}  // namespace

bool says_address_in_use(std::string_view output) {
  return std::ranges::any_of(k_words, [&](std::string_view words) {
    const auto is_same = [](char said, char wanted) { return lower(said) == wanted; };
    return std::search(output.begin(), output.end(), words.begin(), words.end(), is_same) !=
           output.end();
  });
}

std::vector<std::string> tests_with_address_in_use(
    const RunReport& report, Outputs& outputs,
    const std::function<bool(const TestReport&)>& is_apart) {
  const auto may_say_so = [&](const TestReport& test) {
    return went_wrong(test) && !test.attempts.empty() && !is_apart(test);
  };
  const auto says_so = [&](const TestReport& test) {
    if (says_address_in_use(outputs.of(test).text)) return true;
    return std::ranges::any_of(test.cases, [&](const Case& one) {
      return is_red(one.outcome) && says_address_in_use(outputs.of(one));
    });
  };
  return names_of(report, k_most_failed, may_say_so, says_so);
}

std::string address_in_use_text(const RunReport& report) {
  return sentence_on(report.run.address_in_use, "failed with \"address already in use\"",
                     "containment = \"netns\" in holdfast.toml gives each test a network of its "
                     "own, so that they do not meet");
}

bool says_ran_nothing(std::string_view output) {
  const std::size_t ran = output.find(k_ran);
  return ran != std::string_view::npos && output.find(k_passed, ran) != std::string_view::npos;
}

bool may_say_ran_nothing(const TestReport& test) {
  if (test.outcome != Outcome::passed || test.attempts.empty() || !test.output_place) return false;
  const std::uint64_t length = test.output_place->length;
  return length >= k_shortest && length <= k_longest && test.cases.empty();
}

std::vector<std::string> tests_that_say_they_ran_nothing(const RunReport& report,
                                                         Outputs& outputs) {
  return names_of(report, k_most_short, may_say_ran_nothing,
                  [&](const TestReport& test) { return says_ran_nothing(outputs.of(test).text); });
}

std::string ran_nothing_text(const RunReport& report) {
  return sentence_on(
      report.run.ran_nothing, "had nothing to run, as printed",
      "no-tests = \"fail\" in holdfast.toml makes such a test fail, unless its record "
      "says that it was not asked");
}

std::vector<std::string> remarks_of(const RunReport& report) {
  std::vector<std::string> remarks{lost_keeper_text(report), changed_sources_text(report),
                                   address_in_use_text(report), ran_nothing_text(report)};
  std::erase(remarks, "");
  return remarks;
}

}  // namespace holdfast
