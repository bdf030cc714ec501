#include "report/render.hpp"

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/quoted/reasons.hpp"
#include "report/sections.hpp"
#include "report/services.hpp"
#include "report/time/run_time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <unordered_map>

namespace holdfast {
namespace {

std::string leak_text(const RunReport& report) {
  const Tests tests = tests_that(report, &TestReport::leaked);
  if (tests.empty()) return {};
  const auto text = [](const TestReport* test) {
    const std::vector<std::string> left = leftover_names(*test);
    return brief_name(test) + (left.empty() ? "" : ": " + bounded_list(left, k_names_shown));
  };
  return fmt::format("; {} left processes behind ({})", tests.size(),
                     bounded_list(tests, k_names_shown, text));
}

std::string names_text(const RunReport& report, std::string_view what, bool TestReport::*is_one) {
  const Tests tests = tests_that(report, is_one);
  if (tests.empty()) return {};
  return fmt::format("; {} {} ({})", tests.size(), what,
                     bounded_list(tests, k_names_shown, brief_name));
}

std::string on_purpose_text(const RunReport& report) {
  const std::size_t number = report.counts.of(Outcome::deliberate_exit);
  return number == 0 ? "" : fmt::format("; {} exited on purpose", number);
}

std::string through_line(const RunReport& report) {
  if (report.counts.through == 0) return "holdfast: no test ran through Holdfast\n";
  OutcomeCounts through;
  for (const TestReport& test : report.tests) {
    if (!test.attempts.empty()) through.add(test.outcome);
  }
  return fmt::format("holdfast: {} through Holdfast: {}{}{}{}{}{}\n",
                     counted(report.counts.through, "test"), outcome_list(through),
                     on_purpose_text(report), leak_text(report),
                     names_text(report, "with orphan markers", &TestReport::orphaned),
                     names_text(report, "flaky", &TestReport::flaky),
                     names_text(report, "stale", &TestReport::stale));
}

std::string unknown_line(const RunReport& report) {
  const Tests tests = tests_that(report, came_to<Outcome::unknown>);
  if (tests.empty()) return {};
  return fmt::format("holdfast: verdict unknown: {}\n",
                     bounded_list(tests, k_names_shown, [](const TestReport* test) {
                       return fmt::format("{} ({})", brief_name(test), brief(reason(*test)));
                     }));
}

std::string cases_text(const RunReport& report) {
  if (report.counts.cases == 0) return {};
  return fmt::format("{} in batches: {}", counted(report.counts.cases, "case"),
                     case_list(report.counts));
}

std::string not_recorded_text(const RunReport& report) {
  if (report.run.unrecorded == 0) return {};
  return counted(static_cast<std::uint64_t>(report.run.unrecorded), "more test") +
         " ran through Holdfast and could not be recorded";
}

// Nothing for an empty text.
std::string line(const std::string& text) {
  return text.empty() ? text : fmt::format("holdfast: {}\n", text);
}

std::string service_lines(const RunReport& report) {
  std::vector<std::string> deaths = service_deaths(report);
  const std::size_t more = deaths.size() - std::min(deaths.size(), k_names_shown);
  deaths.resize(deaths.size() - more);
  std::string text =
      separated(deaths, "", [](const std::string& death) { return line("service " + death); });
  if (more > 0) text += line(fmt::format("and {} more services were lost", more));
  return text;
}

std::string why_not(const TestReport& test) {
  std::string why = test.outcome == Outcome::not_run ? "not run" : std::string();
  if (test.verdict == Verdict::disabled) why = "disabled";
  // Only one line of it, because the log may say more.
  const std::string detail = brief(test.why.substr(0, test.why.find('\n')));
  if (!detail.empty()) why += (why.empty() ? "" : ": ") + detail;
  return why;
}

// Names each reason once, and ten tests in all; but one of each of the first ten reasons.
std::string not_through_line(const RunReport& report) {
  constexpr std::size_t k_most_named = 10;
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  std::unordered_map<std::string, std::size_t> known;
  std::size_t count = 0;
  for (const TestReport& test : report.tests) {
    if (!test.attempts.empty()) continue;
    ++count;
    std::string why = why_not(test);
    const auto [group, is_new] = known.try_emplace(why, groups.size());
    if (is_new) groups.push_back({std::move(why), {}});
    groups[group->second].second.push_back(brief(test.name));
  }
  if (count == 0) return {};
  const std::size_t all = count;
  std::size_t left = k_most_named;  // names
  std::vector<std::string> items;
  for (const auto& [why, names] : groups) {
    if (items.size() == k_most_named) break;
    const std::size_t groups_after = std::min(groups.size(), k_most_named) - items.size() - 1;
    const std::size_t shown = std::min(names.size(), left - std::min(groups_after, left - 1));
    left -= shown;
    const std::string list = bounded_list(names, shown);
    items.push_back(why.empty() ? list : fmt::format("{} ({})", list, why));
    count -= names.size();
  }
  std::string text = separated(items, "; ");
  if (count > 0) text += fmt::format("; and {} more", count);
  return fmt::format("holdfast: {} not through Holdfast: {}\n", all, text);
}

}  // namespace

std::string render_summary(const RunReport& report) {
  if (selected_nothing(report)) {
    return fmt::format("holdfast: no tests: {}\n", no_tests_text(report));
  }
  if (report.counts.planned == 0 && report.run.unrecorded == 0) {
    if (report.run.complete)
      return "holdfast: no test ran through Holdfast; whether any other ran is not known: ctest's "
             "log is missing or incomplete\n";
    return "holdfast: no tests were run\n";
  }
  const std::string& retries = report.run.retries;
  return through_line(report) + unknown_line(report) + line(not_recorded_text(report)) +
         line(cases_text(report)) + line(retries.empty() ? "" : "retries: " + printable(retries)) +
         service_lines(report) + separated(remarks_of(report), "", line) +
         not_through_line(report) + line(run_time_text(report)) + line(log_hint(report));
}

}  // namespace holdfast
