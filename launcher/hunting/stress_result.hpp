// What `holdfast stress` has seen of a test, and what follows from it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command/json.hpp"
#include "hunting/odds.hpp"
#include "hunting/variation.hpp"

namespace holdfast {

// All failures with one signature.
struct SeenFailure {
  std::string signature;
  std::uint64_t count = 0;
  std::string first_output = {};  // the path of a file with what the first of them printed
  std::string first_run = {};     // the id of its run
};

struct StressResult {
  std::string test;
  std::uint64_t seed = 0;
  std::map<VarySet, Tally> tallies = {};   // by what was on
  std::vector<SeenFailure> failures = {};  // in the order of their first
  double seconds = 0;                      // that the hunt took
  bool was_interrupted = false;
  std::string trouble = {};    // why the hunt came to an early end; empty: it did not
  std::string directory = {};  // where outputs and journals of failures are

  void count(const VarySet& on, const Tally& tally) { tallies[on] += tally; }
  Tally all() const;
  // Of the rounds in which all of `wanted` was on.
  Tally with(const VarySet& wanted) const;
};

// A variation that makes failures more likely.
struct Likeliest {
  VarySet vary;
  Tally with;
  Tally without;
  double chance = 1;  // that so much of a difference comes by chance
};

// Tests each kind of variation by itself (chance_of()), at 1 % for all of them together
// (Bonferroni). If several pass, all of them count together. None: no kind passes.
std::optional<Likeliest> likeliest_of(const StressResult& result);

// The command that repeats what failed most. Empty: nothing has failed.
std::string command_for(const StressResult& result);

// For people, and for programs (docs/reference/stress.md).
std::string to_text(const StressResult& result);
Json to_json(const StressResult& result);

// One line while the hunt goes on.
std::string progress_of(const StressResult& result);

}  // namespace holdfast
