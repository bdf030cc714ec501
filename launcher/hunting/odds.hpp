// How sure one can be of what a number of runs has shown. Pure.
#pragma once

#include <cstdint>

namespace holdfast {

// How often something was tried, and how often it failed.
struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;

  Tally& operator+=(const Tally& other) {
    runs += other.runs;
    failures += other.failures;
    return *this;
  }
  double rate() const;  // 0 without runs
};

// Between these the rate of failures lies, with a certainty of 95 %: the exact bounds of Clopper
// and Pearson (Biometrika 26, 1934). Without failures, all of the 5 % is on the upper side.
struct RateBounds {
  double low = 0;
  double high = 1;
};
RateBounds bounds_of(const Tally& tally);

// The probability that `with` has at least so many of all failures by chance, if it made no
// difference: Fisher's exact test, one-sided.
double chance_of(const Tally& with, const Tally& without);

}  // namespace holdfast
