// GitHub's "workflow commands": https://docs.github.com/actions/reference/workflow-commands. GitHub
// shows ten errors, ten warnings and ten notices of a step, those that it reads first.
#include "core/base/parts.hpp"
#include "report/render.hpp"

#include "core/base/text.hpp"
#include "report/cases_as_tests.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/said/reasons.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

constexpr std::size_t k_of_a_kind = 10;
constexpr std::size_t k_of_a_test = 5;
constexpr std::size_t k_names = 20;
constexpr std::size_t k_annotated_output = 1U << 10U;

enum class Place : std::uint8_t { message, property };

// A message may have several lines. A property has one, and ends at a comma or a colon.
std::string escaped(std::string_view text, Place place) {
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

std::string line_of(const Annotation& one) {
  std::string text = fmt::format("::{} title={}", one.kind, escaped(one.title, Place::property));
  if (!one.file.empty()) {
    text += fmt::format(",file={},line={}", escaped(one.file, Place::property), one.line);
  }
  return fmt::format("{}::{}\n", text, escaped(one.message, Place::message));
}

// GitHub knows files below the checkout, by absolute names too. A compiler that ninja starts in the
// build tree is given names like ../src/a.cpp.
std::string file_of(const Excerpt& said, const std::string& tree) {
  if (!said.file.starts_with("../") || tree.empty()) return said.file;
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
    write(line_of({"error", "holdfast", "incomplete: ctest did not finish"}));
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
      write(line_of(of_test[nth]));
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
    if (test.stale) {
      all.push_back({"warning", test.name + ": stale", test.stale_why});
    }
  }
  if (all.size() > k_of_a_kind) {
    std::vector<std::string> others;
    for (std::size_t i = k_of_a_kind - 1; i < all.size(); ++i) others.push_back(all[i].title);
    all.resize(k_of_a_kind - 1);
    all.push_back({"warning", fmt::format("{} more", others.size()), names_of(others)});
  }
  for (const Annotation& one : all) write(line_of(one));
}

}  // namespace

void render_github(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  write_errors(report, outputs, write);
  write_warnings(report, outputs, write);
  std::string counts =
      selected_nothing(report) ? "no tests: " + no_tests_text(report) + '\n' : counts_text(report);
  for (const std::string& line : in_shards(report)) counts += line + '\n';
  write(line_of({"notice", "holdfast", counts.substr(0, counts.size() - 1)}));
}

}  // namespace holdfast
