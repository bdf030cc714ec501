// Runs one test again and again, side by side and varied, and counts how it fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "hunting/lane.hpp"
#include "hunting/stress_result.hpp"
#include "os/signal/replacing.hpp"

namespace holdfast::cli {

struct StressOrder {
  Quarry quarry;
  Milliseconds time = k_longest;
  std::optional<std::uint64_t> runs = {};  // none: as many as the time allows
  std::size_t jobs = 1;                    // lanes
  bool until_fail = false;
  VaryRules rules = usual_rules();
  std::uint64_t seed = 0;
  std::string directory;  // of the hunt, which exists
  // Shows how far the hunt is. Called several times in a second.
  std::function<void(const StressResult&)> show = {};
};

// Ends early if a signal came. Nothing of it runs afterwards. Its lanes are gone; the outputs and
// journals of failures stay in the hunt's directory.
Result<StressResult> stress(const StressOrder& order, const os::HeldSignals& signals);

// Makes the directory of a hunt in the build tree. Removes what earlier hunts left whose processes
// have ended, but for the results of the last 20.
Result<std::string> make_hunt_directory(const std::string& tree);

}  // namespace holdfast::cli
