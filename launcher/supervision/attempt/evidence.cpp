#include "supervision/attempt/evidence.hpp"

#include <signal.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/names.hpp"
#include "core/ctest/test_framework.hpp"
#include "os/file/marker_files.hpp"

namespace holdfast::supervision {
namespace {

MarkerOwner owner_of(const Grant& grant, const GuardReport& report) {
  return {grant.identity.attempt, report.main_inside, report.earliest_start, report.latest_start};
}

bool exited_with(const Observation& seen, int code) {
  return seen.main.kind == ProcessEnd::Kind::exited && seen.main.code == code;
}

void note(std::string& remark, std::string_view more) {
  if (!remark.empty()) remark += "; ";
  remark += more;
}

// Decides what the trace means. The absence of a trace is evidence only if the program was able to
// leave one.
void judge_end(GoogletestEnd end, const Policy& policy, AttemptResult& result) {
  Observation& seen = result.observation;
  const bool is_clear = end == GoogletestEnd::not_asked || end == GoogletestEnd::through;
  if (seen.main.kind != ProcessEnd::Kind::exited || is_clear) return;
  if (end == GoogletestEnd::unclear) {
    if (seen.main.code != 0) return;
    return note(result.remark,
                "several GoogleTest programs began in it, so it is not known whether all its own "
                "cases had run");
  }
  if (seen.main.code != 0) return note(result.remark, "not all its GoogleTest cases had run");
  if (result.report.rights_changed) {
    return note(
        result.remark,
        "not all its GoogleTest cases seem to have run, but it had given up rights and could "
        "not have told");
  }
  seen.unfinished = policy.premature_exit == PrematureExit::fail;
  if (!seen.unfinished) {
    note(result.remark, "exited with 0 before all its GoogleTest cases had run");
  }
}

void look_at_files(const Evidence& evidence, const Grant& grant, const os::ScratchContent& left,
                   AttemptResult& result) {
  Observation& seen = result.observation;
  std::vector<std::string> names = left.marker_files;
  const WeighedTrace trace = weigh_trace(evidence.googletest, left, names);
  judge_end(trace.end, grant.policy, result);
  if (trace.ran_nothing && exited_with(seen, 0)) seen.ran_nothing = true;
  if (names.empty()) return;
  JudgedMarkers judged = judge_markers(os::read_marker_files(left.markers.get(), names),
                                       owner_of(grant, result.report));
  seen.marked = judged.reason.has_value();
  result.marker = std::move(judged.reason);
  result.orphans = std::move(judged.orphans);
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

Evidence ask_for_evidence(const Invocation& invocation, const Grant& grant,
                          const std::string& scratch, TestEnvironment& told) {
  namespace env = environment;
  Evidence evidence;
  evidence.pytest = is_pytest(invocation.command);
  if (scratch.empty()) return evidence;
  const std::string markers = scratch + "/" + std::string(names::k_marker_directory);
  told.set(env::k_marker_dir, markers);
  evidence.not_asked = not_asked(grant, invocation);
  if (grant.program.can_be_asked() && !preloads(invocation.environment)) {
    evidence.googletest = ask_for_trace(invocation, grant.policy, markers, told);
  }
  return evidence;
}

void weigh_evidence(const Evidence& evidence, const Invocation& invocation, const Grant& grant,
                    const os::ScratchContent& left, AttemptResult& result) {
  Observation& seen = result.observation;
  seen.no_tests = grant.policy.no_tests;
  seen.skip_code = invocation.skip_code;
  seen.ran_nothing = evidence.pytest && exited_with(seen, k_pytest_found_nothing);
  if (evidence.pytest && exited_with(seen, k_pytest_usage_error)) {
    result.remark = "pytest did not understand what it was given: an option, a path, a conftest.py";
  }
  if (!evidence.not_asked.empty() && exited_with(seen, 0)) {
    note(result.remark, evidence.not_asked);
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
  if (seen.main.kind != ProcessEnd::Kind::signalled || seen.main.code != SIGKILL) return;
  if (seen.end_reason != EndReason::none || seen.own_failure) return;
  seen.out_of_memory = result.report.oom_kills > 0 || keeper.asks_memory(result.report.main);
  result.outcome = outcome_of(seen);
}

}  // namespace holdfast::supervision
