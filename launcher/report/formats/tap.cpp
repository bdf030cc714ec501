// The Test Anything Protocol, version 13 (testanything.org).
#include "report/render.hpp"

#include "base/text.hpp"
#include "command/json.hpp"
#include "report/describe.hpp"
#include "report/quoted/reasons.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

// In a description, a number sign begins a directive.
std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : printable(text)) {
    if (c == '#' || c == '\\') line += '\\';
    line += c;
  }
  return line;
}

std::string description(const TestReport& test) {
  return test.part_of.empty() ? escaped(test.name)
                              : escaped(test.part_of) + ": " + escaped(test.name);
}

// A value of the YAML block. Each text of JSON is one of YAML, too.
template <typename T>
std::string field(std::string_view name, const T& value) {
  return fmt::format("  {}: {}\n", name, compact(value));
}

// Readers differ in what they know of YAML's blocks. All of them leave out a comment.
std::string comments(std::string_view output) {
  std::string lines;
  while (!output.empty()) lines += "# " + printable(take_part(output, '\n')) + "\n";
  return lines;
}

std::string yaml(const TestReport& test, Grade grade) {
  std::string text = "  ---\n";
  if (grade != Grade::passed) text += field("message", reason(test));
  text += field("outcome", name_of(test.outcome));
  if (!test.flags.empty()) text += field("flags", test.flags);
  if (!test.attempts.empty()) text += field("wall_s", test.attempts.back().wall_s);
  if (test.attempts.size() > 1) text += field("attempts", test.attempts.size());
  return text + "  ...\n";
}

std::string point(const TestReport& test, std::size_t number, Outputs& outputs) {
  const Grade grade = grade_of(test);
  std::string text =
      fmt::format("{} {} - {}", is_wrong(test) ? "not ok" : "ok", number, description(test));
  if (grade == Grade::skipped) {
    return text + fmt::format(" # SKIP {}\n", escaped(skip_reason(test, outputs.of(test).text)));
  }
  text += '\n';
  if (grade == Grade::passed && test.flags.empty()) return text;
  text += yaml(test, grade);
  return is_wrong(test) ? text + comments(outputs.of(test).text) : text;
}

}  // namespace

void render_tap(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  std::size_t count = 0;
  see_as_tests(report.tests, [&](const TestReport&) { ++count; });
  write(fmt::format("TAP version 13\n1..{}{}\n", count, count == 0 ? " # SKIP no tests" : ""));
  std::size_t number = 0;
  see_as_tests(report.tests,
               [&](const TestReport& test) { write(point(test, ++number, outputs)); });
  if (!report.run.complete) write("Bail out! ctest did not finish, or has not yet\n");
}

}  // namespace holdfast
