#include "report/html/overview.hpp"

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/html/pieces.hpp"
#include "report/quoted/reasons.hpp"
#include "report/sections.hpp"
#include "report/services.hpp"
#include "report/shown.hpp"
#include "report/steps.hpp"
#include "report/time/run_time.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

constexpr std::size_t k_rows = 10;

std::size_t red_tests(const Counts& counts) {
  std::size_t number = 0;
  for (const OutcomeFacts& row : k_outcome_table) {
    if (is_red(row.outcome)) number += counts.of(row.outcome);
  }
  return number;
}

std::string count_html(std::string_view term, std::string_view grade, std::size_t number) {
  return fmt::format("<div class=\"{}\"><dt>{}</dt><dd>{}</dd></div>\n", grade, term, number);
}

// Numbers that add up to `planned`, then those that count tests a second time.
std::string counts_html(const Counts& counts) {
  std::string html = "<dl id=\"counts\" class=\"counts\">\n";
  html += count_html("planned", "all", counts.planned);
  for (const OutcomeFacts& row : k_outcome_table) {
    if (row.outcome == Outcome::deliberate_exit) continue;
    const std::size_t number = counts.shown(row.outcome);
    if (number > 0 || row.outcome == Outcome::passed || row.outcome == Outcome::failed)
      html += count_html(label(row.outcome), class_of(row.outcome), number);
  }
  html += "</dl>\n<dl id=\"also\" class=\"counts small\">\n";
  html += count_html("run", "all", counts.run);
  html += count_html("through Holdfast", "all", counts.through);
  const auto also = [&](std::string_view term, std::size_t number) {
    if (number > 0) html += count_html(term, "other", number);
  };
  also("not through Holdfast", counts.planned - counts.through);
  also("flaky", counts.flaky);
  also("left processes behind", counts.leaked);
  also("stale", counts.stale);
  also("with orphan markers", counts.orphaned);
  also("exited on purpose", counts.of(Outcome::deliberate_exit));
  html += "</dl>\n";
  if (counts.cases > 0)
    html += fmt::format("<p id=\"cases\">{} cases in batches: {}.</p>\n", counts.cases,
                        case_list(counts));
  return html;
}

// The shares of the outcomes as a bar. Without styles it has the colours that stand here.
std::string bar_html(const Counts& counts) {
  if (counts.planned == 0) return {};
  const auto total = static_cast<double>(counts.planned);
  constexpr double k_width = 1000;
  double at = 0;
  std::string bars;
  const auto add = [&](std::string_view grade, std::string_view colour, std::size_t number) {
    if (number == 0) return;
    // What is rare is seen too.
    const double width = std::max(4.0, k_width * static_cast<double>(number) / total);
    bars += fmt::format(
        "<rect class=\"{}\" fill=\"{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"10\"/>",
        grade, colour, at, width);
    at += width;
  };
  const std::size_t good = counts.of(Outcome::passed);
  const std::size_t red = red_tests(counts);
  add("red", "#c4382b", red);
  add("other", "#8a8f98", counts.planned - red - good);
  add("good", "#2e8b57", good);
  return fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 {:.1f} 10\" width=\"100%\" height=\"10\" "
      "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{} of {} tests went wrong, {} "
      "passed\">{}</svg>\n",
      at, red, counts.planned, good, bars);
}

// For a browser on the machine of the run.
std::string log_address(const RunInfo& run) {
  const std::string path =
      fmt::format("{}/{}/{}/{}", run.tree, names::k_runs_directory, run.id, names::k_log_file);
  std::string address = "file://";
  for (std::string_view rest = std::string_view(path).substr(1); !rest.empty();) {
    address += '/' + encode_file_name(take_part(rest, '/'));
  }
  return address;
}

std::string run_html(const RunReport& report) {
  const RunInfo& run = report.run;
  std::string html = "<p class=\"run\">";
  if (!run.tree.empty()) html += fmt::format("<code>{}</code> ", line_html(run.tree));
  if (run.started)
    html += fmt::format("<span>{}</span> <span>took {}</span> ", time_text(*run.started),
                        duration_text(*run.ended - *run.started));
  html += "</p>\n<p class=\"run\">";
  if (!run.command.empty())
    html += fmt::format("<code>{}</code> ", line_html(command_text(run.command)));
  if (report.shards.empty())
    html +=
        fmt::format("<span>run {}</span>", run.id.empty() ? "without an id" : line_html(run.id));
  if (!run.log.empty())
    html += fmt::format(" <a href=\"{}\">its log</a>", line_html(log_address(run)));
  if (!run.version.empty())
    html += fmt::format(" <span>Holdfast {}</span>", line_html(run.version));
  if (!run.retries.empty())
    html += fmt::format(" <span>retries: {}</span>", line_html(run.retries));
  return html + "</p>\n";
}

std::string notices_html(const RunReport& report) {
  std::string html;
  const auto add = [&](std::string_view kind, const std::string& text) {
    html += fmt::format("<p class=\"notice {}\">{}</p>\n", kind, line_html(text));
  };
  for (const std::string& line : in_shards(report)) add("quiet", line + ".");
  for (const std::string& warning : warnings_of(report)) add("loud", warning);
  for (const std::string& remark : remarks_of(report)) add("loud", remark + ".");
  if (report.run.unrecorded > 0) add("loud", unrecorded_text(report.run.unrecorded) + ".");
  if (const std::string hint = log_hint(report); !hint.empty()) add("quiet", hint + ".");
  if (const std::string note = journal_note(report); !note.empty()) add("loud", note + ".");
  return html;
}

double longest_wait(const TestReport& test) {
  double wait = 0;
  for (const Attempt& attempt : test.attempts)
    wait = std::max(wait, attempt.lock_wait_s + attempt.service_wait_s);
  return wait;
}

double wall(const TestReport& test) { return test.attempts.back().wall_s; }

template <typename Measure, typename Remark>
std::string table_html(std::string_view caption, Tests tests, Measure measure, Remark remark) {
  if (tests.empty()) return {};
  put_largest_first(tests, measure);
  tests.resize(std::min(tests.size(), k_rows));
  std::string html =
      fmt::format("<table class=\"short\"><caption>{}</caption>\n<tbody>\n", caption);
  for (const TestReport* test : tests) {
    html += fmt::format(
        "<tr><td class=\"time\">{}</td><th scope=\"row\" class=\"name\">{}</th><td>{}</td></tr>\n",
        duration_text(measure(*test)), line_html(test->name), line_html(remark(*test)));
  }
  return html + "</tbody></table>\n";
}

template <typename Text>
std::string list_html(const RunReport& report, const TestSection& section, Text text) {
  const Tests tests = tests_that(report, section.has);
  if (tests.empty()) return {};
  std::string html;
  for (std::size_t i = 0; i < std::min(tests.size(), k_tests_per_section); ++i) {
    const std::string words = text(*tests[i]);
    html += fmt::format("<li><b class=\"name\">{}</b>{}{}</li>\n", line_html(tests[i]->name),
                        words.empty() ? "" : ": ", line_html(words));
  }
  if (tests.size() > k_tests_per_section)
    html += fmt::format("<li>and {} more</li>\n", tests.size() - k_tests_per_section);
  return folded_html(
      fmt::format("{} <span class=\"number\">{}</span>", section.title, tests.size()),
      fmt::format("<ul class=\"lines\">\n{}</ul>\n", html));
}

}  // namespace

std::string verdict_text(const RunReport& report) {
  const Counts& counts = report.counts;
  if (has_only_steps(report)) return "Build steps; no run of the tests is recorded";
  const std::size_t red = red_tests(counts);
  if (red > 0) return fmt::format("{} of {} went wrong", red, counted(counts.planned, "test"));
  if (counts.planned == 0) return "No tests";
  if (counts.of(Outcome::passed) == counts.planned)
    return counts.planned == 1 ? "The test passed"
                               : fmt::format("All {} tests passed", counts.planned);
  return fmt::format("No test went wrong; {} of {} passed", counts.of(Outcome::passed),
                     counts.planned);
}

std::string top_html(const RunReport& report) {
  // Without that, a run that died could be taken for one that went well.
  const bool is_loud = !report.run.complete && !has_only_steps(report);
  std::string html =
      fmt::format("<h1>{}{}</h1>\n", is_loud ? "INCOMPLETE: " : "", verdict_text(report));
  html += run_html(report);
  if (has_only_steps(report)) return html;
  html += notices_html(report) + bar_html(report.counts) + counts_html(report.counts);
  if (const std::string time = run_time_text(report); !time.empty())
    html += fmt::format("<p id=\"run-time\" class=\"run\">{}</p>\n", line_html(time));
  return html;
}

std::string times_html(const RunReport& report) {
  constexpr double k_worth_telling = 0.1;
  Tests ended = tests_that(report, [](const TestReport& test) {
    return !test.attempts.empty() && test.attempts.back().has_ended;
  });
  if (ended.size() < 2) ended.clear();
  const Tests waited = tests_that(
      report, [](const TestReport& test) { return longest_wait(test) >= k_worth_telling; });
  return table_html("Slowest tests", std::move(ended), wall,
                    [](const TestReport& test) { return label(test.outcome); }) +
         table_html("Longest waits for locks and services", waited, longest_wait,
                    [](const TestReport& test) {
                      return bounded_list(used_by(test.attempts.back()), k_rows);
                    });
}

std::string rest_html(const RunReport& report, Outputs& outputs) {
  ShownOutputs shown(outputs);
  std::string html =
      list_html(report, k_tests_not_run, reason) + list_html(report, k_bare_tests, reason);
  html += list_html(report, k_skipped_tests,
                    [&](const TestReport& test) { return skip_reason(test, shown.of(test).text); });
  std::string deaths;
  for (const std::string& death : service_deaths(report)) {
    deaths += fmt::format("<li>{}</li>\n", line_html(death));
  }
  if (!deaths.empty())
    html += folded_html("Services lost", fmt::format("<ul class=\"lines\">\n{}</ul>\n", deaths));
  if (!report.steps.empty())
    html += folded_html(
        fmt::format("Build steps <span class=\"number\">{}</span>", report.steps.size()),
        printed_html(steps_text(report.steps)));
  if (html.empty()) return html;
  return "<section aria-labelledby=\"rest\">\n<h2 id=\"rest\">Also in this run</h2>\n" + html +
         "</section>\n";
}

}  // namespace holdfast
