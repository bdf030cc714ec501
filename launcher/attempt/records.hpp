// What is known of an attempt when it is over, and the launcher's lines in the journal
// (docs/reference/journal.md describes the format).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/guard_messages.hpp"
#include "attempt/invocation.hpp"
#include "attempt/supervision.hpp"
#include "base/duration.hpp"
#include "journal/records.hpp"
#include "os/file/clock.hpp"
#include "settings/wire.hpp"
#include "values/marker.hpp"
#include "values/outcome.hpp"
#include "values/policy.hpp"
#include "values/test_order.hpp"

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
  bool ended_for_companion = false;  // Companion (supervision/attempt)
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

// Returns how a process ended that waitpid(2) has reported with this status.
ProcessEnd end_by_status(int status);
ProcessEnd end_of_main(const GuardReport& report);

// Those that the guard has listed.
std::vector<Leftover> leftovers_in(const GuardReport& report);

// Adds to a sentence, after a semicolon if there is one already. `more` may be empty.
void add_clause(std::string& text, std::string_view more);

// For records.
double seconds(std::int64_t microseconds);

struct SeenAttempt {
  GuardReport report;
  SupervisionState state;
  bool guard_lost = false;
  OnLeak on_leak = OnLeak::kill;
  std::int64_t wall_us = 0;
  bool in_pidns = false;  // its processes had a PID namespace of their own
};

AttemptResult result_of(const SeenAttempt& seen);

// Returns the result for an attempt in which Holdfast failed to do its part.
AttemptResult own_failure(const Error& error);
// Returns the result if a signal (or ctest's death, as SIGTERM) came before the test was started.
AttemptResult not_begun(std::string note, int signal);
// Returns the result if the attempt's locks can never be taken.
AttemptResult refused(std::string note);
// Returns the result of an attempt that could not begin, for the reason in `seen`.
AttemptResult result_without_attempt(const Observation& seen, std::string note);

// The clock of an attempt, which stands still while the test is paused.
class AttemptClock {
 public:
  void start() { started_us_ = os::monotonic_now_us(); }
  // These functions note the start and the end of one pause, both on the clock of monotonic_now().
  void pause(Milliseconds at) { paused_since_ = at; }
  // The latter returns how long the pause was.
  Milliseconds go_on(Milliseconds at) {
    stopped_ += at - paused_since_;
    return at - paused_since_;
  }
  // Ends the measured time.
  void end() { ended_us_ = os::monotonic_now_us(); }

  Milliseconds started() const { return Milliseconds{started_us_ / 1000}; }
  // Returns when the attempt will have run for `time`, if it is not paused again.
  Milliseconds after(Milliseconds time) const { return started() + stopped_ + time; }
  // Returns the time from start to end (or now) without the pauses, in microseconds.
  std::int64_t wall_us() const;

 private:
  Milliseconds stopped_{0};
  Milliseconds paused_since_{0};
  std::int64_t started_us_ = 0;
  std::int64_t ended_us_ = 0;
};

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
