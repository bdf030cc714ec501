// How long a run still takes, by what is known of its tests.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace holdfast::cli {

// Seconds by the name of a test.
using KnownDurations = std::unordered_map<std::string, double>;

struct RunningFor {
  std::string test;
  double seconds = 0;
};

struct Progress {
  const KnownDurations& known;
  const std::unordered_set<std::string>& begun;  // the tests that have begun
  std::vector<RunningFor> running;
  std::size_t not_begun = 0;  // how many tests are still to begin; which ones nobody knows
  std::size_t jobs = 1;       // ctest's -j
};

// Seconds until the last test ends. Each test that has not begun counts with the mean of the known
// tests that have not begun either, or if all known ones have begun, of all of them. None: nothing
// is known of the tests that are left.
std::optional<double> time_left(const Progress& progress);

}  // namespace holdfast::cli
