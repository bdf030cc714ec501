// The trace format: "Trace Event Format" of Chromium, which Perfetto reads too. Times are in
// microseconds from the first event.
#include "report/render.hpp"

#include "core/base/utf8.hpp"
#include "report/describe.hpp"
#include "report/steps.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

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
using Job = std::vector<Slice>;

// What begins after an end that is not known counts as no time.
void append(Job& job, Slice slice) {
  if (!job.empty()) slice.begin = std::max(slice.begin, job.back().end);
  slice.end = std::max(slice.begin, slice.end);
  job.push_back(std::move(slice));
}

void append_wait(Job& job, std::string name, double begin, double wait) {
  if (!job.empty()) begin = job.back().end;
  if (wait > 0) append(job, {std::move(name), "wait", begin, begin + wait});
}

Job job_of(const TestReport& test, const Attempt& attempt, double last) {
  const double begin = attempt.started.value_or(attempt.ended.value_or(0) - attempt.wall_s);
  Job job;
  append_wait(job, "waits for locks: " + bounded_list(attempt.locks, 8), begin,
              attempt.lock_wait_s);
  append_wait(job, "waits for services: " + bounded_list(attempt.services, 8), begin,
              attempt.service_wait_s);
  Slice run{test.name, "test", begin, attempt.ended.value_or(last)};
  run.about["attempt"] = attempt.n;
  run.about["end"] = ending(attempt);
  const Outcome without_end = attempt.is_running ? Outcome::unknown : Outcome::interrupted;
  run.about["outcome"] = name_of(attempt.outcome.value_or(without_end));
  append(job, std::move(run));
  return job;
}

Job job_of(const StepRecord& step) {
  const double begin = step.at - step.wall_s;
  Job job;
  append_wait(job, "waits for a slot", begin - step.slot_wait_s, step.slot_wait_s);
  Slice run{title_of(step), "step", begin, step.at};
  run.about["outcome"] = name_of(step.outcome.value_or(Outcome::unknown));
  append(job, std::move(run));
  return job;
}

Job job_of(const ServiceReport& service, double last) {
  Slice life{service.name, "service", *service.started, service.ended.value_or(last)};
  life.about["outcome"] = service.outcome;
  life.about["generations"] = service.generation;
  Job job;
  append(job, std::move(life));
  return job;
}

class Trace {
 public:
  explicit Trace(const Write& write) : write_(write) {}

  void add(Group group, std::string_view name, std::vector<Job> jobs, double first) {
    if (jobs.empty()) return;
    std::stable_sort(jobs.begin(), jobs.end(),
                     [](const Job& a, const Job& b) { return a.front().begin < b.front().begin; });
    name_it(group, 0, "process_name", name);
    std::vector<std::int64_t> free_from;  // of each lane
    for (const Job& job : jobs) {
      const std::int64_t begin = microseconds(job.front().begin - first);
      const auto free = std::find_if(free_from.begin(), free_from.end(),
                                     [&](std::int64_t from) { return from <= begin; });
      const std::int64_t lane = free - free_from.begin() + 1;
      const std::int64_t end = microseconds(job.back().end - first);
      if (free == free_from.end()) {
        free_from.push_back(end);
        name_it(group, lane, "thread_name", fmt::format("job {}", lane));
      } else {
        *free = end;
      }
      for (const Slice& slice : job) put(group, lane, slice, first);
    }
  }

 private:
  static std::int64_t microseconds(double seconds) {
    constexpr double k_longest = 1e9;
    return std::llround(std::clamp(seconds, 0.0, k_longest) * 1e6);
  }

  void put(Group group, std::int64_t lane, const Slice& slice, double first) {
    Json event;
    event["name"] = valid_utf8(slice.name);
    event["cat"] = slice.kind;
    event["ph"] = "X";
    event["ts"] = microseconds(slice.begin - first);
    event["dur"] = microseconds(slice.end - first) - microseconds(slice.begin - first);
    event["pid"] = static_cast<int>(group);
    event["tid"] = lane;
    event["args"] = slice.about;
    put(event);
  }

  void name_it(Group group, std::int64_t lane, std::string_view what, std::string_view name) {
    Json event;
    event["name"] = what;
    event["ph"] = "M";
    event["pid"] = static_cast<int>(group);
    event["tid"] = lane;
    event["args"]["name"] = name;
    put(event);
  }

  void put(const Json& event) {
    write_((is_first_ ? "\n" : ",\n") + event.dump(-1, ' ', false, Json::error_handler_t::replace));
    is_first_ = false;
  }

  const Write& write_;
  bool is_first_ = true;
};

double first_of(const std::vector<Job>& jobs, double first) {
  for (const Job& job : jobs) first = std::min(first, job.front().begin);
  return first;
}

}  // namespace

void render_trace(const RunReport& report, Outputs& /*outputs*/, const Write& write) {
  const double last = report.run.ended.value_or(0);
  std::vector<Job> steps;
  for (const StepRecord& step : report.steps) steps.push_back(job_of(step));
  std::vector<Job> tests;
  for (const TestReport& test : report.tests) {
    for (const Attempt& attempt : test.attempts) {
      if (attempt.started || attempt.ended) tests.push_back(job_of(test, attempt, last));
    }
  }
  std::vector<Job> services;
  for (const ServiceReport& service : report.services) {
    if (service.started) services.push_back(job_of(service, last));
  }
  constexpr double k_never = 1e18;
  const double first = first_of(services, first_of(tests, first_of(steps, k_never)));
  Json about;
  about["run"] = valid_utf8(report.run.id);
  about["complete"] = report.run.complete;
  write("{\"displayTimeUnit\":\"ms\",\"otherData\":" +
        about.dump(-1, ' ', false, Json::error_handler_t::replace) + ",\"traceEvents\":[");
  Trace trace(write);
  trace.add(Group::build, "build steps", std::move(steps), first);
  trace.add(Group::tests, "tests", std::move(tests), first);
  trace.add(Group::services, "services", std::move(services), first);
  write("\n]}\n");
}

}  // namespace holdfast
