#include "supervision/attempt/guard_report.hpp"

#include <sys/resource.h>
#include <algorithm>

#include <cstring>

#include "os/process/packet_socket.hpp"
#include "supervision/base/step_files.hpp"

namespace holdfast::supervision {
namespace {

std::int64_t microseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

}  // namespace

unsigned list_processes(const std::vector<os::NamedProcess>& processes,
                        std::array<ListedProcess, k_most_listed>& list) {
  for (std::size_t i = 0; i < std::min(processes.size(), list.size()); ++i) {
    list[i].pid = processes[i].pid;
    std::strncpy(list[i].name.data(), processes[i].name.c_str(), list[i].name.size() - 1);
  }
  return static_cast<unsigned>(processes.size());
}

void add_usage(GuardReport& report) {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  report.user_us = microseconds(used.ru_utime);
  report.system_us = microseconds(used.ru_stime);
  report.max_rss_kb = used.ru_maxrss;
}

void record_in_launchers_place(const AttemptPlan& plan, const GuardReport& report,
                               std::int64_t wall_us) {
  AttemptResult result;
  result.report = report;
  result.observation.end_reason = EndReason::parent_gone;
  result.outcome = outcome_of(result.observation);
  result.wall_us = wall_us;
  if (plan.step != nullptr) {
    plan.outputs->remove();
    result.note = "the launcher of the step was killed; its process tree was ended";
    return record_step(*plan.step, result);
  }
  result.note = "the launcher of the test was killed; its process tree was ended";
  (void)record_end(*plan.identity, result);
  bid_farewell(plan.keeper, LentScratch::used);
  // The keeper holds the test's locks and the build tree. If it is stopped, it would hold both for
  // ever.
  if (plan.keeper >= 0) (void)os::continue_peer(plan.keeper);
}

}  // namespace holdfast::supervision
