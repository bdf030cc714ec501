// The report that a GoogleTest program writes at its end (`--gtest_output=xml:FILE`), as far as it
// tells how cases ended. A case cannot forge it by what it prints.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

struct GtestReport {
  std::vector<ReportedCase> cases;  // those that ran, in their order: `Suite.Name`
  // Their elements, and those of what failed outside of cases. They are parts of the report's text.
  std::vector<std::string_view> elements;
  std::vector<std::string_view> outside;
  // How many cases were to run and never began. They count as passed in the report.
  std::size_t not_begun = 0;
  bool has_failures = false;  // those outside of cases too

  // Whether a program with this report ends so: GoogleTest's main() returns 1 if anything failed.
  bool agrees_with(const ProcessEnd& end) const {
    return end.kind == ProcessEnd::Kind::exited && (end.code != 0) == has_failures;
  }
};

// None: it is not such a report, or is cut off.
std::optional<GtestReport> parse_gtest_report(std::string_view xml);

}  // namespace holdfast
