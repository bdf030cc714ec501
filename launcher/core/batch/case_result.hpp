// One case of a batch: what it said of itself, how its process ended, what that makes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/outcome/outcome.hpp"

namespace holdfast {

// What a program says at the end of a case.
enum class CaseEnd : std::uint8_t { passed, failed, skipped };

// Why a worker, or the child of one case, is gone.
enum class EndedBy : std::uint8_t {
  itself,
  case_limit,    // its case took longer than HOLDFAST_TIMEOUT
  whole_limit,   // the batch took longer than TIMEOUT
  interruption,  // a signal to us, or ctest's death
  own_failure,   // Holdfast could not do its part
};

struct WorkerEnd {
  ProcessEnd main;
  EndedBy by = EndedBy::itself;
  bool marker = false;      // it left a marker of its own
  bool oom_killed = false;  // there is evidence that the kernel killed it for memory
  std::string left = {};    // what it left behind, in words; empty: nothing
  bool leak_fails = false;  // on-leak is `fail`
};

// What is concluded of one case. Each case of a batch has exactly one.
struct CaseResult {
  std::string name;
  std::string note;  // one sentence; empty: nothing to say
  std::int64_t wall_us = 0;
  std::optional<int> exit_code;  // of its process, where that ended in it or was its own
  std::optional<int> signal;
  unsigned worker = 0;             // from 1; 0: none
  std::optional<Outcome> outcome;  // empty: it was not run
  bool leak_failed = false;        // what it left behind is all that is wrong with it
};

// `not_run` where there is none.
std::string_view name_of(const std::optional<Outcome>& outcome);

// Whether a test with that case is red.
bool is_bad(const std::optional<Outcome>& outcome);

// How bad, for the worst of many: 0 is good.
int badness(const std::optional<Outcome>& outcome);

// Fills in the outcome, how its process ended and a note: of a case that has said nothing when its
// process was gone (`said` is empty), or of one that had the process to itself. `finished`: the
// program said that all of it was through.
void conclude_case(CaseResult& result, const std::optional<CaseEnd>& said, bool finished,
                   const WorkerEnd& end);

// What a case came to that ended before its process did.
Outcome outcome_of(CaseEnd said);

}  // namespace holdfast
