// What GitHub Actions takes: annotations, which are "workflow commands"
// (https://docs.github.com/actions/reference/workflow-commands), and the page of a job, in its
// flavour of Markdown.
#include "report/render.hpp"

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/quoted/reasons.hpp"
#include "report/sections.hpp"
#include "report/services.hpp"
#include "report/shown.hpp"
#include "report/time/run_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace holdfast {
namespace {

// Annotations. GitHub shows ten errors, ten warnings and ten notices of a step, those that it reads
// first.

constexpr std::size_t k_of_a_kind = 10;
constexpr std::size_t k_of_a_test = 5;
constexpr std::size_t k_names = 20;
constexpr std::size_t k_annotated_output = 1U << 10U;

enum class Place : std::uint8_t { message, property };

// A message may have several lines. A property has one, and ends at a comma or a colon.
std::string in_command(std::string_view text, Place place) {
  std::string safe;
  while (true) {
    const std::size_t end = text.find('\n');
    for (const char c : printable(text.substr(0, end))) {
      if (c == '%')
        safe += "%25";
      else if (place == Place::property && c == ':')
        safe += "%3A";
      else if (place == Place::property && c == ',')
        safe += "%2C";
      else
        safe += c;
    }
    if (end == std::string_view::npos) return safe;
    safe += "%0A";
    text.remove_prefix(end + 1);
  }
}

struct Annotation {
  std::string_view kind;  // error, warning or notice
  std::string title = {};
  std::string message = {};
  std::string file = {};
  std::int64_t line = 0;
};

std::string command_of(const Annotation& one) {
  std::string text = fmt::format("::{} title={}", one.kind, in_command(one.title, Place::property));
  if (!one.file.empty()) {
    text += fmt::format(",file={},line={}", in_command(one.file, Place::property), one.line);
  }
  return fmt::format("{}::{}\n", text, in_command(one.message, Place::message));
}

// GitHub knows files below the checkout, by absolute names too. A compiler that ninja starts in the
// build tree is given names like ../src/a.cpp.
std::string file_of(const Excerpt& said, const std::string& tree) {
  if (!said.file.starts_with("../")) return said.file;
  return (std::filesystem::path(tree) / said.file).lexically_normal().string();
}

std::vector<Annotation> annotations_of(const TestReport& test, const std::string& output,
                                       const std::string& tree) {
  const std::string title =
      (test.part_of.empty() ? "" : test.part_of + ": ") + test.name + ": " + label(test.outcome);
  std::vector<Annotation> all;
  for (const Excerpt& said : excerpts_of(output, k_of_a_test)) {
    all.push_back({"error", title, said.message, file_of(said, tree), said.line});
  }
  if (!all.empty()) {
    all.front().message += '\n' + reason(test);
    return all;
  }
  const std::string_view last = last_of(output, k_annotated_output);
  all.push_back({"error", title, reason(test) + (last.empty() ? "" : "\n")});
  all.back().message += last;
  return all;
}

std::string names_of(const std::vector<std::string>& names) { return bounded_list(names, k_names); }

// The first annotation of each test, then the second of each. If there are too many tests, the last
// annotation names those that have none.
void write_errors(const RunReport& report, Outputs& outputs, const Write& write) {
  std::size_t room = k_of_a_kind;
  if (!report.run.complete) {
    write(command_of({"error", "holdfast", "incomplete: ctest did not finish"}));
    --room;
  }
  std::vector<std::vector<Annotation>> shown;
  std::vector<std::string> others;
  see_as_tests(report.tests, [&](const TestReport& test) {
    if (!is_wrong(test)) return;
    if (shown.size() == room) return others.push_back(test.name);
    shown.push_back(annotations_of(test, outputs.of(test).text, report.run.tree));
  });
  if (!others.empty()) {
    others.insert(others.begin(), shown.back().front().title);
    shown.back() = {{"error", fmt::format("{} more went wrong", others.size()), names_of(others)}};
  }
  for (std::size_t nth = 0; nth < k_of_a_test; ++nth) {
    for (const std::vector<Annotation>& of_test : shown) {
      if (nth >= of_test.size() || room == 0) continue;
      write(command_of(of_test[nth]));
      --room;
    }
  }
}

Annotation flaky_annotation(const TestReport& test, Outputs& outputs, const std::string& tree) {
  Annotation one{"warning", test.name + ": flaky", reason(test)};
  for (std::size_t i = 0; i + 1 < test.attempts.size(); ++i) {
    const Attempt& attempt = test.attempts[i];
    if (!has_failed(attempt)) continue;
    one.message += '\n' + with_words(attempt, outputs);
    const Excerpt words = words_of(attempt, outputs);
    if (!one.file.empty() || words.file.empty()) continue;
    one.file = file_of(words, tree);
    one.line = words.line;
  }
  return one;
}

void write_warnings(const RunReport& report, Outputs& outputs, const Write& write) {
  std::vector<Annotation> all;
  for (const TestReport& test : report.tests) {
    if (test.flaky) all.push_back(flaky_annotation(test, outputs, report.run.tree));
    if (test.leaked) {
      all.push_back({"warning", test.name + ": left processes behind",
                     bounded_list(leftover_names(test), k_names)});
    }
    if (test.stale) all.push_back({"warning", test.name + ": stale", test.stale_why});
  }
  if (all.size() > k_of_a_kind) {
    std::vector<std::string> others;
    for (std::size_t i = k_of_a_kind - 1; i < all.size(); ++i) others.push_back(all[i].title);
    all.resize(k_of_a_kind - 1);
    all.push_back({"warning", fmt::format("{} more", others.size()), names_of(others)});
  }
  for (const Annotation& one : all) write(command_of(one));
}

// The page. Markdown lets some HTML through, so names and outputs are escaped as for XML.
// https://docs.github.com/actions/reference/workflow-commands#adding-a-job-summary

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
  while (!output.empty()) text += printable(take_part(output, '\n')) + '\n';
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
  for (const auto line : TextParts{counts, '\n'}) text.append(safe(line)).append(k_line_break);
  if (const std::string time = run_time_text(report); !time.empty()) {
    text += safe(time) + '\n';
  } else if (report.run.started) {
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
  return list_of(report, k_flaky_tests, reason) + list_of(report, k_leaky_tests, reason) +
         list_of("Services lost", collected(service_deaths(report), safe)) +
         list_of(report, k_tests_not_run, reason) +
         list_of(report, k_skipped_tests,
                 [&](const TestReport& test) { return skip_reason(test, outputs.of(test).text); });
}

}  // namespace

void render_github(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  write_errors(report, outputs, write);
  write_warnings(report, outputs, write);
  std::string counts =
      selected_nothing(report) ? "no tests: " + no_tests_text(report) + '\n' : counts_text(report);
  for (const std::string& line : in_shards(report)) counts += line + '\n';
  write(command_of({"notice", "holdfast", counts.substr(0, counts.size() - 1)}));
}

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
