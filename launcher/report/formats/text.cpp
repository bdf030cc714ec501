#include "base/program_identity.hpp"
#include "journal/kept_output.hpp"
#include "report/render.hpp"
#include "values/lock_spec.hpp"

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/quoted/reasons.hpp"
#include "report/sections.hpp"
#include "report/services.hpp"
#include "report/steps.hpp"
#include "report/time/run_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace holdfast {
namespace {

constexpr std::size_t k_names_in_a_line = 20;
constexpr std::size_t k_most_of_a_kind = 5;
constexpr std::size_t k_tail_lines = 10;

std::string text_head(const RunReport& report) {
  const RunInfo& run = report.run;
  std::string text = fmt::format("Run {}", run.id.empty() ? "(no id)" : printable(run.id));
  if (!report.shards.empty()) text = "One suite";
  if (!run.tree.empty()) text += fmt::format(" of {}", printable(run.tree));
  if (run.started)
    text +=
        fmt::format("\n{}, {}", time_text(*run.started), duration_text(*run.ended - *run.started));
  if (!run.command.empty()) text += fmt::format(", {}", command_text(run.command));
  text += '\n';
  for (const std::string& line : in_shards(report)) text += line + '\n';
  for (const std::string& warning : warnings_of(report)) text += warning + '\n';
  return text;
}

std::string remarks(const RunReport& report) {
  std::string text = run_time_text(report);
  if (!text.empty()) text += '\n';
  for (const std::string& remark : remarks_of(report)) text += remark + '\n';
  if (const std::string hint = log_hint(report); !hint.empty()) text += hint + '\n';
  return text;
}

std::string red_sections(const RunReport& report, Outputs& outputs) {
  std::string text;
  for (const OutcomeFacts& row : k_outcome_table) {
    if (!is_red(row.outcome)) continue;
    const Tests tests =
        tests_that(report, [&](const TestReport& test) { return test.outcome == row.outcome; });
    text += section(title_of(row.outcome), tests, k_tests_per_section, [&](const TestReport& test) {
      // The cases of a batch say more, in a section of their own.
      const bool has_red_case =
          std::ranges::any_of(test.cases, [](const Case& one) { return is_red(one.outcome); });
      if (has_red_case || test.attempts.empty()) return reason(test);
      return with_words_of_failure(reason(test), outputs.of(test).text);
    });
  }
  return text;
}

// The cases of batches that went wrong.
std::string red_cases(const RunReport& report, Outputs& outputs) {
  std::vector<TestReport> cases;
  for (const TestReport& test : report.tests) {
    for (const Case& one : test.cases) {
      if (!is_good(one.outcome)) cases.push_back(as_test(test, one));
    }
  }
  Tests red;
  for (const TestReport& one : cases) red.push_back(&one);
  return section("Cases that went wrong", red, k_tests_per_section, [&](const TestReport& one) {
    const std::string why = reason(one);
    return with_words_of_failure(fmt::format("{} in {}{}{}", label(one.outcome),
                                             printable(one.part_of), why.empty() ? "" : ": ", why),
                                 outputs.of(one).text);
  });
}

// A line of an output; of a long one its beginning.
std::string line_of(std::string_view line) {
  constexpr std::size_t k_longest_line = 500;
  return fmt::format("  | {}\n", printable(first_bytes(line, k_longest_line)));
}

std::string end_of(std::string_view output) {
  std::string_view rest = last_lines_of(output, k_tail_lines);
  std::string text = rest.size() < output.size() ? "  | ...\n" : "";
  while (!rest.empty()) text += line_of(take_part(rest, '\n'));
  return text;
}

// The first and the last lines, with a line between them that says how many are left out.
std::string both_ends_of(std::string_view output) {
  std::vector<std::string> lines = collected(TextParts{output, '\n'}, line_of);
  if (lines.size() > 2 * k_tail_lines) {
    const auto gap = lines.begin() + k_tail_lines;
    *gap = fmt::format("  | [... {} lines left out ...]\n", lines.size() - 2 * k_tail_lines);
    lines.erase(gap + 1, lines.end() - k_tail_lines);
  }
  return separated(lines, "");
}

std::string tails(const RunReport& report, Outputs& outputs) {
  std::string text;
  std::size_t shown = 0;
  for (const TestReport* test : tests_that(report, went_wrong)) {
    if (test->attempts.empty()) continue;
    const Attempt& last = test->attempts.back();
    const std::string output = outputs.of(*test).text;
    if (output.empty() && last.service_outputs.empty()) continue;
    if (++shown > k_shown_in_full) break;
    if (!output.empty()) {
      text += fmt::format("\nLast output of {}\n{}", printable(test->name), end_of(output));
    }
    for (const ServiceOutput& part : last.service_outputs) {
      const std::string printed = outputs.of(part);
      if (printed.empty()) continue;
      text += fmt::format("\nOutput of {}, while {} ran\n{}", text_of(part), printable(test->name),
                          both_ends_of(printed));
    }
  }
  return text;
}

// The files that have the outputs of the first tests that went wrong.
std::string whole_outputs(const RunReport& report, Outputs& outputs) {
  std::map<std::string, std::vector<std::string>> tests_in;
  std::size_t shown = 0;
  for (const TestReport* test : tests_that(report, went_wrong)) {
    if (test->attempts.empty()) continue;
    if (++shown > k_tests_per_section) break;
    // ctest's log may be of another run by now.
    const bool is_there = test->output_place && !outputs.of(*test).text.empty();
    const std::string& file = is_there ? test->output_place->log : test->attempts.back().log;
    if (!file.empty()) tests_in[file].push_back(printable(test->name));
  }
  std::string text = tests_in.empty() ? "" : "\nWhole outputs\n";
  for (const auto& [file, tests] : tests_in) {
    text += fmt::format("  {}\n    {}\n", printable(file), bounded_list(tests, k_names_in_a_line));
  }
  return text;
}

// The findings of the probes on the first few tests of `red`, the tests that went wrong.
std::string findings_text(const Tests& red) {
  std::string text;
  std::size_t shown = 0;
  for (const TestReport* test : red) {
    const std::vector<Finding>& findings = last_attempt(*test).forensics;
    if (findings.empty()) continue;
    if (++shown > k_shown_in_full) break;
    text += fmt::format("\nAround {}\n", printable(test->name));
    for (const Finding& finding : findings) {
      // Each further line stands below the first one.
      text += fmt::format("  {:<10}{}{}\n", printable(finding.probe),
                          finding.failed ? "not known: " : "",
                          separated(TextParts{finding.text, '\n'}, "\n            ", printable));
    }
  }
  return text;
}

// The file with the output of the attempt, if it still has all of it.
std::string log_text(const Attempt& attempt, Outputs& outputs) {
  const std::string_view why = missing_in(outputs.of(attempt));
  return printable(attempt.log) + (why.empty() ? "" : fmt::format(" ({})", why));
}

// Why each attempt had a further one, and where its output is.
std::string further_attempts_text(const RunReport& report, Outputs& outputs) {
  const Tests tests = tests_that(report, [](const TestReport& test) {
    return test.attempts.size() > 1 && !test.attempts.front().retry.empty();
  });
  return section("Tried again", tests, k_tests_per_section, [&](const TestReport& test) {
    std::string text;
    for (const Attempt& attempt : test.attempts) {
      text += fmt::format("\n    attempt {}: {}", attempt.n, ending(attempt));
      if (!attempt.retry.empty()) text += "; " + printable(attempt.retry);
      if (!attempt.log.empty()) text += fmt::format("\n      {}", log_text(attempt, outputs));
    }
    return text;
  });
}

std::string flaky_reason(const TestReport& test, Outputs& outputs) {
  std::string text = reason(test);
  for (std::size_t i = 0; i + 1 < test.attempts.size(); ++i) {
    if (has_failed(test.attempts[i])) text += "\n    " + with_words(test.attempts[i], outputs);
  }
  return text;
}

// The line about a test with what `of` lists.
auto listing(std::vector<std::string> (*of)(const TestReport&)) {
  return [of](const TestReport& test) { return bounded_list(of(test), k_names_in_a_line); };
}

constexpr TestSection k_tests_with_scratch{
    "", "Scratch directories kept",
    [](const TestReport& test) { return !kept_scratch_of(test).empty(); }};

template <typename Line>
std::string section(const RunReport& report, const TestSection& of, Line line) {
  return section(of.title, tests_that(report, of.has), k_tests_per_section, line);
}

std::string bare_text(const TestReport& test) {
  const std::string why = reason(test);
  return label(test.outcome) + (why.empty() ? why : "; " + why);
}

double longest_wait(const TestReport& test) {
  double wait = 0;
  for (const Attempt& attempt : test.attempts) wait = std::max(wait, attempt.lock_wait_s);
  return wait;
}

std::string lock_waits(const RunReport& report) {
  constexpr double k_worth_telling = 0.1;
  const Tests waited = tests_that(
      report, [](const TestReport& test) { return longest_wait(test) >= k_worth_telling; });
  const Tests tests = largest(waited, waited.size(), longest_wait);
  return section("Waited for locks", tests, k_most_of_a_kind, [](const TestReport& test) {
    return fmt::format("{}  {}", duration_text(longest_wait(test)),
                       bounded_list(test.attempts.back().locks, k_names_in_a_line, printable));
  });
}

std::string slowest(const RunReport& report) {
  const Tests ended = tests_that(report, has_ended);
  if (ended.size() < 2) return {};
  return section("Slowest", largest(ended, k_most_of_a_kind, wall_of), k_most_of_a_kind,
                 [](const TestReport& test) { return duration_text(wall_of(test)); });
}

// Tests that need less hardly get in each other's way.
constexpr std::uint64_t k_worth_a_budget_kb = std::uint64_t{512} << 10U;

std::uint64_t peak_kb(const TestReport& test) {
  std::int64_t peak = 0;
  for (const Attempt& attempt : test.attempts) {
    peak = std::max({peak, attempt.max_rss_kb, attempt.memory_peak_kb.value_or(0)});
  }
  return static_cast<std::uint64_t>(peak);
}

// What the test asked for; 0: nothing.
std::uint64_t asked_kb(const TestReport& test) {
  for (const std::string& text : test.attempts.back().locks) {
    const Result<LockSpec> lock = parse_lock_spec(text);
    if (lock && lock->mode == LockMode::amount && lock->name == k_memory_name) return lock->units;
  }
  return 0;
}

// The amount that a test with this peak should ask for: a quarter more, because two runs of a test
// rarely need the same, rounded up to whole 256 MiB.
std::uint64_t proposed_memory_kb(std::uint64_t peak_kb) {
  constexpr std::uint64_t k_step = std::uint64_t{256} << 10U;
  const std::uint64_t wanted = peak_kb + peak_kb / 4;
  return (wanted + k_step - 1) / k_step * k_step;
}

std::string budget_text(const TestReport& test) {
  const std::uint64_t peak = peak_kb(test);
  const std::uint64_t asked = asked_kb(test);
  const std::string text = describe_size(peak * 1024);
  if (asked >= peak) return fmt::format("{}, asked for {}", text, size_text(asked));
  const std::string proposal =
      fmt::format("HOLDFAST_LOCKS \"{}:{}\"", k_memory_name, size_text(proposed_memory_kb(peak)));
  if (asked == 0) return fmt::format("{}, asked for none; {}", text, proposal);
  return fmt::format("{}, more than the {} it asked for; {}", text, size_text(asked), proposal);
}

// Which tests need much memory, and what they could ask for.
std::string memory_budgets(const RunReport& report) {
  const Tests tests = tests_that(
      report, [](const TestReport& test) { return peak_kb(test) >= k_worth_a_budget_kb; });
  return section("Most memory", largest(tests, k_most_of_a_kind, peak_kb), k_most_of_a_kind,
                 budget_text);
}

std::string journal_lines(const RunReport& report) {
  const std::string note = journal_note(report);
  return note.empty() ? note : '\n' + note + '\n';
}

}  // namespace

void render_text(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  if (has_only_steps(report)) {
    return write(fmt::format("Build steps of {}; no run of its tests is recorded\n",
                             printable(report.run.tree)) +
                 steps_text(report.steps) + journal_lines(report));
  }
  write(text_head(report) + "\n" + counts_text(report) + remarks(report) +
        red_sections(report, outputs) + red_cases(report, outputs) + tails(report, outputs) +
        whole_outputs(report, outputs) + findings_text(tests_that(report, went_wrong)) +
        further_attempts_text(report, outputs) +
        section(report, k_flaky_tests,
                [&](const TestReport& test) { return flaky_reason(test, outputs); }) +
        section(report, k_leaky_tests, listing(leftover_names)) +
        section(report, k_tests_with_scratch, listing(kept_scratch_of)) +
        section(report, k_orphaned_tests, listing(orphan_texts)) +
        section(report, k_stale_tests, reason) + section(report, k_tests_not_run, reason) +
        section(report, k_bare_tests, bare_text) +
        section(report, k_skipped_tests,
                [&](const TestReport& test) { return skip_reason(test, outputs.of(test).text); }) +
        lock_waits(report) +
        titled_lines("Services lost", service_deaths(report), k_tests_per_section) +
        slowest(report) + memory_budgets(report) + steps_text(report.steps) +
        journal_lines(report));
}

}  // namespace holdfast
