// Which tests take longest: `holdfast slowest`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "history/past_run.hpp"

namespace holdfast {

// Of fewer runs nobody can say that they are slow.
inline constexpr std::size_t k_least_runs = 3;
// So many of the last runs count.
inline constexpr std::size_t k_last_runs = 10;

// In seconds; 0 for no times.
double median_s(std::vector<std::int64_t> times_ms);

struct SlowTest {
  TestId test;
  double median = 0;  // of its last runs, in seconds
  double last = 0;
  std::size_t runs = 0;  // how many these are
};

// The times of tests and cases where they passed.
class Durations {
 public:
  // The runs, oldest first.
  void add(const PastRun& run);
  // The last k_last_runs of them in milliseconds, oldest first.
  std::vector<std::int64_t> of(const TestId& test) const;
  // The slowest first. Only tests of ctest.
  std::vector<SlowTest> sorted() const;

 private:
  std::map<TestId, std::vector<std::int64_t>> times_;
};

std::string slowest_text(const std::vector<SlowTest>& sorted);
std::string slowest_json(const std::vector<SlowTest>& sorted);

}  // namespace holdfast
