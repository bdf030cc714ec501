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

void look_at_files(const Evidence& evidence, const Invocation& invocation, const Grant& grant,
                   const os::ScratchContent& left, AttemptResult& result) {
  Observation& seen = result.observation;
  std::vector<std::string> names = left.marker_files;
  weigh_trace(evidence.googletest, invocation, left, names, seen);
  if (names.empty()) return;
  JudgedMarkers judged = judge_markers(os::read_marker_files(left.markers.get(), names),
                                       owner_of(grant, result.report));
  seen.marked = judged.reason.has_value();
  result.marker = std::move(judged.reason);
  result.orphans = std::move(judged.orphans);
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
  if (!grant.is_googletest) return evidence;
  evidence.googletest = ask_for_trace(invocation, markers, told);
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
  if (!left.marker_files.empty()) look_at_files(evidence, invocation, grant, left, result);
  if (seen.unfinished && seen.main.kind == ProcessEnd::Kind::exited && seen.main.code != 0) {
    result.remark = "its GoogleTest cases were not through";
  }
  result.outcome = outcome_of(seen);
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
