// What an attempt waits for: a lock, by the records of the locks, or services, by its run's keeper.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/tree/live_runs.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::cli {

struct TestWait {
  std::string lock = {};      // `db@project`
  std::string holder = {};    // the test that has the lock, the first of them; empty: not known
  std::string services = {};  // `db, web`
  std::string why = {};       // what keeps the services from the test

  bool is_any() const { return !lock.empty() || !services.empty(); }
  // Whether both wait for the same.
  bool is_as(const TestWait& other) const {
    return lock == other.lock && services == other.services;
  }
};

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks,
                 const std::vector<ServiceWait>& services);

// `lock db@project` or `service db`.
std::string subject_of(const TestWait& wait);

}  // namespace holdfast::cli
