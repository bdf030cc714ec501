// The trace format: "Trace Event Format" of Chromium, which Perfetto reads too. Times are in
// microseconds from the first event.
#include "report/render.hpp"

#include "base/text.hpp"
#include "command/json.hpp"
#include "report/describe.hpp"
#include "report/lanes.hpp"
#include "report/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

// Viewers show each of them as a process, and its lanes as threads.
enum class Group : std::uint8_t { build = 1, tests = 2, services = 3 };

struct Slice {
  std::string name;
  std::string_view kind;
  double begin = 0;  // seconds since 1970
  double end = 0;
  Json about = Json::object();
};

// What one job did, in slices one after the other.
using Slices = std::vector<Slice>;

void add_wait(Slices& slices, std::string name, double begin, double end) {
  if (end > begin) slices.push_back({std::move(name), "wait", begin, end});
}

// What an attempt waited for before its services.
std::string words_of_wait(const Attempt& attempt) {
  std::string words = "waits for ";
  if (attempt.slurm_wait_s > 0) words += "its step";
  if (attempt.slurm_wait_s > 0 && attempt.locks.empty()) return words;
  if (attempt.slurm_wait_s > 0) words += " and ";
  return words + "locks: " + bounded_list(attempt.locks, 8);
}

// Of a generation that another has followed.
std::string_view outcome_of(const ServiceGeneration& generation, const ServiceReport& service) {
  const bool has_died = std::ranges::any_of(service.deaths, [&](const ServiceDeath& death) {
    return death.generation == generation.number;
  });
  if (has_died) return "died";
  return generation.ready ? "ended" : "unavailable";
}

Slices slices_of(const RunReport& report, const Job& job, Group group) {
  Slices slices;
  Slice work{{}, {}, job.served, job.end};
  if (group == Group::build) {
    const StepRecord& step = report.steps.at(job.of);
    if (step.slot_wait_s > 0) add_wait(slices, "waits for a slot", job.begin, job.waited);
    work.name = title_of(step);
    work.kind = "step";
    work.about["outcome"] = name_of(step.outcome.value_or(Outcome::unknown));
  } else if (group == Group::tests) {
    const TestReport& test = report.tests.at(job.of);
    const Attempt& attempt = test.attempts.at(job.attempt);
    add_wait(slices, words_of_wait(attempt), job.begin, job.waited);
    add_wait(slices, "waits for services: " + bounded_list(attempt.services, 8), job.waited,
             job.served);
    work.name = test.name;
    work.kind = "test";
    work.about["attempt"] = attempt.n;
    if (!attempt.node.empty()) work.about["node"] = valid_utf8(attempt.node);
    work.about["end"] = ending(attempt);
    work.about["outcome"] = name_of(outcome_of(attempt));
  } else {
    const ServiceReport& service = report.services.at(job.of);
    const ServiceGeneration& generation = service.generations.at(job.attempt);
    const std::string name = fmt::format("{} #{}", service.name, generation.number);
    add_wait(slices, name + " starts", job.waited, job.served);
    work.name = name;
    work.kind = "service";
    work.about["instance"] = service.instance;
    const bool is_last = job.attempt + 1 == service.generations.size();
    work.about["outcome"] = is_last ? service.outcome : outcome_of(generation, service);
  }
  slices.push_back(std::move(work));
  return slices;
}

class Trace {
 public:
  Trace(const RunReport& report, double first, const Write& write)
      : report_(report), first_(first), write_(write) {}

  void add(Group group, std::string_view name, const Jobs& jobs) {
    if (jobs.empty()) return;
    name_it(group, 0, "process_name", name);
    name_lanes(group, jobs);
    for (const Job& job : jobs) {
      for (const Slice& slice : slices_of(report_, job, group)) put(group, job.lane, slice);
    }
  }

 private:
  void name_lanes(Group group, const Jobs& jobs) {
    std::size_t lane = 0;
    for (const LaneGroup& lanes : jobs.groups) {
      const std::string name = valid_utf8(name_of(lanes, report_));
      const std::string of = name.empty() ? "" : name + ": ";
      for (std::size_t i = 1; i <= lanes.lanes; ++i)
        name_it(group, ++lane, "thread_name", fmt::format("{}job {}", of, i));
    }
  }

  void put(Group group, std::size_t lane, const Slice& slice) {
    const std::int64_t begin = microseconds(slice.begin - first_);
    put({{"name", valid_utf8(slice.name)},
         {"cat", slice.kind},
         {"ph", "X"},
         {"ts", begin},
         {"dur", microseconds(slice.end - first_) - begin},
         {"pid", static_cast<int>(group)},
         {"tid", lane},
         {"args", slice.about}});
  }

  void name_it(Group group, std::size_t lane, std::string_view what, std::string_view name) {
    put({{"name", what},
         {"ph", "M"},
         {"pid", static_cast<int>(group)},
         {"tid", lane},
         {"args", {{"name", name}}}});
  }

  void put(const Json& event) {
    write_((is_first_ ? "\n" : ",\n") + compact(event));
    is_first_ = false;
  }

  const RunReport& report_;
  double first_;
  const Write& write_;
  bool is_first_ = true;
};

}  // namespace

void render_trace(const RunReport& report, Outputs& /*outputs*/, const Write& write, JunitReader) {
  const Timeline timeline = timeline_of(report);
  Json about;
  about["run"] = valid_utf8(report.run.id);
  about["complete"] = report.run.complete;
  for (const Shard& shard : report.shards) about["shards"].push_back(valid_utf8(shard.name));
  write("{\"displayTimeUnit\":\"ms\",\"otherData\":" + compact(about) + ",\"traceEvents\":[");
  Trace trace(report, timeline.first, write);
  trace.add(Group::build, "build steps", timeline.steps);
  trace.add(Group::tests, "tests", timeline.tests);
  trace.add(Group::services, "services", timeline.services);
  write("\n]}\n");
}

}  // namespace holdfast
