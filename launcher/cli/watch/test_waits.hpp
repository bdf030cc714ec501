// What an attempt waits for: a lock of this machine, by the records of the locks, or something
// else, by its run's keeper.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/tree/live_runs.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::cli {

struct TestWait {
  wire::AttemptWait of = {};
  std::string holder = {};  // the test that has the lock, the first of them; empty: not known

  bool is_any() const { return !of.names.empty(); }
  // What it waits for, if that is of this kind; else empty.
  std::string names_of(wire::WaitFor kind) const { return of.what == kind ? of.names : ""; }
  // Whether both wait for the same.
  bool is_as(const TestWait& other) const {
    return of.what == other.of.what && of.names == other.of.names;
  }
};

TestWait wait_of(std::string_view attempt, std::int64_t launcher,
                 const std::vector<os::SurveyedLock>& locks, const std::vector<LiveWait>& waits);

}  // namespace holdfast::cli
