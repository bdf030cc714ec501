// The launcher's lines in the journal. docs/reference/journal.md describes the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ctest/test_order.hpp"
#include "core/journal/records.hpp"
#include "core/outcome/marker.hpp"
#include "core/outcome/outcome.hpp"
#include "core/settings/wire.hpp"
#include "supervision/base/guard_messages.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

// What we know of one attempt when it is over.
struct AttemptResult {
  Observation observation;
  Outcome outcome = Outcome::internal_error;
  GuardReport report;
  std::int64_t wall_us = 0;
  Milliseconds lock_wait{0};
  Milliseconds service_wait{0};
  Milliseconds slurm_wait{0};         // from srun's start until the far side had begun
  std::string node;                   // where it ran; empty: on ctest's machine
  std::int64_t lent_us = 0;           // what its cases ran in slots that were lent, all together
  std::vector<std::string> services;  // that it used: `db#3` is the third generation of db
  std::vector<std::string> lost_services;  // those of them that were lost under it
  std::string service_states;              // if it was red: of all of them, in lines for people
  std::string older_fixtures;              // if it was red: in sentences (RedServices)
  std::string scratch;                     // the attempt's directory if it stays; empty: it is gone
  std::string note;                        // one sentence; empty: nothing to say
  std::string remark;                      // one sentence for the record only
  std::string ran_nothing_because;         // with no_tests; empty: its filter selects nothing
  std::optional<std::string> marker;  // the reason in the main process's marker; none: it left none
  std::vector<OrphanMarker> orphans;
  // Of a batch: the cases that the next attempt has to run; empty: all. None: nobody has said it.
  std::optional<std::vector<std::string>> cases_left;
  // A batch in which no case ran: the end of its program alone says what it came to.
  bool ran_no_case = false;
  bool ended_for_companion = false;  // supervision/attempt/companion.hpp
  int pressed = 0;                   // SupervisionState::pressed
  bool has_no_node = false;          // the allocation of Slurm is over, or no node is left
  // What holdfast-exec adds. A field is empty if there is nothing to add.
  bool told_timeout = false;       // ctest has read that the test timed out, and will end us
  std::string verdict;             // what ctest will conclude of this attempt
  std::string retry;               // whether the test is tried again, and why, in words
  std::string log;                 // the file that has its output
  std::vector<Finding> forensics;  // what the probes saw
  bool is_flaky = false;           // the test passed after a failed attempt

  // True: the attempt began and was cut off, so what it wrote may be incomplete.
  bool is_cut_short() const;
};

struct AttemptIdentity {
  std::string test;
  std::string key;
  std::string attempt;
  unsigned n = 1;       // which attempt of the test in this run
  std::string journal;  // path; empty: nothing is recorded
  ProcessName launcher;
};

// Return the exit code of the main process, and the signal that ended it. At most one of them has a
// value.
std::optional<int> exit_code_of(const GuardReport& report);
std::optional<int> signal_of(const GuardReport& report);

// Those that the guard has listed.
std::vector<Leftover> leftovers_in(const GuardReport& report);

// Adds to a sentence, after a semicolon if there is one already. `more` may be empty.
void add_clause(std::string& text, std::string_view more);

// For records.
double seconds(std::int64_t microseconds);

// Append a record. An error leads to a warning and no more, because a record never changes a
// verdict.
Result<void> record_start(const AttemptIdentity& identity, const std::vector<LockSpec>& locks,
                          const TestSchedule& schedule);
Result<void> record_end(const AttemptIdentity& identity, const AttemptResult& result);
// Whether a test has a SKIP_RETURN_CODE. ctest's log shows a skip by that code as a pass.
enum class MaySkip : std::uint8_t { no, yes };
Result<void> record_bare(const std::string& journal, const std::string& test,
                         const std::string& key, std::string_view why, MaySkip may_skip);

}  // namespace holdfast::supervision
