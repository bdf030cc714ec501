#include "attempt/evidence.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>

#include "attempt/attempt_plan.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"

namespace holdfast::supervision {
namespace {

namespace env = environment;

// Longer than the part of a report that matters.
constexpr std::size_t k_head_of_report = 256;

// We open the FIFO for reading and writing, so that a program that begins does not wait for a
// reader.
os::UniqueFd make_beginnings(const std::string& path) {
  const Result<os::OwnPlace> place = os::own_place(path);
  if (!place) return {};
  const int directory = place->directory.get();
  if (::mkfifoat(directory, place->name.c_str(), 0600) != 0) return {};
  os::UniqueFd fifo(
      ::openat(directory, place->name.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fifo.valid()) ::unlinkat(directory, place->name.c_str(), 0);
  return fifo;
}

std::size_t count_beginnings(const os::UniqueFd& fifo) {
  char bytes[8];
  const ssize_t got = os::retried([&] { return ::read(fifo.get(), bytes, sizeof bytes); });
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool is_fifo(int directory, std::string_view name) {
  struct stat info {};
  return ::fstatat(directory, std::string(name).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISFIFO(info.st_mode);
}

// `is_there`: whether the runs file exists.
GoogletestEnd end_shown_by(const GoogletestTrace& trace, const os::ScratchContent& left,
                           bool is_there) {
  const std::size_t begun = count_beginnings(trace.beginnings);
  // The file that we made is there, so nobody was through.
  if (is_there && is_fifo(left.markers.get(), names::k_googletest_runs_file)) {
    return begun > 0 ? GoogletestEnd::unfinished : GoogletestEnd::through;
  }
  // One program was through and removed the file. Another one began before or after that. Nobody
  // knows which of them was the test's own.
  return is_there || begun > 1 ? GoogletestEnd::unclear : GoogletestEnd::through;
}

// True: every complete report says that its program had no cases.
bool say_no_tests(const os::ScratchContent& left, const std::vector<std::string>& reports) {
  bool is_one_empty = false;
  for (const std::string& report : reports) {
    const Result<std::string> head =
        os::read_private_file(left.markers.get(), report, k_head_of_report);
    if (!head || !is_googletest_report(*head)) continue;
    if (!reports_no_tests(*head)) return false;
    is_one_empty = true;
  }
  return is_one_empty;
}

// Decides what the trace means. The absence of a trace is evidence only if the program was able to
// leave one.
void judge_end(GoogletestEnd end, const Policy& policy, AttemptResult& result) {
  Observation& seen = result.observation;
  const bool is_clear = end == GoogletestEnd::not_asked || end == GoogletestEnd::through;
  if (seen.main.kind != ProcessEnd::Kind::exited || is_clear) return;
  if (end == GoogletestEnd::unclear) {
    if (seen.main.code != 0) return;
    return add_clause(
        result.remark,
        "several GoogleTest programs began in it, so it is not known whether all its own "
        "cases had run");
  }
  if (seen.main.code != 0) return add_clause(result.remark, "not all its GoogleTest cases had run");
  if (result.report.rights_changed) {
    return add_clause(
        result.remark,
        "not all its GoogleTest cases seem to have run, but it had given up rights and could "
        "not have told");
  }
  seen.unfinished = policy.premature_exit == PrematureExit::fail;
  if (!seen.unfinished) {
    add_clause(result.remark, "exited with 0 before all its GoogleTest cases had run");
  }
}

void look_at_files(const Evidence& evidence, const Grant& grant, const os::ScratchContent& left,
                   AttemptResult& result) {
  Observation& seen = result.observation;
  std::vector<std::string> names = left.marker_files;
  const WeighedTrace trace = weigh_trace(evidence.googletest, left, names);
  judge_end(trace.end, grant.policy, result);
  if (trace.ran_nothing && seen.main.exited_with(0)) seen.ran_nothing = true;
  if (names.empty()) return;
  const GuardReport& report = result.report;
  JudgedMarkers judged = judge_markers(
      os::read_marker_files(left.markers.get(), names),
      {grant.identity.attempt, report.main_inside, report.earliest_start, report.latest_start});
  seen.marked = judged.reason.has_value();
  result.marker = std::move(judged.reason);
  result.orphans = std::move(judged.orphans);
}

// True: a setting gives a verdict to an empty selection, and this may be one.
bool wants_report(const Policy& policy, const Invocation& invocation) {
  return policy.no_tests != NoTests::keep &&
         may_select_nothing(invocation.command, invocation.environment) &&
         may_be_asked_for_report(invocation.command, invocation.environment);
}

// What a GoogleTest program is not asked that the settings want to know, and why; empty: there is
// nothing.
std::string not_asked(const Grant& grant, const Invocation& invocation) {
  std::string what;
  if (grant.policy.premature_exit != PrematureExit::ignore)
    what = "all its GoogleTest cases had run";
  if (wants_report(grant.policy, invocation)) {
    what += std::string(what.empty() ? "" : ", or whether ") + "it had any";
  }
  if (what.empty() || !grant.program.is_googletest) return {};
  std::string why;
  if (!grant.program.may_lose_rights.empty()) {
    why = "it " + grant.program.may_lose_rights;
  } else if (preloads(invocation.environment)) {
    why = "LD_PRELOAD or LD_AUDIT is set";
  }
  return why.empty() ? why : "not asked whether " + what + ": " + why;
}

}  // namespace

GoogletestTrace ask_for_trace(const Invocation& invocation, const Policy& policy,
                              const std::string& markers, TestEnvironment& told) {
  GoogletestTrace trace;
  if (policy.premature_exit != PrematureExit::ignore && !told.has(env::k_googletest_runs)) {
    std::string runs = text_of({markers, "/", names::k_googletest_runs_file});
    // GoogleTest crashes if it cannot open the file.
    trace.beginnings = make_beginnings(runs);
    if (trace.beginnings.valid()) {
      told.set(env::k_googletest_runs, runs);
      trace.runs_file = std::move(runs);
    }
  }
  if (wants_report(policy, invocation)) {
    trace.reports = told.set_if_absent(env::k_googletest_output, "xml:" + markers + "/");
  }
  return trace;
}

WeighedTrace weigh_trace(const GoogletestTrace& trace, const os::ScratchContent& left,
                         std::vector<std::string>& names) {
  WeighedTrace weighed;
  const bool are_all_read = names.size() < os::k_most_marker_files;
  if (!trace.runs_file.empty()) {
    const bool is_there = std::erase(names, names::k_googletest_runs_file) > 0;
    weighed.end = end_shown_by(trace, left, is_there);
  }
  if (!trace.reports) return weighed;
  const auto others = std::partition(names.begin(), names.end(), [](const std::string& name) {
    return !name.ends_with(names::k_googletest_report);
  });
  const std::vector<std::string> reports(others, names.end());
  names.erase(others, names.end());
  weighed.ran_nothing = are_all_read && say_no_tests(left, reports);
  return weighed;
}

Evidence ask_for_evidence(const Invocation& invocation, const Grant& grant,
                          const std::string& scratch, TestEnvironment& told) {
  Evidence evidence;
  evidence.pytest = is_pytest(invocation.command);
  if (scratch.empty()) return evidence;
  evidence.not_asked = not_asked(grant, invocation);
  if (grant.program.can_be_asked() && !preloads(invocation.environment)) {
    evidence.googletest = ask_for_trace(invocation, grant.policy, marker_directory(scratch), told);
  }
  return evidence;
}

void weigh_evidence(const Evidence& evidence, const Invocation& invocation, const Grant& grant,
                    const os::ScratchContent& left, AttemptResult& result) {
  Observation& seen = result.observation;
  seen.no_tests = grant.policy.no_tests;
  seen.skip_code = invocation.skip_code;
  seen.ran_nothing = evidence.pytest && seen.main.exited_with(k_pytest_found_nothing);
  if (evidence.pytest && seen.main.exited_with(k_pytest_usage_error)) {
    result.remark = "pytest did not understand what it was given: an option, a path, a conftest.py";
  }
  if (!evidence.not_asked.empty() && seen.main.exited_with(0)) {
    add_clause(result.remark, evidence.not_asked);
  }
  // A trace may be told by a file that is gone.
  const bool has_trace = !evidence.googletest.runs_file.empty();
  if (has_trace || !left.marker_files.empty()) look_at_files(evidence, grant, left, result);
  result.outcome = outcome_of(seen);
}

void weigh_end(const Invocation& invocation, AttemptResult& result) {
  result.observation.skip_code = invocation.skip_code;
  result.outcome = outcome_of(result.observation);
}

void note_orphans(const Grant& grant, const os::ScratchContent& left, AttemptResult& result) {
  std::vector<std::string> names;
  for (const std::string& name : left.marker_files) {
    if (name.starts_with(names::k_marker_prefix)) names.push_back(name);
  }
  if (names.empty()) return;
  result.orphans = judge_markers(os::read_marker_files(left.markers.get(), names),
                                 {grant.identity.attempt, 0, 0, 0})
                       .orphans;
}

void weigh_memory(KeeperLink& keeper, AttemptResult& result) {
  Observation& seen = result.observation;
  if (!seen.main.died_of(SIGKILL)) return;
  if (seen.end_reason != EndReason::none || seen.own_failure) return;
  seen.out_of_memory = result.report.oom_kills > 0 || keeper.asks_memory(result.report.main);
  result.outcome = outcome_of(seen);
}

}  // namespace holdfast::supervision
