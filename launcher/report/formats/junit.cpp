#include "base/text.hpp"
#include "report/render.hpp"

#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/quoted/reasons.hpp"
#include "report/services.hpp"
#include "report/shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

// How much of the end of its output stands inside a failure.
constexpr std::size_t k_output_in_failure = 4U << 10U;

// Users' scripts look for it.
constexpr std::string_view k_verdict_unknown = "holdfast: verdict unknown";

// Fixed notation, in a range that every reader of xs:decimal takes.
std::string seconds(double value) { return fmt::format("{:.3f}", std::clamp(value, 0.0, 1e9)); }

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, xml_attribute(value));
}

// The node of its last attempt; empty: that ran beside ctest.
const std::string& node_of(const TestReport& test) { return last_attempt(test).node; }

// What a viewer shows of a failure: some show nothing but what is inside this element.
std::string inside_failure(const std::string& message, std::string_view output) {
  std::string text = message;
  const std::string_view last = last_of(output, k_output_in_failure);
  if (last.size() < output.size()) text += "\n[... the end of the output ...]";
  if (!last.empty() && !text.empty()) text += '\n';
  return text.append(last);
}

// The attempts before the last: flaky ones if the test passed in the end, else reruns of a failure.
std::string earlier_attempts(const TestReport& test, Outputs& outputs) {
  std::string xml;
  const std::string_view element =
      test.outcome == Outcome::passed ? "flakyFailure" : "rerunFailure";
  if (test.outcome == Outcome::passed && !test.flaky) return xml;
  for (std::size_t i = 0; i + 1 < test.attempts.size(); ++i) {
    const Attempt& attempt = test.attempts[i];
    if (!has_failed(attempt)) continue;
    const std::string_view type = name_of(outcome_of(attempt));
    xml += fmt::format("      <{0}{1}{2}>{3}</{0}>\n", element,
                       attribute("message", with_words(attempt, outputs)), attribute("type", type),
                       xml_text(inside_failure(attempt.note, outputs.of(attempt))));
  }
  return xml;
}

std::string verdict_element(const TestReport& test, Grade grade, const std::string& said,
                            std::string_view output) {
  if (grade == Grade::passed) return {};
  const std::string why = reason(test);
  if (grade == Grade::skipped)
    return fmt::format("      <skipped{}/>\n", attribute("message", skip_reason(test, output)));
  const std::string_view element = grade == Grade::failure ? "failure" : "error";
  const std::string outcome =
      test.outcome == Outcome::unknown ? std::string(k_verdict_unknown) : label(test.outcome);
  const std::string message =
      fmt::format("{}: {}{}", outcome, why, said.empty() ? said : "; " + said);
  return fmt::format("      <{0}{1}{2}>{3}</{0}>\n", element, attribute("message", message),
                     attribute("type", name_of(test.outcome)),
                     xml_text(inside_failure(message, output)));
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("<property{}{}/>", attribute("name", name), attribute("value", value));
}

using Properties = std::vector<std::pair<std::string_view, std::string>>;

Properties properties_of(const TestReport& test) {
  Properties list = {{"holdfast.outcome", std::string(name_of(test.outcome))},
                     {"holdfast.attempts", std::to_string(test.attempts.size())}};
  for (const std::string& flag : test.flags) list.emplace_back("holdfast.flag", flag);
  if (const double wait = last_attempt(test).lock_wait_s; wait > 0) {
    list.emplace_back("holdfast.lock_wait_s", seconds(wait));
  }
  if (test.leaked) {
    list.emplace_back("holdfast.leftovers", bounded_list(leftover_names(test), 20));
  }
  if (!node_of(test).empty()) list.emplace_back("holdfast.node", node_of(test));
  for (const Attempt& attempt : test.attempts) {
    if (!attempt.scratch.empty()) list.emplace_back("holdfast.scratch", attempt.scratch);
  }
  for (const std::string& orphan : orphan_texts(test)) {
    list.emplace_back("holdfast.orphan_marker", orphan);
  }
  return list;
}

std::string as_element(const Properties& properties) {
  std::string list;
  for (const auto& [name, value] : properties) list += property(name, value);
  return fmt::format("      <properties>{}</properties>\n", list);
}

std::string as_lines(const Properties& properties) {
  std::string lines;
  for (const auto& [name, value] : properties) lines += fmt::format("{}: {}\n", name, value);
  return lines;
}

// What services printed while the test failed.
std::string service_output(const TestReport& test, Outputs& outputs) {
  std::string text;
  for (const ServiceOutput& part : last_attempt(test).service_outputs) {
    const std::string printed = outputs.of(part);
    if (printed.empty()) continue;
    text += fmt::format("holdfast: output of {}, while the test ran:\n{}", text_of(part), printed);
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

// Gives the second and each further test of one class and one name a number that makes no name of
// another test. Viewers take tests of one class and name for one test. A test has the same number
// in a run of the whole tree and in a run of some of its tests.
class UniqueNames {
 public:
  explicit UniqueNames(std::span<const TestReport> tests) {
    see_as_tests(tests, [this](const TestReport& test) {
      numbers_.try_emplace(key_of(class_of(test), test.name), 0);
    });
  }

  std::string of(const TestReport& test) {
    std::int64_t& last = numbers_[key_of(class_of(test), test.name)];
    std::int64_t number = std::max(last + 1, test.nth);
    std::string name = test.name;
    while (number > 1 && is_taken(class_of(test), name = fmt::format("{} #{}", test.name, number)))
      ++number;
    last = number;
    return name;
  }

  static const std::string& class_of(const TestReport& test) {
    return test.part_of.empty() ? test.name : test.part_of;
  }

 private:
  static std::string key_of(const std::string& of_class, const std::string& name) {
    return of_class + '\n' + name;
  }
  // The class of a test that is no case is its own name.
  bool is_taken(const std::string& of_class, const std::string& name) const {
    return numbers_.contains(key_of(of_class, name)) || numbers_.contains(key_of(name, name));
  }

  std::unordered_map<std::string, std::int64_t> numbers_;  // the last that was given
};

// The test passed at once and left nothing behind. In a large run nearly all tests are so, and some
// viewers refuse a file with many elements.
bool is_plain_pass(const TestReport& test, Grade grade) {
  return grade == Grade::passed && test.flags.empty() && !test.orphaned &&
         test.attempts.size() == 1 && test.attempts.back().scratch.empty();
}

std::string testcase(const TestReport& test, const std::string& name, Outputs& outputs,
                     JunitReader reader) {
  const bool is_strict = reader == JunitReader::jenkins;
  const std::string attributes = attribute("name", name) +
                                 attribute("classname", UniqueNames::class_of(test)) +
                                 attribute("time", seconds(last_attempt(test).wall_s));
  const Grade grade = grade_of(test);
  if (is_plain_pass(test, grade)) return fmt::format("    <testcase{}/>\n", attributes);
  const std::string output = outputs.of(test).text;
  std::vector<Excerpt> said;
  if (is_wrong(test)) said = excerpts_of(output, 1);
  std::string place;
  if (!is_strict && !said.empty() && !said.front().file.empty()) {
    place =
        attribute("file", said.front().file) + attribute("line", std::to_string(said.front().line));
  }
  const Properties properties = properties_of(test);
  std::string xml = fmt::format("    <testcase{}{}>\n", attributes, place);
  if (!is_strict) xml += as_element(properties);
  xml +=
      verdict_element(test, grade, said.empty() ? std::string() : headline(said.front()), output);
  xml += earlier_attempts(test, outputs);
  if (!output.empty()) xml += fmt::format("      <system-out>{}</system-out>\n", xml_text(output));
  const std::string aside =
      (is_strict ? as_lines(properties) : std::string()) + service_output(test, outputs);
  if (!aside.empty()) xml += fmt::format("      <system-err>{}</system-err>\n", xml_text(aside));
  return xml + "    </testcase>\n";
}

struct Totals {
  std::size_t tests = 0;
  std::array<std::size_t, 4> of_grade{};
  double time = 0;

  std::size_t of(Grade grade) const { return of_grade.at(static_cast<std::size_t>(grade)); }
};

Totals totals_of(std::span<const TestReport> tests) {
  Totals totals;
  see_as_tests(tests, [&](const TestReport& test) {
    ++totals.tests;
    totals.time += std::clamp(last_attempt(test).wall_s, 0.0, 1e9);
    ++totals.of_grade.at(static_cast<std::size_t>(grade_of(test)));
  });
  return totals;
}

std::string numbers_of(const Totals& totals) {
  return fmt::format(" tests=\"{}\" failures=\"{}\" errors=\"{}\"", totals.tests,
                     totals.of(Grade::failure), totals.of(Grade::error));
}

// A run, or one shard of a merged report.
struct Suite {
  std::string name;
  const RunInfo& run;
  std::span<const TestReport> tests;
  std::string properties;
  std::string node = {};  // of a Slurm allocation; empty: they ran beside ctest
};

void write_suite(const Suite& suite, const std::function<void(const TestReport&)>& see,
                 const Write& write) {
  const Totals totals = totals_of(suite.tests);
  const std::string host = suite.node.empty() ? std::string() : attribute("hostname", suite.node);
  write(fmt::format("  <testsuite{}{} skipped=\"{}\" time=\"{}\" timestamp=\"{}\"{}>\n",
                    attribute("name", suite.name), numbers_of(totals), totals.of(Grade::skipped),
                    seconds(totals.time), iso_time(suite.run.started.value_or(0)), host));
  write("    <properties>" + property("holdfast.run", suite.run.id) +
        property("holdfast.complete", suite.run.complete ? "true" : "false") +
        property("holdfast.version", suite.run.version) + suite.properties + "</properties>\n");
  see_as_tests(suite.tests, see);
  // Every reader must see that a run died. Some readers show nothing but system-err.
  if (!suite.run.complete)
    write("    <system-err>holdfast: incomplete: ctest did not finish</system-err>\n");
  write("  </testsuite>\n");
}

// Writes a suite of the tests beside ctest, and one for each node.
void write_suites(const Suite& all, const std::function<void(const TestReport&)>& see,
                  const Write& write) {
  const bool is_afar =
      std::ranges::any_of(all.tests, [](const TestReport& test) { return !node_of(test).empty(); });
  if (!is_afar) return write_suite(all, see, write);
  std::vector<TestReport> tests(all.tests.begin(), all.tests.end());
  std::ranges::stable_sort(tests, {}, node_of);
  for (std::span<const TestReport> rest = tests; !rest.empty();) {
    const std::string& node = node_of(rest.front());
    const std::span<const TestReport> own = std::ranges::equal_range(rest, node, {}, node_of);
    write_suite({all.name, all.run, own, all.properties, node}, see, write);
    rest = rest.subspan(own.size());
  }
}

}  // namespace

void render_junit(const RunReport& report, Outputs& outputs, const Write& write,
                  JunitReader reader) {
  const Totals totals = totals_of(report.tests);
  write(
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"holdfast\"{} "
                  "time=\"{}\">\n",
                  numbers_of(totals), seconds(totals.time)));
  UniqueNames names(report.tests);
  const auto see = [&](const TestReport& test) {
    write(testcase(test, names.of(test), outputs, reader));
  };
  const std::string in_all =
      selected_nothing(report) ? property("holdfast.outcome", name_of(Outcome::no_tests)) : "";
  if (report.shards.empty()) {
    const std::string name = report.run.tree.empty() ? "ctest" : report.run.tree;
    write_suites({name, report.run, report.tests, in_all}, see, write);
  }
  for (std::size_t shard = 0; shard < report.shards.size(); ++shard) {
    const auto [first, last] =
        std::ranges::equal_range(report.tests, shard, {}, &TestReport::shard);
    const RunInfo& run = report.shards[shard].run;
    write_suites({report.shards[shard].name, run, {first, last}, in_all}, see, write);
  }
  write("</testsuites>\n");
}

}  // namespace holdfast
