// One case of a batch: what it said of itself, how its process ended, and its outcome.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "values/outcome.hpp"

namespace holdfast {

// What a program says at the end of a case.
enum class CaseEnd : std::uint8_t { passed, failed, skipped };

// How a case ended, as a report of its program says.
struct ReportedCase {
  std::string name;
  CaseEnd end = CaseEnd::passed;
  std::string words = {};  // what failed, as the report says; empty: it was printed
};

// Why a worker, or the child that ran one case, ended.
enum class EndedBy : std::uint8_t {
  itself,
  case_limit,    // the case took longer than HOLDFAST_TIMEOUT
  whole_limit,   // the batch took longer than TIMEOUT
  interruption,  // a signal to us, or ctest's death
  own_failure,   // Holdfast could not do its part
};

struct WorkerEnd {
  ProcessEnd main;
  EndedBy by = EndedBy::itself;
  bool marker = false;      // the main process left its marker
  bool oom_killed = false;  // there is evidence of a kill by the kernel because memory ran out
  std::string left = {};    // what the process left behind, in words; empty: nothing
  bool leak_fails = false;  // on-leak is `fail`

  bool exited_by_itself() const {
    return by == EndedBy::itself && main.kind == ProcessEnd::Kind::exited;
  }
  // The process exited by itself with code 0.
  bool ended_well() const { return by == EndedBy::itself && main.exited_with(0); }
};

// What is concluded of one case, without texts.
struct CaseFacts {
  std::int64_t wall_us = 0;
  // Of the case's process, if that ended in the case or ran no other case.
  std::optional<int> exit_code = {};
  std::optional<int> signal = {};
  unsigned worker = 0;                  // from 1; 0: none
  std::optional<Outcome> outcome = {};  // none: the case did not run
  bool leak_failed = false;             // the case failed for one reason: what it left behind
  bool untold = false;                  // its process told of no case
};

// Each case of a batch has exactly one such result.
struct CaseResult : CaseFacts {
  std::string name = {};
  std::string note = {};  // one sentence; empty: nothing to say
};

// `not_run` if there is no outcome.
std::string_view name_of(const std::optional<Outcome>& outcome);

// Whether a case with that outcome makes the test red.
bool is_bad(const std::optional<Outcome>& outcome);

// How bad the outcome is, to find the worst of many; 0: good.
int badness(const std::optional<Outcome>& outcome);

// Fills in the outcome, the exit code or signal, and a note. To be called for a case that had not
// ended when its process did (`said` is empty), or whose process ran no other case. `finished`: the
// program said that all of its cases had run.
void conclude_case(CaseResult& result, const std::optional<CaseEnd>& said, bool finished,
                   const WorkerEnd& end);

// The outcome of a case that ended before its process did.
Outcome outcome_of(CaseEnd said);
// That of a process that was ended from outside; none: it ended by itself.
std::optional<Outcome> outcome_of(EndedBy by);

// Messages of docs/internals/worker-protocol.md, as packets and as fields.

std::string worker_message(std::initializer_list<std::string_view> fields);

// None: the packet is no message, because it is empty, too long, or does not end in a NUL byte.
std::optional<std::vector<std::string_view>> worker_fields(std::string_view packet);

}  // namespace holdfast
