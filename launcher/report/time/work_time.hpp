// When an attempt's test itself ran: without the waits for its locks, its step and
// services.
#pragma once

#include <algorithm>
#include <optional>

#include "report/model.hpp"

namespace holdfast {

struct WorkTime {
  double begin = 0;  // seconds since 1970
  double end = 0;
  double seconds = 0;
};

// Empty: the end is not on record. If the launcher was killed, the record of the end has no length.
inline std::optional<WorkTime> work_time_of(const Attempt& attempt) {
  if (!attempt.has_ended || !attempt.ended) return std::nullopt;
  WorkTime time;
  time.end = *attempt.ended;
  time.begin = time.end - attempt.wall_s;
  if (attempt.started) {
    time.begin =
        *attempt.started + attempt.lock_wait_s + attempt.slurm_wait_s + attempt.service_wait_s;
  }
  time.seconds = attempt.wall_s > 0 ? attempt.wall_s : std::max(0.0, time.end - time.begin);
  return time;
}

}  // namespace holdfast
