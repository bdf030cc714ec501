// The HTML format: one file that needs no network. It has three layers, and each is readable
// without the next: plain markup, the style, the script with the data.
//
// Hazards: names and outputs are anybody's bytes. In the markup they go through pieces.hpp, in the
// data through base64, and the script puts them into the page as text only. What a script could
// still do, the page's own Content-Security-Policy forbids.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "journal/kept_output.hpp"
#include "report/cases_as_tests.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/html/assets.hpp"
#include "report/html/data.hpp"
#include "report/html/overview.hpp"
#include "report/html/pieces.hpp"
#include "report/load.hpp"
#include "report/model.hpp"
#include "report/quoted/reasons.hpp"
#include "report/render.hpp"
#include "report/sections.hpp"
#include "report/services.hpp"
#include "report/shown.hpp"
#include "report/steps.hpp"

namespace holdfast {
namespace {

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
