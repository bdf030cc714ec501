// The form of the text report's sections: a title, one line per test, and a bound.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/printable.hpp"
#include "report/model.hpp"

namespace holdfast {

inline constexpr std::size_t k_tests_per_section = 50;
inline constexpr std::size_t k_widest_name = 48;
// How many tests that went wrong are shown with more than a line.
inline constexpr std::size_t k_shown_in_full = 5;

using Tests = std::vector<const TestReport*>;

template <typename Predicate>
Tests tests_that(const RunReport& report, Predicate predicate) {
  Tests found;
  for (const TestReport& test : report.tests) {
    if (predicate(test)) found.push_back(&test);
  }
  return found;
}

inline std::size_t width_of(const Tests& tests) {
  std::size_t width = 0;
  for (const TestReport* test : tests) {
    const std::size_t size = printable(test->name).size();
    if (size <= k_widest_name) width = std::max(width, size);
  }
  return width;
}

// One line, or two if the name is wider than its column.
inline std::string row(const std::string& name, std::size_t width, std::string_view text) {
  std::string line = name.size() <= width ? fmt::format("  {:<{}}  ", name, width)
                                          : fmt::format("  {}\n  {:<{}}  ", name, "", width);
  if (text.starts_with('\n')) line.resize(line.find_last_not_of(" \n") + 1);
  line += text;
  line.resize(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

template <typename Line>
std::string section(std::string_view title, const Tests& tests, std::size_t limit, Line line) {
  if (tests.empty()) return {};
  std::string text = fmt::format("\n{}\n", title);
  const std::size_t width = width_of(tests);
  for (std::size_t i = 0; i < std::min(tests.size(), limit); ++i) {
    text += row(printable(tests[i]->name), width, line(*tests[i]));
  }
  if (tests.size() > limit) text += fmt::format("  and {} more\n", tests.size() - limit);
  return text;
}

}  // namespace holdfast
