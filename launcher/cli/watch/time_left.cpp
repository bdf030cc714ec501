#include "cli/watch/time_left.hpp"

#include <algorithm>

namespace holdfast::cli {
namespace {

// Of tests that have not begun, or with `all` of all of them.
std::optional<double> mean_of_known(const Progress& progress, bool all) {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& [test, seconds] : progress.known) {
    if (!all && progress.begun.count(test) != 0) continue;
    sum += seconds;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace

std::optional<double> time_left(const Progress& progress) {
  double work = 0;
  double longest = 0;
  bool any_known = progress.running.empty();
  for (const RunningFor& one : progress.running) {
    const auto known = progress.known.find(one.test);
    if (known == progress.known.end()) continue;
    any_known = true;
    const double rest = std::max(0.0, known->second - one.seconds);
    work += rest;
    longest = std::max(longest, rest);
  }
  if (progress.not_begun > 0) {
    std::optional<double> mean = mean_of_known(progress, false);
    if (!mean) mean = mean_of_known(progress, true);
    if (!mean) return std::nullopt;
    work += *mean * static_cast<double>(progress.not_begun);
    longest = std::max(longest, *mean);
  } else if (!any_known) {
    return std::nullopt;
  }
  return std::max(longest, work / static_cast<double>(std::max<std::size_t>(1, progress.jobs)));
}

}  // namespace holdfast::cli
