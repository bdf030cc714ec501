// Which lock an attempt waits for, by the records of the locks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/lock/lock_survey.hpp"

namespace holdfast::cli {

struct LockWait {
  std::string lock;    // `db@project`; empty: the attempt does not wait
  std::string holder;  // the test that has the lock, the first of them; empty: not known
};

LockWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks);

}  // namespace holdfast::cli
