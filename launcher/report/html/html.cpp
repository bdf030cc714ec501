// The HTML format: one file that needs no network. It has three layers, and each is readable
// without the next: plain markup, the style, the script with the data.
//
// Hazards: names and outputs are anybody's bytes. In the markup they go through line_html() or
// printed_html(), in the data through base64, and the script puts them into the page as text only.
// What a script could still do, the page's own Content-Security-Policy forbids.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "journal/kept_output.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/html/assets.hpp"
#include "report/html/data.hpp"
#include "report/quoted/reasons.hpp"
#include "report/render.hpp"
#include "report/sections.hpp"
#include "report/services.hpp"
#include "report/shown.hpp"
#include "report/steps.hpp"
#include "report/time/run_time.hpp"

namespace holdfast {
namespace {

// Pieces of HTML.

// The text as one line: a name, a reason, a path.
std::string line_html(std::string_view text) { return xml_attribute(printable(text)); }

// Printed text with its line breaks, in an element of its own. The text went through shown(). A
// reader of HTML drops a line break that follows the tag at once.
std::string printed_html(std::string_view text) {
  return fmt::format("<pre tabindex=\"0\">\n{}</pre>\n", xml_text(text));
}

// A part that is folded until the reader unfolds it. `summary` and `inside` are HTML.
std::string folded_html(std::string_view summary, std::string_view inside) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", summary, inside);
}

// A term and its description, for a list of them (dl). `inside` is HTML.
std::string term_html(std::string_view term, std::string_view inside) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", term, inside);
}

// By which the style colours an outcome.
std::string_view class_of(Outcome outcome) {
  if (is_red(outcome)) return "red";
  return outcome == Outcome::passed ? "good" : "other";
}

// The plain part of a page about the run as a whole.

constexpr std::size_t k_rows = 10;

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
std::string bar_html(const RunReport& report) {
  const Counts& counts = report.counts;
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
  const std::size_t red = tests_that(report, went_wrong).size();
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
  const TextParts parts{std::string_view(path).substr(1), '/'};
  return "file:///" + separated(parts, "/", encode_file_name);
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

template <typename Measure, typename Remark>
std::string table_html(std::string_view caption, const Tests& tests, Measure measure,
                       Remark remark) {
  if (tests.empty()) return {};
  std::string html =
      fmt::format("<table class=\"short\"><caption>{}</caption>\n<tbody>\n", caption);
  for (const TestReport* test : largest(tests, k_rows, measure)) {
    html += fmt::format(
        "<tr><td class=\"time\">{}</td><th scope=\"row\" class=\"name\">{}</th><td>{}</td></tr>\n",
        duration_text(measure(*test)), line_html(test->name), line_html(remark(*test)));
  }
  return html + "</tbody></table>\n";
}

// A list of at most so many items, whose HTML `line` makes.
template <typename Items, typename Line>
std::string lines_html(const Items& items, std::size_t limit, Line line) {
  return fmt::format("<ul class=\"lines\">\n{}</ul>\n",
                     bounded_lines("<li>", items, limit, line, "</li>\n"));
}

template <typename Text>
std::string list_html(const RunReport& report, const TestSection& section, Text text) {
  const Tests tests = tests_that(report, section.has);
  if (tests.empty()) return {};
  const auto line = [&](const TestReport* test) {
    const std::string words = text(*test);
    return fmt::format("<b class=\"name\">{}</b>{}{}", line_html(test->name),
                       words.empty() ? "" : ": ", line_html(words));
  };
  return folded_html(
      fmt::format("{} <span class=\"number\">{}</span>", section.title, tests.size()),
      lines_html(tests, k_tests_per_section, line));
}

// "3 of 60 tests went wrong", in one line.
std::string verdict_text(const RunReport& report) {
  const Counts& counts = report.counts;
  if (has_only_steps(report)) return "Build steps; no run of the tests is recorded";
  const std::size_t red = tests_that(report, went_wrong).size();
  if (red > 0) return fmt::format("{} of {} went wrong", red, counted(counts.planned, "test"));
  if (counts.planned == 0) return "No tests";
  if (counts.of(Outcome::passed) == counts.planned)
    return counts.planned == 1 ? "The test passed"
                               : fmt::format("All {} tests passed", counts.planned);
  return fmt::format("No test went wrong; {} of {} passed", counts.of(Outcome::passed),
                     counts.planned);
}

// What stands on top: the verdict, what the reader must know before it, and the counts.
std::string top_html(const RunReport& report) {
  // Without that, a run that died could be taken for one that went well.
  const bool is_loud = !report.run.complete && !has_only_steps(report);
  std::string html =
      fmt::format("<h1>{}{}</h1>\n", is_loud ? "INCOMPLETE: " : "", verdict_text(report));
  html += run_html(report);
  if (has_only_steps(report)) return html;
  html += notices_html(report) + bar_html(report) + counts_html(report.counts);
  if (const std::string time = run_time_text(report); !time.empty())
    html += fmt::format("<p id=\"run-time\" class=\"run\">{}</p>\n", line_html(time));
  return html;
}

// The slowest tests and the longest waits, which the timeline shows too.
std::string times_html(const RunReport& report) {
  constexpr double k_worth_telling = 0.1;
  Tests ended = tests_that(report, has_ended);
  if (ended.size() < 2) ended.clear();
  const Tests waited = tests_that(
      report, [](const TestReport& test) { return longest_wait(test) >= k_worth_telling; });
  return table_html("Slowest tests", ended, wall_of,
                    [](const TestReport& test) { return label(test.outcome); }) +
         table_html("Longest waits for locks and services", waited, longest_wait,
                    [](const TestReport& test) {
                      return bounded_list(used_by(test.attempts.back()), k_rows);
                    });
}

// Tests that did not run, not through Holdfast or were skipped, services that were lost, build
// steps.
std::string rest_html(const RunReport& report, Outputs& outputs) {
  ShownOutputs shown(outputs);
  std::string html =
      list_html(report, k_tests_not_run, reason) + list_html(report, k_bare_tests, reason);
  html += list_html(report, k_skipped_tests,
                    [&](const TestReport& test) { return skip_reason(test, shown.of(test).text); });
  const std::vector<std::string> deaths = service_deaths(report);
  if (!deaths.empty())
    html += folded_html("Services lost", lines_html(deaths, deaths.size(), line_html));
  if (!report.steps.empty())
    html += folded_html(
        fmt::format("Build steps <span class=\"number\">{}</span>", report.steps.size()),
        printed_html(steps_text(report.steps)));
  if (html.empty()) return html;
  return "<section aria-labelledby=\"rest\">\n<h2 id=\"rest\">Also in this run</h2>\n" + html +
         "</section>\n";
}

// The plain part of a page about single tests: what failed and why, readable without scripts and
// styles.

// How many tests of a section are told in full, and how many more with words of their outputs.
constexpr std::size_t k_in_full = 50;
constexpr std::size_t k_with_words = 1000;

constexpr std::size_t k_red_cases = 20;
constexpr std::size_t k_excerpts = 3;
constexpr std::size_t k_failure_output = 8U << 10U;
constexpr std::size_t k_end_of_case = 2U << 10U;

std::string badge(Outcome outcome) {
  return fmt::format("<strong class=\"badge {}\">{}</strong>", class_of(outcome),
                     title_of(outcome));
}

// What the output says of the failure, one excerpt after the other.
std::string excerpts_html(std::string_view output, std::size_t limit) {
  std::string html;
  for (const Excerpt& excerpt : excerpts_of(output, limit)) {
    std::string place;
    if (!excerpt.file.empty())
      place =
          fmt::format("<code class=\"place\">{}:{}</code>", line_html(excerpt.file), excerpt.line);
    html += fmt::format("<div class=\"said\">{}{}</div>\n", place, printed_html(excerpt.message));
  }
  return html;
}

std::string case_html(const TestReport& test, const Case& one, Outputs& outputs) {
  const std::string output = outputs.of(one);
  std::string html =
      fmt::format("<li>{} <b class=\"name\">{}</b> <span class=\"reason\">{}</span>\n",
                  badge(one.outcome), line_html(one.name), line_html(reason(as_test(test, one))));
  html += excerpts_html(output, 1);
  if (!output.empty())
    html += folded_html("Output of the case", printed_html(tail_of(output, k_end_of_case)));
  return html + "</li>\n";
}

std::string cases_html(const TestReport& test, Outputs& outputs) {
  const std::vector<const Case*> red = red_cases(test);
  if (red.empty()) return {};
  std::string html = fmt::format("<p>{} of {} cases went wrong:</p>\n<ul class=\"cases\">\n",
                                 red.size(), test.cases.size());
  for (std::size_t i = 0; i < std::min(red.size(), k_red_cases); ++i)
    html += case_html(test, *red[i], outputs);
  html += "</ul>\n";
  if (red.size() <= k_red_cases) return html;
  const std::span further = std::span(red).subspan(k_red_cases);
  constexpr std::size_t k_names = 1000;
  const std::string names =
      bounded_list(further, k_names, [](const Case* one) { return printable(one->name); });
  return html + fmt::format("<p>And {} more: {}</p>\n", further.size(), line_html(names));
}

std::string attempts_html(const TestReport& test, Outputs& outputs) {
  if (test.attempts.size() < 2) return {};
  std::string html = "<ol class=\"attempts\">\n";
  for (const Attempt& attempt : test.attempts) {
    html += "<li>";
    if (attempt.outcome) html += badge(*attempt.outcome) + ' ';
    html += line_html(ending(attempt));
    const bool is_earlier = &attempt != &test.attempts.back();
    if (is_earlier && has_failed(attempt)) {
      const std::string words = headline(words_of(attempt, outputs));
      if (!words.empty()) html += ": " + line_html(brief(words));
    }
    if (!attempt.note.empty()) html += "; " + line_html(attempt.note);
    if (!attempt.retry.empty()) html += "; " + line_html(attempt.retry);
    if (!attempt.log.empty()) html += fmt::format("<br><code>{}</code>", line_html(attempt.log));
    if (const std::string_view why = missing_in(outputs.of(attempt)); !why.empty()) {
      html += fmt::format(" ({})", line_html(why));
    }
    html += "</li>\n";
  }
  return folded_html(fmt::format("{} attempts", test.attempts.size()), html + "</ol>\n");
}

std::string findings_html(const Attempt& last) {
  if (last.forensics.empty()) return {};
  std::string html;
  for (const Finding& finding : last.forensics) {
    html += fmt::format("<h4>{}{}</h4>\n", line_html(finding.probe),
                        finding.failed ? " (not known)" : "");
    html += printed_html(shown(finding.text));
  }
  return folded_html(
      fmt::format("Its surroundings, as {} saw them", counted(last.forensics.size(), "probe")),
      html);
}

std::string services_html(const Attempt& last, Outputs& outputs) {
  std::string html;
  for (const ServiceOutput& part : last.service_outputs) {
    const std::string printed = outputs.of(part);
    if (printed.empty()) continue;
    html += folded_html(fmt::format("Output of {}, while the test ran", line_html(text_of(part))),
                        printed_html(tail_of(printed, k_failure_output)));
  }
  return html;
}

std::string texts_html(std::string_view term, const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  constexpr std::size_t k_texts = 20;
  return term_html(term, line_html(bounded_list(texts, k_texts)));
}

// What there is to know of locks, services, paths and what the test left.
std::string facts_html(const TestReport& test) {
  const Attempt& last = test.attempts.back();
  std::string html;
  html += texts_html("Locks", last.locks);
  if (last.lock_wait_s > 0) html += term_html("Waited for locks", duration_text(last.lock_wait_s));
  html += texts_html("Services", last.services);
  if (last.service_wait_s > 0)
    html += term_html("Waited for services", duration_text(last.service_wait_s));
  html += texts_html("Left behind", leftover_names(test));
  html += texts_html("Orphan markers", orphan_texts(test));
  html += texts_html("Scratch directory kept", kept_scratch_of(test));
  if (test.attempts.size() == 1 && !last.log.empty())
    html += term_html("Log", fmt::format("<code>{}</code>", line_html(last.log)));
  if (test.output_place)
    html +=
        term_html("ctest's log", fmt::format("<code>{}</code>", line_html(test.output_place->log)));
  if (html.empty()) return html;
  return folded_html("Logs, locks and what else it used",
                     fmt::format("<dl class=\"facts\">\n{}</dl>\n", html));
}

// The last lines, for a failure whose output has no words that are known to tell the reason.
std::string end_html(std::string_view output) {
  constexpr std::size_t k_lines = 8;
  constexpr std::size_t k_bytes = 2000;
  while (output.ends_with('\n')) output.remove_suffix(1);
  if (output.empty()) return {};
  return fmt::format(
      "<div class=\"said end\"><span class=\"place\">the end of its output</span>{}</div>\n",
      printed_html(tail_of(std::string(last_lines_of(output, k_lines)), k_bytes)));
}

std::string output_html(const Printed& printed) {
  if (!printed.note.empty())
    return fmt::format("<p class=\"note\">No output: {}.</p>\n", line_html(printed.note));
  if (printed.text.empty()) return "<p class=\"note\">It printed nothing.</p>\n";
  return folded_html("Output", printed_html(tail_of(printed.text, k_failure_output)));
}

std::string article(const TestReport& test, Outputs& outputs) {
  std::string html = fmt::format("<article>\n<h3>{} <span class=\"name\">{}</span></h3>\n",
                                 badge(test.outcome), line_html(test.name));
  const Printed printed = outputs.of(test);
  const bool has_own_words = went_wrong(test) && red_cases(test).empty();
  const std::string said = has_own_words ? excerpts_html(printed.text, k_excerpts) : "";
  html += said + fmt::format("<p class=\"reason\">{}</p>\n", line_html(reason(test)));
  if (has_own_words && said.empty()) html += end_html(printed.text);
  html += cases_html(test, outputs);
  if (!test.attempts.empty()) {
    html += output_html(printed) + attempts_html(test, outputs) +
            findings_html(test.attempts.back()) + services_html(test.attempts.back(), outputs) +
            facts_html(test);
  }
  return html + "</article>\n";
}

void write_lines(const Tests& tests, Outputs& outputs, const Write& write) {
  write(fmt::format("<details><summary>{} more</summary>\n<ul class=\"lines\">\n",
                    tests.size() - k_in_full));
  for (std::size_t i = k_in_full; i < tests.size(); ++i) {
    const TestReport& test = *tests[i];
    const std::string words =
        i < k_in_full + k_with_words ? words_of_failure(test, outputs) : reason(test);
    write(fmt::format("<li><b class=\"name\">{}</b> {}: {}</li>\n", line_html(test.name),
                      label(test.outcome), line_html(words)));
  }
  write("</ul></details>\n");
}

void write_section(std::string_view id, std::string_view title, const Tests& tests,
                   Outputs& outputs, const Write& write) {
  if (tests.empty()) return;
  write(
      fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1} <span "
                  "class=\"number\">{2}</span></h2>\n",
                  id, title, tests.size()));
  for (std::size_t i = 0; i < std::min(tests.size(), k_in_full); ++i)
    write(article(*tests[i], outputs));
  if (tests.size() > k_in_full) write_lines(tests, outputs, write);
  write("</section>\n");
}

// The sections about the tests that went wrong, and about those that are flaky, left something
// behind or are stale. The first tests of a section are told in full, some more in a line with
// their words, and of all others the name and the reason.
void write_failures(const RunReport& report, Outputs& outputs, const Write& write) {
  ShownOutputs shown_outputs(outputs);
  write_section("wrong", "What went wrong", tests_that(report, went_wrong), shown_outputs, write);
  // A test is in the first section that has it.
  Tests rest = tests_that(report, [](const TestReport& test) { return !went_wrong(test); });
  for (const TestSection& section :
       {k_flaky_tests, k_leaky_tests, k_orphaned_tests, k_stale_tests}) {
    const auto others = std::stable_partition(
        rest.begin(), rest.end(), [&](const TestReport* test) { return section.has(*test); });
    write_section(section.id, section.title, Tests(rest.begin(), others), shown_outputs, write);
    rest.erase(rest.begin(), others);
  }
}

// A source of a Content-Security-Policy.
std::string hash_source(std::string_view hexadecimal) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    bytes += static_cast<char>(value(hexadecimal[i]) * 16 + value(hexadecimal[i + 1]));
  return "'sha256-" + to_base64(bytes) + "'";
}

std::string head(const RunReport& report) {
  std::string title = verdict_text(report);
  if (!report.run.complete && !has_only_steps(report)) title = "INCOMPLETE: " + title;
  if (!report.run.tree.empty()) title += " - " + report.run.tree;
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src {}; script-src {}; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      hash_source(page::k_style_hash), hash_source(page::k_script_hash), line_html(title),
      page::k_style);
}

// Parts that the script fills. They are hidden until it does, in a way that needs no style.
constexpr std::string_view k_without_script =
    "<p id=\"without-script\" class=\"notice quiet\">The timeline and the table of all tests are "
    "missing here: they need a script, which this browser or this server does not allow. Save the "
    "page and open the copy to see them.</p>\n";

constexpr std::string_view k_timeline =
    "<div id=\"timeline-part\" hidden>\n"
    "<div class=\"tools\"><button type=\"button\" id=\"zoom-in\">Zoom in</button> "
    "<button type=\"button\" id=\"zoom-out\">Zoom out</button> "
    "<button type=\"button\" id=\"zoom-all\">Whole run</button> "
    "<span id=\"timeline-says\" class=\"note\" role=\"status\"></span></div>\n"
    "<canvas id=\"timeline-view\" tabindex=\"0\" role=\"img\"></canvas>\n"
    "<ul id=\"legend\" class=\"legend\"></ul>\n</div>\n";

constexpr std::string_view k_all_tests =
    "<section id=\"all-tests\" aria-labelledby=\"all\" hidden>\n<h2 id=\"all\">All tests</h2>\n"
    "<div id=\"tools\" class=\"tools\" role=\"search\">"
    "<label for=\"search\">Search</label> "
    "<input id=\"search\" type=\"search\" placeholder=\"name or reason\" autocomplete=\"off\" "
    "spellcheck=\"false\" aria-describedby=\"keys\"> "
    "<span id=\"found\" role=\"status\" aria-live=\"polite\"></span>\n"
    "<div id=\"filters\" role=\"group\" aria-label=\"Show only\"></div></div>\n"
    "<table id=\"table\" aria-labelledby=\"all\" tabindex=\"-1\"><thead><tr id=\"heads\"></tr>"
    "</thead><tbody id=\"rows\"></tbody></table>\n"
    "<p id=\"keys\" class=\"note\">Keys: <kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> or the "
    "arrows move, <kbd>Enter</kbd> unfolds, <kbd>Esc</kbd> goes back.</p>\n</section>\n";

// The last link leads to what only the script shows.
std::string links(const RunReport& report) {
  const bool has_failures = std::ranges::any_of(report.tests, went_wrong);
  return fmt::format(
      "<nav aria-label=\"Parts of the page\">{}<a href=\"#time\">Timeline</a> "
      "<a id=\"to-all\" href=\"#all\" hidden>All tests</a></nav>\n",
      has_failures ? "<a href=\"#wrong\">What went wrong</a> " : "");
}

}  // namespace

void render_html(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  write(head(report));
  write("<header>\n" + top_html(report) + links(report) + "</header>\n<main>\n");
  write_failures(report, outputs, write);
  const std::string times = times_html(report);
  write("<section aria-labelledby=\"time\">\n<h2 id=\"time\">Timeline</h2>\n");
  write(k_without_script);
  write(k_timeline);
  write("<div class=\"pair\">" + times + "</div></section>\n" + rest_html(report, outputs));
  write(k_all_tests);
  write(
      "</main>\n<footer><p>Made by <code>holdfast report --format html</code>. The page is one "
      "file and "
      "loads nothing.</p></footer>\n");
  write_columns(report, write);
  write_details(report, outputs, write);
  write(fmt::format("<script>{}</script>\n</body>\n</html>\n", page::k_script));
}

}  // namespace holdfast
