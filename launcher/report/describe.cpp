#include "report/describe.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "ctest/ctest_options.hpp"
#include "journal/run_directory.hpp"
#include "report/sections.hpp"
#include "values/outcome.hpp"

#include <fmt/format.h>
#include <algorithm>

#include <cmath>
#include <ctime>
#include <unordered_map>
#include <unordered_set>

namespace holdfast {
namespace {

constexpr std::size_t k_shards_named = 20;
constexpr double k_last_second = 253402300799.0;  // 9999-12-31 23:59:59

// strftime(3)'s `format` of a time in UTC.
std::string utc(double at, const char* format) {
  const std::time_t inside = static_cast<std::time_t>(std::clamp(at, 0.0, k_last_second));
  std::tm broken_down{};
  gmtime_r(&inside, &broken_down);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &broken_down)};
}

std::string marker_text(const std::string& reason) {
  return reason.empty() ? "exited on purpose" : "exited on purpose: " + printable(reason);
}

// Names ctest's part if ctest concluded something else than the exit code says.
std::string judgement(const TestReport& test, const Attempt& last) {
  if (!test.verdict) return {};
  if (test.outcome == Outcome::unknown && test.came_twice)
    return "its entry came twice in ctest's log, and a test may have printed one of them";
  if (test.outcome == Outcome::unknown && test.is_doubtful)
    return "its entry in ctest's log cannot be told from what a test printed";
  if (test.outcome == Outcome::unknown && test.verdict == Verdict::unknown)
    return "its output decides, and what ctest found there is not on record";
  if (test.outcome == Outcome::skipped)
    return last.outcome == Outcome::skipped ? "skipped by its SKIP_RETURN_CODE"
                                            : "skipped by its SKIP_REGULAR_EXPRESSION";
  const bool exit_passed = last.outcome == Outcome::passed || last.outcome == Outcome::no_tests;
  if (test.outcome == Outcome::failed && exit_passed)
    return "failed by ctest's rules for it (WILL_FAIL or a regular expression)";
  if (test.outcome == Outcome::passed && !exit_passed)
    return "passed by ctest's rules for it (WILL_FAIL or a regular expression)";
  return {};
}

// " in linux-2, linux-3": the shards without that.
std::string in_shards_without(const RunReport& report, bool RunEnded::*that) {
  const auto shards = which(report.shards, [&](const Shard& shard) { return !(shard.run.*that); });
  const auto name = [](const Shard* shard) { return printable(shard->name); };
  return shards.empty() ? std::string() : " in " + bounded_list(shards, k_shards_named, name);
}

std::string reason_alone(const TestReport& test) {
  if (test.attempts.empty()) {
    if (test.outcome == Outcome::unknown) {
      const std::string unknown = test.is_doubtful ? judgement(test, {})
                                  : test.index     ? "passed, or skipped by its exit code"
                                                   : "no record of its end";
      return test.why.empty() ? unknown : printable(test.why) + "; " + unknown;
    }
    if (!test.why.empty()) return printable(test.why);
    if (test.verdict == Verdict::disabled) return "disabled";
    return test.outcome == Outcome::not_run ? "ctest did not start it" : "";
  }
  const Attempt& last = test.attempts.back();
  const bool is_lost = !last.has_ended && !last.is_running && test.outcome != Outcome::interrupted;
  if (is_lost) return "its end could not be recorded";
  std::string text = ending(last);
  if (const std::string part = judgement(test, last); !part.empty()) text += "; " + part;
  if (last.marker) text += "; " + marker_text(*last.marker);
  if (!last.note.empty()) text += "; " + printable(last.note);
  if (test.stale) text += "; " + printable(test.stale_why);
  if (test.attempts.size() > 1) text += fmt::format("; attempt {}", test.attempts.size());
  return text;
}

// Adds a line that names these tests, if there are any.
void add_tests(const std::vector<std::string>& names, std::string_view what,
               std::vector<std::string>& lines) {
  if (names.empty()) return;
  lines.push_back(fmt::format("{} {}: {}", counted(names.size(), "test"), what,
                              bounded_list(names, k_shards_named, printable)));
}

}  // namespace

std::string duration_text(double seconds) {
  if (!(seconds > 0)) return "0.00 s";
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  constexpr double k_most = 1e12;
  return describe(Milliseconds{std::llround(std::min(seconds, k_most) * 1000)});
}

std::string time_text(double at) { return utc(at, "%Y-%m-%d %H:%M:%S UTC"); }
std::string iso_time(double at) { return utc(at, "%Y-%m-%dT%H:%M:%S"); }

std::string command_text(const std::vector<std::string>& command) {
  constexpr std::size_t k_arguments = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(command.size(), k_arguments); ++i) {
    text += (i == 0 ? "" : " ") + printable(command[i]);
  }
  return command.size() > k_arguments ? text + " ..." : text;
}

std::vector<std::string> warnings_of(const RunReport& report) {
  std::vector<std::string> warnings;
  if (!report.run.complete)
    warnings.push_back(
        fmt::format("INCOMPLETE: ctest did not finish (or has not yet){}; this is what "
                    "was recorded until then.",
                    in_shards_without(report, &RunEnded::complete)));
  if (selected_nothing(report)) warnings.push_back("No tests: " + no_tests_text(report) + ".");
  if (report.run.complete && !report.run.has_log)
    warnings.push_back(
        fmt::format("ctest's log was missing, incomplete or not its own{}: tests that are not on "
                    "record may have run.",
                    in_shards_without(report, &RunEnded::has_log)));
  return warnings;
}

std::string log_hint(const RunReport& report) {
  const Tests odd = tests_that(report, [](const TestReport& test) {
    return test.outcome == Outcome::unknown || test.outcome == Outcome::interrupted ||
           test.outcome == Outcome::internal_error;
  });
  if (odd.empty() || report.run.log.empty()) return {};
  const std::uint64_t number = number_of_run(report.run.id);
  return fmt::format("more on {}: holdfast log {}", bounded_list(odd, 10, brief_name),
                     number == 0 ? report.run.id : std::to_string(number));
}

std::vector<std::string> in_several_shards(const RunReport& report) {
  std::unordered_map<std::string_view, std::size_t> first;
  std::vector<std::string> names;
  std::unordered_set<std::string_view> told;
  for (const TestReport& test : report.tests) {
    const auto [known, is_new] = first.try_emplace(test.name, test.shard);
    const bool is_other = !is_new && known->second != test.shard;
    if (is_other && told.insert(test.name).second) names.push_back(test.name);
  }
  return names;
}

std::string lost_keeper_text(const RunReport& report) {
  if (report.run.keeper_until <= 0) return {};
  // Of shards, one may have lost its keeper and another not. The keeper names attempts by the run.
  const Tests own = tests_that(report, [&](const TestReport& test) {
    const RunInfo& run = run_of(report, test.shard);
    return run.keeper_until > 0 && !test.attempts.empty() &&
           !test.attempts.back().attempt.starts_with(run.id + ".");
  });
  const Tests bare = tests_that(report, [&](const TestReport& test) {
    return run_of(report, test.shard).keeper_until > 0 && test.bare;
  });
  std::string text = fmt::format(
      "the keeper of this run was killed after {} (journalctl -k tells whether memory "
      "ran out): {} ran without it, by properties alone",
      time_text(report.run.keeper_until), counted(own.size(), "test"));
  if (!bare.empty())
    text += fmt::format("; of {} only ctest's verdict is on record", counted(bare.size(), "test"));
  return text;
}

std::vector<std::string> in_shards(const RunReport& report) {
  if (report.shards.empty()) return {};
  const auto text = [](const Shard& shard) {
    return fmt::format("{} (run {}{})", printable(shard.name), printable(shard.run.id),
                       shard.run.complete ? "" : ", incomplete");
  };
  std::vector<std::string> lines{fmt::format("{}: {}", counted(report.shards.size(), "shard"),
                                             bounded_list(report.shards, k_shards_named, text))};
  add_tests(in_several_shards(report), "ran in more than one shard", lines);
  for (std::string& line : against_division(report)) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> against_division(const RunReport& report) {
  std::vector<std::string> lines;
  std::vector<std::string> absent;
  for (const auto& [part, tests] : report.division.tests) {
    if (std::ranges::count(report.shards, part, &Shard::part) > 0) continue;
    absent.push_back(printable(part));
  }
  if (!absent.empty()) {
    lines.push_back(fmt::format("{} not there: {}", counted(absent.size(), "shard"),
                                bounded_list(absent, k_shards_named)));
  }
  add_tests(report.missing, "planned and in no shard", lines);
  add_tests(report.too_often, "ran more often than planned", lines);
  return lines;
}

std::string no_tests_text(const RunReport& report) {
  const auto text = [](const std::string& word) {
    const bool is_plain = word.find_first_of(" \"") == std::string::npos && !word.empty();
    return is_plain ? brief(word) : brief_in_quotes(word);
  };
  const std::vector<std::string> by = selecting_options(report.run.command);
  return "ctest selected none" + (by.empty() ? "" : " by " + separated(by, " ", text));
}

std::string unrecorded_text(std::int64_t unrecorded) {
  return fmt::format("{} more ran through Holdfast and could not be recorded", unrecorded);
}

std::string journal_note(const RunReport& report) {
  if (report.flaws == 0) return {};
  std::string text =
      fmt::format("{} of the journal ignored, wholly or partly", counted(report.flaws, "line"));
  if (!report.complaints.empty()) {
    text += fmt::format(" (line {}: {})", report.complaints.front().line,
                        printable(report.complaints.front().what));
  }
  return text;
}

std::string title_of(Outcome outcome) {
  std::string text = label(outcome);
  text.front() = upper(text.front());
  return text;
}

std::string ending(const Attempt& attempt) {
  if (attempt.is_running) return "still running";
  if (!attempt.has_ended) return "started and never ended";
  std::string how;
  if (attempt.signal)
    how = signal_text(*attempt.signal);
  else if (attempt.exit_code)
    how = fmt::format("exit code {}", *attempt.exit_code);
  else
    return attempt.outcome ? std::string(name_of(*attempt.outcome)) : std::string("ended");
  return fmt::format("{} after {}", how, duration_text(attempt.wall_s));
}

std::string reason(const TestReport& test) {
  std::string text = reason_alone(test);
  if (test.shard_name.empty()) return text;
  return text + (text.empty() ? "" : "; ") + "in " + printable(test.shard_name);
}

std::string counts_text(const RunReport& report) {
  const Counts& counts = report.counts;
  const std::size_t not_run = counts.of(Outcome::not_run);
  std::string text = fmt::format("{} planned, {} run", counts.planned, counts.run);
  if (not_run > 0) text += fmt::format(", {} not run", not_run);
  if (const std::string list = outcome_list(counts); !list.empty()) text += ": " + list;
  if (counts.flaky > 0) text += fmt::format("; {} flaky", counts.flaky);
  if (counts.leaked > 0) text += fmt::format("; {} left processes behind", counts.leaked);
  if (counts.orphaned > 0) text += fmt::format("; {} with orphan markers", counts.orphaned);
  text += fmt::format("\n{} through Holdfast, {} not\n", counts.through,
                      counts.planned - counts.through);
  if (report.run.unrecorded > 0) text += unrecorded_text(report.run.unrecorded) + '\n';
  if (counts.cases > 0) text += fmt::format("{} cases: {}\n", counts.cases, case_list(counts));
  return text;
}

std::string outcome_list(const OutcomeCounts& counts) {
  std::string list;
  for (const OutcomeFacts& row : k_outcome_table) {
    if (row.outcome == Outcome::not_run || row.outcome == Outcome::deliberate_exit) continue;
    const std::size_t number = counts.shown(row.outcome);
    if (number == 0) continue;
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", number, label(row.outcome));
  }
  return list;
}

std::string case_list(const Counts& counts) {
  std::string list = outcome_list(counts.of_cases);
  const std::size_t not_run = counts.of_cases.of(Outcome::not_run);
  if (not_run > 0) list += fmt::format("{}{} not run", list.empty() ? "" : ", ", not_run);
  return list;
}

std::vector<std::string> used_by(const Attempt& attempt) {
  std::vector<std::string> used = attempt.locks;
  used.insert(used.end(), attempt.services.begin(), attempt.services.end());
  return used;
}

std::vector<std::string> leftover_names(const TestReport& test) {
  std::vector<std::string> names;
  for (const Attempt& attempt : test.attempts) {
    for (const Leftover& leftover : attempt.leftovers) {
      std::string name = printable(leftover.name);
      if (std::ranges::count(names, name) == 0) names.push_back(std::move(name));
    }
  }
  return names;
}

std::vector<std::string> kept_scratch_of(const TestReport& test) {
  std::vector<std::string> paths;
  for (const Attempt& attempt : test.attempts) {
    if (!attempt.scratch.empty()) paths.push_back(printable(attempt.scratch));
  }
  return paths;
}

std::vector<std::string> orphan_texts(const TestReport& test) {
  std::vector<std::string> texts;
  for (const Attempt& attempt : test.attempts) {
    for (const OrphanMarker& one : attempt.orphan_markers) {
      texts.push_back(printable(one.file) + " " + printable(one.why));
    }
  }
  return texts;
}

}  // namespace holdfast
