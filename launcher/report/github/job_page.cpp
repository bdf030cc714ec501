// GitHub's flavour of Markdown. It lets some HTML through, so names and outputs are escaped as for
// XML. https://docs.github.com/actions/reference/workflow-commands#adding-a-job-summary
#include "core/base/parts.hpp"
#include "report/render.hpp"

#include "core/base/text.hpp"
#include "report/cases_as_tests.hpp"
#include "report/describe.hpp"
#include "report/escape.hpp"
#include "report/excerpt.hpp"
#include "report/said/reasons.hpp"
#include "report/said/sections.hpp"
#include "report/services.hpp"
#include "report/shown.hpp"
#include "report/text_sections.hpp"
#include "report/time/run_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

constexpr std::size_t k_last_output = 4U << 10U;
constexpr std::size_t k_in_a_list = 50;
constexpr std::string_view k_line_break = "  \n";

// Markdown takes no mark inside <code> for its own if the mark is a number.
std::string safe(std::string_view text) {
  std::string result;
  for (const char c : xml_text(printable(text))) {
    const bool is_mark = std::string_view("*_`~[]()#!|\\@:").find(c) != std::string_view::npos;
    if (is_mark)
      result += fmt::format("&#{};", static_cast<int>(c));
    else
      result += c;
  }
  return result;
}

std::string code(std::string_view text) { return "<code>" + safe(text) + "</code>"; }

// An output between fences, longer than any row of the same mark inside.
std::string fenced(std::string_view output) {
  std::size_t longest = 2;
  std::string text;
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    text += printable(line) + '\n';
    output.remove_prefix(std::min(output.size(), line.size() + 1));
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = std::min(text.find('`', at), text.size());
    at = std::min(text.find_first_not_of('`', begin), text.size());
    longest = std::max(longest, at - begin);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("\n{}text\n{}{}\n", fence, text, fence);
}

std::string page_head(const RunReport& report) {
  std::size_t wrong = 0;
  see_as_tests(report.tests, [&](const TestReport& test) { wrong += is_wrong(test) ? 1U : 0U; });
  std::string_view mark = ":white_check_mark:";
  std::string title = "all is well";
  if (wrong > 0) {
    mark = ":x:";
    title = fmt::format("{} went wrong", wrong);
  } else if (!report.run.complete) {
    mark = ":warning:";
    title = "incomplete";
  } else if (selected_nothing(report)) {
    mark = ":warning:";
    title = safe("no tests: " + no_tests_text(report));
  }
  std::string text = fmt::format("### {} {}\n\n", mark, title);
  if (!report.run.complete) text += "**Incomplete: ctest did not finish.**\n\n";
  std::string counts = counts_text(report);
  for (const std::string& line : in_shards(report)) counts += line + '\n';
  for (std::string_view rest = counts; !rest.empty();) {
    text += fmt::format("{}{}", safe(take_part(rest, '\n')), k_line_break);
  }
  if (const std::string time = run_time_text(report); !time.empty()) {
    text += safe(time) + '\n';
  } else if (report.run.started && report.run.ended) {
    text += "took " + duration_text(*report.run.ended - *report.run.started) + '\n';
  }
  return text + '\n';
}

std::string failure(const TestReport& test, const std::string& output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  std::string text =
      fmt::format("<details><summary>{}{}: {}: {}</summary>\n", code(test.name),
                  test.part_of.empty() ? "" : " in " + code(test.part_of), label(test.outcome),
                  said.empty() ? safe(reason(test)) : code(headline(said.front())));
  text += fmt::format("\n{}\n", safe(reason(test)));
  if (!output.empty()) text += fenced(last_of(output, k_last_output));
  return text + "\n</details>\n";
}

// A section with a list, or nothing.
std::string list_of(std::string_view title, const std::vector<std::string>& items) {
  if (items.empty()) return {};
  return fmt::format("\n#### {}\n\n{}", title, bounded_lines("- ", items, k_in_a_list));
}

template <typename Why>
std::string list_of(const RunReport& report, const TestSection& section, Why why) {
  std::vector<std::string> items;
  for (const TestReport* test : tests_that(report, section.has)) {
    // Only those that are shown need words of their outputs.
    const std::string words = items.size() < k_in_a_list ? why(*test) : std::string();
    items.push_back(fmt::format("{} {}", code(brief(test->name)), safe(brief(words))));
  }
  return list_of(section.title, items);
}

std::string lists(const RunReport& report, Outputs& outputs) {
  std::vector<std::string> deaths;
  for (const std::string& death : service_deaths(report)) deaths.push_back(safe(death));
  return list_of(report, k_flaky_tests, reason) + list_of(report, k_leaky_tests, reason) +
         list_of("Services lost", deaths) + list_of(report, k_tests_not_run, reason) +
         list_of(report, k_skipped_tests,
                 [&](const TestReport& test) { return skip_reason(test, outputs.of(test).text); });
}

}  // namespace

std::string github_summary(const RunReport& report, Outputs& raw, std::size_t room) {
  ShownOutputs outputs(raw);
  std::string text = page_head(report);
  std::string rest = lists(report, outputs);
  constexpr std::size_t k_for_names = 16U << 10U;
  std::vector<std::string> others;
  see_as_tests(report.tests, [&](const TestReport& test) {
    if (!is_wrong(test)) return;
    std::string one;
    if (others.empty()) one = failure(test, outputs.of(test).text);
    if (one.empty() || text.size() + one.size() + rest.size() + k_for_names > room)
      return others.push_back(code(brief(test.name)));
    text += one;
  });
  text += list_of("More that went wrong", others);
  if (text.size() + rest.size() <= room) text += rest;
  return text.size() <= room ? text : std::string();
}

}  // namespace holdfast
