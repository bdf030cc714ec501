#include "report/said/address_in_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_names_shown = 8;
// Each has an output of up to 64 KiB.
constexpr std::size_t k_most_looked_at = 1000;

constexpr std::array<std::string_view, 4> k_words = {"address already in use", "eaddrinuse",
                                                     "[errno 98]", "(os error 98)"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool output_says_so(const TestReport& test, Outputs& outputs) {
  if (says_address_in_use(outputs.of(test).text)) return true;
  return std::ranges::any_of(test.cases, [&](const Case& one) {
    return is_red(one.outcome) && says_address_in_use(outputs.of(one));
  });
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
  std::vector<std::string> names;
  std::set<std::string_view> known;
  std::size_t looked_at = 0;
  for (const TestReport& test : report.tests) {
    if (!went_wrong(test) || test.attempts.empty() || is_apart(test)) continue;
    if (++looked_at > k_most_looked_at) break;
    if (known.count(test.name) != 0 || !output_says_so(test, outputs)) continue;
    known.insert(test.name);
    names.push_back(test.name);
  }
  return names;
}

std::string address_in_use_text(const RunReport& report) {
  const std::vector<std::string>& tests = report.run.address_in_use;
  if (tests.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& test : tests) names.push_back(brief(test));
  return fmt::format(
      "{} failed with \"address already in use\" ({}): containment = \"netns\" in holdfast.toml "
      "gives each test a network of its own, so that they do not meet",
      counted(tests.size(), "test"), bounded_list(names, k_names_shown));
}

}  // namespace holdfast
