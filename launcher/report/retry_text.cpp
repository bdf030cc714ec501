#include "report/retry_text.hpp"

#include "report/describe.hpp"

namespace holdfast {
namespace {

// Puts each further line of the text below the first one.
std::string in_lines(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!lines.empty()) lines += "\n            ";
    lines += printable(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string findings_text(const Tests& red) {
  std::string text;
  std::size_t shown = 0;
  for (const TestReport* test : red) {
    if (test->attempts.empty() || test->attempts.back().findings.empty()) continue;
    if (++shown > k_shown_in_full) break;
    text += fmt::format("\nAround {}\n", printable(test->name));
    for (const Finding& finding : test->attempts.back().findings) {
      text += fmt::format("  {:<10}{}{}\n", printable(finding.probe),
                          finding.failed ? "not known: " : "", in_lines(finding.text));
    }
  }
  return text;
}

std::string further_attempts_text(const RunReport& report) {
  const Tests tests = tests_that(report, [](const TestReport& test) {
    return test.attempts.size() > 1 && !test.attempts.front().retry.empty();
  });
  return section("Tried again", tests, k_tests_per_section, [](const TestReport& test) {
    std::string text;
    for (const Attempt& attempt : test.attempts) {
      text += fmt::format("\n    attempt {}: {}", attempt.n, ending(attempt));
      if (!attempt.retry.empty()) text += "; " + printable(attempt.retry);
      if (!attempt.log.empty()) text += fmt::format("\n      {}", printable(attempt.log));
    }
    return text;
  });
}

std::string stale_text(const RunReport& report) {
  const Tests stale = tests_that(report, [](const TestReport& test) { return test.stale; });
  return section("Stale: their programs or inputs were changed while the run was on", stale,
                 k_tests_per_section, reason);
}

}  // namespace holdfast
