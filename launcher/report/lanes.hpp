// When each job of a run waited and worked, and in which lane of a timeline it stands. Jobs that
// overlap have different lanes.
#pragma once

#include <cstddef>
#include <vector>

#include "report/model.hpp"

namespace holdfast {

// One attempt of a test, one build step, or one generation of a service, which is not served until
// it is ready. All times are in seconds
// since 1970, and none is before the one above it.
struct Job {
  double begin = 0;         // the wait for its locks or its slot begins
  double waited = 0;        // it has them, and the wait for its services begins
  double served = 0;        // it has these too, and its work begins
  double end = 0;           // if it has not ended: the end of the run
  std::size_t of = 0;       // which one it is in the report's list of tests, steps or services
  std::size_t attempt = 0;  // which one of its test's attempts, or of its service's generations
  std::size_t lane = 0;     // from 1
};

// Each list is in the order in which the jobs began.
struct Timeline {
  double first = 0;  // the first job began; 0: there are no jobs
  std::vector<Job> steps;
  std::vector<Job> tests;  // attempts for which the journal has no time are missing
  std::vector<Job> services;
};

Timeline timeline_of(const RunReport& report);

}  // namespace holdfast
