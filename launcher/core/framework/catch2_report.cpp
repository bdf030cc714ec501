#include "core/framework/catch2_report.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/parts.hpp"
#include "core/batch/gtest_output.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_result = ":test-result: ";

// No line of Catch2's own that matters is longer.
constexpr std::size_t k_longest_line = 4 * 1024;

struct Word {
  std::string_view text;
  CaseEnd end;
};
// XFAIL: the case failed as its tag says ([!mayfail], [!shouldfail]).
constexpr Word k_words[] = {{"PASS ", CaseEnd::passed},
                            {"XFAIL ", CaseEnd::passed},
                            {"SKIP ", CaseEnd::skipped},
                            {"FAIL ", CaseEnd::failed}};

// Reads "test cases: 3 | 1 passed | 2 failed". A column "failed as expected" is no failure.
bool tells_of_failures(std::string_view columns) {
  constexpr std::string_view k_failed = " failed";
  while (!columns.empty()) {
    std::string_view column = take_part(columns, '|');
    while (column.ends_with(' ')) column.remove_suffix(1);
    if (column.ends_with(k_failed)) return true;
  }
  return false;
}

}  // namespace

std::vector<ReportedCase> read_catch2_cases(std::string_view report) {
  std::vector<ReportedCase> cases;
  while (report.find('\n') != std::string_view::npos) {
    std::string_view line = take_part(report, '\n');
    const bool is_result = line.starts_with(k_result);
    if (is_result) line.remove_prefix(k_result.size());
    const auto* const word = std::ranges::find_if(
        k_words, [line](const Word& one) { return line.starts_with(one.text); });
    if (is_result && word != std::end(k_words)) {
      cases.push_back({std::string(line.substr(word->text.size())), word->end});
    } else if (!cases.empty()) {
      cases.back().name += '\n' + std::string(is_result ? k_result : "") + std::string(line);
    }
  }
  return cases;
}

void Catch2Totals::read(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view part = bytes.substr(0, newline);
    const bool is_end = newline != std::string_view::npos;
    bytes.remove_prefix(is_end ? newline + 1 : bytes.size());
    if (is_end && line_.empty()) {
      read_line(part);
      continue;
    }
    line_ += part.substr(0, k_longest_line - std::min(line_.size(), k_longest_line));
    if (is_end) end();
  }
}

void Catch2Totals::end() {
  read_line(line_);
  line_.clear();
}

void Catch2Totals::read_line(std::string_view line) {
  constexpr std::string_view k_columns = "test cases:";
  if (line.empty()) return;
  // Before version 3.3, the compact reporter writes these lines.
  const bool is_early_pass = source_ == Source::compact && line.starts_with("Passed ");
  const bool is_early_failure = source_ == Source::compact && line.starts_with("Failed ");
  std::string room;
  if (line.find('\x1b') != std::string_view::npos) {
    room = without_colours(line);
    line = room;
  }
  // A crash is reported before the totals.
  if (line.find("fatal error condition") != std::string_view::npos) {
    has_crashed_ = true;
  } else if (line.starts_with("No tests ran")) {
    are_there_ = ran_nothing_ = true;
  } else if (is_early_pass || line.starts_with("All tests passed (")) {
    are_there_ = true;
  } else if (line.starts_with(k_columns)) {
    are_there_ = true;
    has_failed_ = tells_of_failures(line.substr(k_columns.size()));
  } else if (is_early_failure) {
    are_there_ = has_failed_ = true;
  }
}

}  // namespace holdfast
