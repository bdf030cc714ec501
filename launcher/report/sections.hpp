// The sections of reports: which tests they have, and their form in the text report: a title, one
// line per test, and a bound.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "report/model.hpp"

namespace holdfast {

inline constexpr std::size_t k_tests_per_section = 50;
inline constexpr std::size_t k_widest_name = 48;
// How many tests that went wrong are shown with more than a line.
inline constexpr std::size_t k_shown_in_full = 5;

using Tests = std::vector<const TestReport*>;

// The items of a list for which `is_one` is true.
template <typename Item, typename IsOne>
std::vector<const Item*> which(const std::vector<Item>& items, IsOne is_one) {
  std::vector<const Item*> found;
  for (const Item& item : items) {
    if (std::invoke(is_one, item)) found.push_back(&item);
  }
  return found;
}

template <typename Predicate>
Tests tests_that(const RunReport& report, Predicate predicate) {
  return which(report.tests, predicate);
}

inline std::string brief_name(const TestReport* test) { return brief(test->name); }

// The tests that reports have a section for, besides those that went wrong.
struct TestSection {
  std::string_view id;  // in the HTML report
  std::string_view title;
  bool (*has)(const TestReport& test);
};

template <bool TestReport::*flag>
bool is_flagged(const TestReport& test) {
  return test.*flag;
}
template <Outcome outcome>
bool came_to(const TestReport& test) {
  return test.outcome == outcome;
}

inline constexpr TestSection k_flaky_tests{"flaky", "Flaky", is_flagged<&TestReport::flaky>};
inline constexpr TestSection k_leaky_tests{"left", "Left processes behind",
                                           is_flagged<&TestReport::leaked>};
inline constexpr TestSection k_orphaned_tests{"orphans", "Orphan markers",
                                              is_flagged<&TestReport::orphaned>};
inline constexpr TestSection k_stale_tests{
    "stale", "Stale: their programs or inputs were changed while the run was on",
    is_flagged<&TestReport::stale>};
inline constexpr TestSection k_tests_not_run{"not-run", "Not run", came_to<Outcome::not_run>};
inline constexpr TestSection k_bare_tests{"bare", "Not through Holdfast",
                                          is_flagged<&TestReport::bare>};
inline constexpr TestSection k_skipped_tests{"skipped", "Skipped", came_to<Outcome::skipped>};

inline bool has_ended(const TestReport& test) { return last_attempt(test).has_ended; }
inline double wall_of(const TestReport& test) { return last_attempt(test).wall_s; }

// The largest first, and at most so many of them.
template <typename Item, typename Measure>
std::vector<const Item*> largest(std::vector<const Item*> items, std::size_t most,
                                 Measure measure) {
  std::ranges::stable_sort(items, std::greater<>(),
                           [&](const Item* item) { return std::invoke(measure, *item); });
  items.resize(std::min(items.size(), most));
  return items;
}

// Of the column with the names that `name_of` gives.
template <typename Items, typename NameOf>
std::size_t width_of(const Items& items, NameOf name_of) {
  std::size_t width = 0;
  for (const auto* item : items) {
    const std::size_t size = name_of(*item).size();
    if (size <= k_widest_name) width = std::max(width, size);
  }
  return width;
}

// One line, or two if the name is wider than its column, without what begins and ends a line.
inline std::string row(const std::string& name, std::size_t width, std::string_view text) {
  std::string line = name.size() <= width ? fmt::format("{:<{}}  ", name, width)
                                          : fmt::format("{}\n  {:<{}}  ", name, "", width);
  if (text.starts_with('\n')) line.resize(line.find_last_not_of(" \n") + 1);
  line += text;
  line.resize(line.find_last_not_of(' ') + 1);
  return line;
}

// At most `limit` lines, as `line` makes them of the items, each between `mark` and `end`, and how
// many more items there are.
template <typename Items, typename Line = std::identity>
std::string bounded_lines(std::string_view mark, const Items& items, std::size_t limit,
                          Line line = {}, std::string_view end = "\n") {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), limit); ++i) {
    text += fmt::format("{}{}{}", mark, line(items[i]), end);
  }
  if (items.size() > limit) text += fmt::format("{}and {} more{}", mark, items.size() - limit, end);
  return text;
}

template <typename Items, typename Line = std::identity>
std::string titled_lines(std::string_view title, const Items& items, std::size_t limit,
                         Line line = {}) {
  if (items.empty()) return {};
  return fmt::format("\n{}\n{}", title, bounded_lines("  ", items, limit, line));
}

template <typename Line>
std::string section(std::string_view title, const Tests& tests, std::size_t limit, Line line) {
  const auto name = [](const TestReport& test) { return printable(test.name); };
  const std::size_t width = width_of(tests, name);
  return titled_lines(title, tests, limit,
                      [&](const TestReport* test) { return row(name(*test), width, line(*test)); });
}

}  // namespace holdfast
