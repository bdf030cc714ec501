#include "report/render.hpp"

#include "report/cases_as_tests.hpp"
#include "report/describe.hpp"
#include "report/escape.hpp"
#include "report/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

// Whether the test is a skipped one depends on ctest's verdict.
Grade grade_of(const TestReport& test) {
  const std::optional<Verdict>& verdict = test.verdict;
  const bool is_skip =
      (test.outcome == Outcome::not_run && verdict == Verdict::disabled) ||
      (test.outcome == Outcome::no_tests && verdict && verdict != Verdict::failed) ||
      (test.outcome == Outcome::unknown && verdict == Verdict::unknown);
  return is_skip ? Grade::skipped : facts_of(test.outcome).grade;
}

// Fixed notation, in a range that every reader of xs:decimal takes.
std::string seconds(double value) { return fmt::format("{:.3f}", std::clamp(value, 0.0, 1e9)); }

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, xml_attribute(value));
}

double time_of(const TestReport& test) {
  return test.attempts.empty() ? 0 : test.attempts.back().wall_s;
}

// The attempts before the last: flaky ones if the test passed in the end, else reruns of a failure.
std::string earlier_attempts(const TestReport& test) {
  std::string xml;
  const std::string_view element =
      test.outcome == Outcome::passed ? "flakyFailure" : "rerunFailure";
  if (test.outcome == Outcome::passed && !test.flaky) return xml;
  for (std::size_t i = 0; i + 1 < test.attempts.size(); ++i) {
    const Attempt& attempt = test.attempts[i];
    const bool passed =
        attempt.verdict ? *attempt.verdict != Verdict::failed : attempt.outcome == Outcome::passed;
    if (passed) continue;
    const std::string_view type = name_of(attempt.outcome.value_or(Outcome::interrupted));
    xml +=
        fmt::format("      <{0}{1}{2}>{3}</{0}>\n", element,
                    attribute("message", fmt::format("attempt {}: {}", attempt.n, ending(attempt))),
                    attribute("type", type), xml_text(attempt.note));
  }
  return xml;
}

std::string verdict_element(const TestReport& test, Grade grade) {
  if (grade == Grade::passed) return {};
  const std::string why = reason(test);
  if (grade == Grade::skipped && test.outcome == Outcome::unknown)
    return fmt::format("      <skipped{}>{}</skipped>\n",
                       attribute("message", "holdfast: verdict unknown"), xml_text(why));
  if (grade == Grade::skipped)
    return fmt::format("      <skipped{}/>\n", attribute("message", why));
  const std::string_view element = grade == Grade::failure ? "failure" : "error";
  const std::string message = fmt::format("{}: {}", label(test.outcome), why);
  return fmt::format("      <{0}{1}{2}>{3}</{0}>\n", element, attribute("message", message),
                     attribute("type", name_of(test.outcome)), xml_text(message));
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("<property{}{}/>", attribute("name", name), attribute("value", value));
}

std::string properties_of(const TestReport& test) {
  std::string list = property("holdfast.outcome", name_of(test.outcome));
  list += property("holdfast.attempts", std::to_string(test.attempts.size()));
  for (const std::string& flag : test.flags) list += property("holdfast.flag", flag);
  if (!test.attempts.empty() && test.attempts.back().lock_wait_s > 0) {
    list += property("holdfast.lock_wait_s", seconds(test.attempts.back().lock_wait_s));
  }
  if (test.leaked) list += property("holdfast.leftovers", bounded_list(leftover_names(test), 20));
  for (const Attempt& attempt : test.attempts) {
    if (!attempt.scratch.empty()) list += property("holdfast.scratch", attempt.scratch);
  }
  for (const std::string& orphan : orphan_texts(test))
    list += property("holdfast.orphan_marker", orphan);
  return fmt::format("      <properties>{}</properties>\n", list);
}

// What services printed while the test failed.
std::string service_output(const TestReport& test) {
  if (test.attempts.empty()) return {};
  std::string text;
  for (const ServiceOutput& printed : test.attempts.back().service_outputs) {
    if (printed.output.empty()) continue;
    text += fmt::format("holdfast: output of {}, while the test ran:\n{}", text_of(printed),
                        printed.output);
    if (!text.ends_with('\n')) text += '\n';
  }
  return text.empty() ? text : fmt::format("      <system-err>{}</system-err>\n", xml_text(text));
}

std::string testcase(const TestReport& test) {
  std::string xml =
      fmt::format("    <testcase{}{}{}>\n", attribute("name", test.name),
                  attribute("classname", test.part_of.empty() ? test.name : test.part_of),
                  attribute("time", seconds(time_of(test))));
  xml += properties_of(test);
  xml += verdict_element(test, grade_of(test));
  xml += earlier_attempts(test);
  if (!test.attempts.empty() && !test.attempts.back().output.empty()) {
    xml +=
        fmt::format("      <system-out>{}</system-out>\n", xml_text(test.attempts.back().output));
  }
  return xml + service_output(test) + "    </testcase>\n";
}

struct Totals {
  std::array<std::size_t, 4> of_grade{};
  double time = 0;

  std::size_t of(Grade grade) const { return of_grade.at(static_cast<std::size_t>(grade)); }
};

Totals totals_of(const std::vector<TestReport>& tests) {
  Totals totals;
  for (const TestReport& test : tests) {
    totals.time += std::clamp(time_of(test), 0.0, 1e9);
    ++totals.of_grade.at(static_cast<std::size_t>(grade_of(test)));
  }
  return totals;
}

}  // namespace

std::string render_junit(const RunReport& report) {
  const std::vector<TestReport> tests = as_tests(report.tests);
  const Totals totals = totals_of(tests);
  const std::string numbers =
      fmt::format(" tests=\"{}\" failures=\"{}\" errors=\"{}\"", tests.size(),
                  totals.of(Grade::failure), totals.of(Grade::error));
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml +=
      fmt::format("<testsuites name=\"holdfast\"{} time=\"{}\">\n", numbers, seconds(totals.time));
  xml += fmt::format("  <testsuite{}{} skipped=\"{}\" time=\"{}\" timestamp=\"{}\">\n",
                     attribute("name", report.run.tree.empty() ? "ctest" : report.run.tree),
                     numbers, totals.of(Grade::skipped), seconds(totals.time),
                     iso_time(report.run.started.value_or(0)));
  xml += "    <properties>" + property("holdfast.run", report.run.id) +
         property("holdfast.complete", report.run.complete ? "true" : "false") +
         property("holdfast.version", report.run.version);
  if (selected_nothing(report)) xml += property("holdfast.outcome", name_of(Outcome::no_tests));
  xml += "</properties>\n";
  for (const TestReport& test : tests) xml += testcase(test);
  // Every reader must see that a run died. Some readers show nothing but system-err.
  if (!report.run.complete)
    xml += "    <system-err>holdfast: incomplete: ctest did not come to its end</system-err>\n";
  return xml + "  </testsuite>\n</testsuites>\n";
}

}  // namespace holdfast
