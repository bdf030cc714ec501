#include "report/lanes.hpp"

#include <algorithm>
#include <cmath>
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

// The length of what ran on a node is by that node's clock, from the moment when its start was
// known here; the end here also has what Slurm takes to end a step.
Job job_of(const Attempt& attempt, double last) {
  const double begin = attempt.started.value_or(attempt.ended.value_or(0) - attempt.wall_s);
  Job job = job_at(begin, attempt.lock_wait_s + attempt.slurm_wait_s, attempt.service_wait_s, begin,
                   attempt.ended.value_or(last));
  job.node = attempt.node;
  if (!job.node.empty() && attempt.wall_s > 0) job.end = job.served + attempt.wall_s;
  return job;
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

// The lanes of one shard.
class Lanes {
 public:
  // Returns the first lane that is free from `begin` on, in microseconds, and takes it until `end`.
  std::size_t take(std::int64_t begin, std::int64_t end) {
    for (; !used_.empty() && used_.top().first <= begin; used_.pop())
      free_.push(used_.top().second);
    if (free_.empty()) free_.push(++count);
    const std::size_t lane = free_.top();
    free_.pop();
    used_.emplace(end, lane);
    return lane;
  }

  std::size_t count = 0;
  std::size_t above = 0;  // how many lanes the groups before it have

 private:
  using Used = std::pair<std::int64_t, std::size_t>;  // until when, and the lane
  std::priority_queue<Used, std::vector<Used>, std::greater<>> used_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free_;
};

void put_in_lanes(Jobs& jobs, double first, std::size_t shards) {
  std::ranges::stable_sort(jobs, {}, &Job::begin);
  std::map<std::pair<std::size_t, std::string>, Lanes> lanes;
  for (std::size_t i = 0; i < shards; ++i) lanes[{i, {}}];
  for (Job& job : jobs)
    job.lane = lanes[{job.shard, job.node}].take(microseconds(job.begin - first),
                                                 microseconds(job.end - first));
  std::size_t above = 0;
  for (auto& [of, own] : lanes) {
    jobs.groups.push_back({of.first, of.second, own.count});
    own.above = std::exchange(above, above + own.count);
  }
  for (Job& job : jobs) job.lane += lanes[{job.shard, job.node}].above;
}

void add(Jobs& jobs, Job job, std::size_t shard, std::size_t of, std::size_t attempt = 0) {
  job.of = of;
  job.attempt = attempt;
  job.shard = shard;
  jobs.push_back(job);
}

// The jobs of a report in lists, each with its shard.
Timeline unplaced_jobs_of(const RunReport& report) {
  Timeline timeline;
  const auto end_of = [&](std::size_t shard) { return run_of(report, shard).ended.value_or(0); };
  for (std::size_t i = 0; i < report.steps.size(); ++i)
    add(timeline.steps, job_of(report.steps[i]), shard_of_step(report, i), i);
  for (std::size_t i = 0; i < report.tests.size(); ++i) {
    const TestReport& test = report.tests[i];
    for (std::size_t j = 0; j < test.attempts.size(); ++j) {
      const Attempt& attempt = test.attempts[j];
      if (attempt.started || attempt.ended)
        add(timeline.tests, job_of(attempt, end_of(test.shard)), test.shard, i, j);
    }
  }
  for (std::size_t i = 0; i < report.services.size(); ++i) {
    const ServiceReport& service = report.services[i];
    for (std::size_t j = 0; j < service.generations.size(); ++j)
      add(timeline.services, job_of(service.generations[j], end_of(service.shard)), service.shard,
          i, j);
  }
  return timeline;
}

}  // namespace

std::int64_t microseconds(double seconds) {
  constexpr double k_longest_lane = 1e9;
  return std::llround(std::clamp(seconds, 0.0, k_longest_lane) * 1e6);
}

std::string name_of(const LaneGroup& group, const RunReport& report) {
  std::string name = report.shards.empty() ? std::string() : report.shards.at(group.shard).name;
  if (!group.node.empty()) name += (name.empty() ? "" : ", ") + group.node;
  return name;
}

std::size_t shard_of_step(const RunReport& report, std::size_t step) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < report.shards.size(); ++i) {
    end += report.shards[i].steps;
    if (step < end) return i;
  }
  return 0;
}

Timeline timeline_of(const RunReport& report) {
  Timeline timeline = unplaced_jobs_of(report);
  constexpr double k_never = 1e18;
  double first = k_never;
  for (const Jobs* jobs : {&timeline.steps, &timeline.tests, &timeline.services}) {
    for (const Job& job : *jobs) first = std::min(first, job.begin);
  }
  if (first < k_never) timeline.first = first;
  const std::size_t shards = std::max<std::size_t>(1, report.shards.size());
  for (Jobs* jobs : {&timeline.steps, &timeline.tests, &timeline.services})
    put_in_lanes(*jobs, timeline.first, shards);
  return timeline;
}

}  // namespace holdfast
