// The tests that reports have a section for, besides those that went wrong.
#pragma once

#include <string_view>

#include "report/model.hpp"

namespace holdfast {

struct TestSection {
  std::string_view id;  // in the HTML report
  std::string_view title;
  bool (*has)(const TestReport& test);
};

inline constexpr TestSection k_flaky_tests{"flaky", "Flaky",
                                           [](const TestReport& test) { return test.flaky; }};
inline constexpr TestSection k_leaky_tests{"left", "Left processes behind",
                                           [](const TestReport& test) { return test.leaked; }};
inline constexpr TestSection k_orphaned_tests{"orphans", "Orphan markers",
                                              [](const TestReport& test) { return test.orphaned; }};
inline constexpr TestSection k_stale_tests{
    "stale", "Stale: their programs or inputs were changed while the run was on",
    [](const TestReport& test) { return test.stale; }};
inline constexpr TestSection k_tests_not_run{
    "not-run", "Not run", [](const TestReport& test) { return test.outcome == Outcome::not_run; }};
inline constexpr TestSection k_bare_tests{"bare", "Not through Holdfast",
                                          [](const TestReport& test) { return test.bare; }};
inline constexpr TestSection k_skipped_tests{
    "skipped", "Skipped", [](const TestReport& test) { return test.outcome == Outcome::skipped; }};

}  // namespace holdfast
