#include "report/lanes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>

namespace holdfast {
namespace {

// What begins after an end that is not known counts as no time.
Job job_at(double begin, double wait, double service_wait, double work, double end) {
  Job job;
  job.begin = begin;
  job.waited = begin + std::max(wait, 0.0);
  job.served = job.waited + std::max(service_wait, 0.0);
  if (wait <= 0 && service_wait <= 0) job.served = job.waited = job.begin = work;
  job.served = std::max(job.served, work);
  job.end = std::max(job.served, end);
  return job;
}

Job job_of(const Attempt& attempt, double last) {
  const double begin = attempt.started.value_or(attempt.ended.value_or(0) - attempt.wall_s);
  return job_at(begin, attempt.lock_wait_s, attempt.service_wait_s, begin,
                attempt.ended.value_or(last));
}

// Until it is ready, a generation starts.
Job job_of(const ServiceGeneration& generation, double last) {
  const double end = generation.ended.value_or(last);
  const double ready = generation.ready.value_or(end);
  return job_at(generation.started, 0, ready - generation.started, ready, end);
}

Job job_of(const StepRecord& step) {
  const double work = step.at - step.wall_s;
  return job_at(work - step.slot_wait_s, step.slot_wait_s, 0, work, step.at);
}

// Times as close as that are one time, or a job would not get the lane of the one before it.
std::int64_t microseconds(double seconds) {
  constexpr double k_longest = 1e9;
  return std::llround(std::clamp(seconds, 0.0, k_longest) * 1e6);
}

// Gives each job the first lane that is free.
void put_in_lanes(std::vector<Job>& jobs, double first) {
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const Job& a, const Job& b) { return a.begin < b.begin; });
  using Used = std::pair<std::int64_t, std::size_t>;  // until when, and the lane
  std::priority_queue<Used, std::vector<Used>, std::greater<>> used;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
  std::size_t lanes = 0;
  for (Job& job : jobs) {
    const std::int64_t begin = microseconds(job.begin - first);
    for (; !used.empty() && used.top().first <= begin; used.pop()) free.push(used.top().second);
    if (free.empty()) free.push(++lanes);
    job.lane = free.top();
    free.pop();
    used.emplace(microseconds(job.end - first), job.lane);
  }
}

}  // namespace

Timeline timeline_of(const RunReport& report) {
  const double last = report.run.ended.value_or(0);
  Timeline timeline;
  const auto add = [](std::vector<Job>& jobs, Job job, std::size_t of, std::size_t attempt = 0) {
    job.of = of;
    job.attempt = attempt;
    jobs.push_back(job);
  };
  for (std::size_t i = 0; i < report.steps.size(); ++i)
    add(timeline.steps, job_of(report.steps[i]), i);
  for (std::size_t i = 0; i < report.tests.size(); ++i) {
    const std::vector<Attempt>& attempts = report.tests[i].attempts;
    for (std::size_t j = 0; j < attempts.size(); ++j) {
      if (attempts[j].started || attempts[j].ended)
        add(timeline.tests, job_of(attempts[j], last), i, j);
    }
  }
  for (std::size_t i = 0; i < report.services.size(); ++i) {
    const ServiceReport& service = report.services[i];
    for (std::size_t j = 0; j < service.generations.size(); ++j)
      add(timeline.services, job_of(service.generations[j], last), i, j);
  }
  constexpr double k_never = 1e18;
  double first = k_never;
  for (const std::vector<Job>* jobs : {&timeline.steps, &timeline.tests, &timeline.services}) {
    for (const Job& job : *jobs) first = std::min(first, job.begin);
  }
  if (first < k_never) timeline.first = first;
  for (std::vector<Job>* jobs : {&timeline.steps, &timeline.tests, &timeline.services})
    put_in_lanes(*jobs, timeline.first);
  return timeline;
}

}  // namespace holdfast
