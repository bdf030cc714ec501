// When each job of a run waited and worked, and in which lane of a timeline it stands. Jobs that
// overlap have different lanes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "report/model.hpp"

namespace holdfast {

// One attempt of a test, one build step, or one generation of a service, which counts as served
// when it is ready. All times are in seconds since 1970, and none is before the one above it.
struct Job {
  double begin = 0;         // the wait for its locks or its slot begins
  double waited = 0;        // it has them, and the wait for its services begins
  double served = 0;        // it has these too, and its work begins
  double end = 0;           // if it has not ended: the end of the run
  std::size_t of = 0;       // which one it is in the report's list of tests, steps or services
  std::size_t attempt = 0;  // which one of its test's attempts, or of its service's generations
  std::size_t shard = 0;    // an index in RunReport::shards
  std::string node = {};    // the node of a Slurm allocation; empty: it ran beside ctest
  std::size_t lane = 0;     // from 1
};

// A length of time in a timeline. Times as close as that are one time, or a job would not get the
// lane of the one before it.
std::int64_t microseconds(double seconds);

// Lanes that belong together: those of one shard and one node.
struct LaneGroup {
  std::size_t shard = 0;
  std::string node = {};
  std::size_t lanes = 0;
};

// In the order in which they began. The lanes of the first shard come first, then those of the
// second; in a shard those beside ctest, then those of each node. Each shard has at least one
// group.
struct Jobs : std::vector<Job> {
  std::vector<LaneGroup> groups;
};

// Returns the name of a group: its shard, its node, or both. Empty: the report is about one run on
// one machine.
std::string name_of(const LaneGroup& group, const RunReport& report);

struct Timeline {
  double first = 0;  // when the first job began; 0: there are no jobs
  Jobs steps;
  Jobs tests;  // attempts for which the journal has no time are missing
  Jobs services;
};

Timeline timeline_of(const RunReport& report);

// Returns the shard of the step with this place in RunReport::steps. 0 in the report of one run.
std::size_t shard_of_step(const RunReport& report, std::size_t step);

}  // namespace holdfast
