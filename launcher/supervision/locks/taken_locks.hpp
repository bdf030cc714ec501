// The result of taking locks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "os/lock/lock_file.hpp"
#include "supervision/locks/cluster_locks.hpp"

namespace holdfast::supervision {

struct TakenLocks {
  std::vector<os::LockRequest> held;  // those of the attempt's ports come last
  ClusterLocks cluster;               // those of scope `cluster`
  Milliseconds waited{0};
  // `lost`: those of scope `cluster` that it had, while it waited for others.
  enum class End : std::uint8_t { had, not_in_time, refused, interrupted, lost } end = End::had;
  int signal = 0;       // with interrupted: the signal, or 0 when ctest died
  std::string trouble;  // why the locks were not taken, in one sentence
};

}  // namespace holdfast::supervision
