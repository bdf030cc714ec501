// Phrases that several reports use.
#pragma once

#include "report/model.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

// So many names stand in one line.
inline constexpr std::size_t k_names_shown = 8;

// As describe() of base/duration.hpp, but with hundredths below ten seconds: "0.05 s".
std::string duration_text(double seconds);

// "2026-11-20 08:54:55 UTC" and "2026-11-20T08:54:55" for seconds since 1970. A time outside the
// years 1970 to 9999 is shown as the nearest one inside.
std::string time_text(double at);
std::string iso_time(double at);

// The command of a run: its first arguments. One line, safe for a terminal.
std::string command_text(const std::vector<std::string>& command);

// What a reader must know before the counts, in whole sentences: that the run is incomplete, that
// ctest selected no tests, that its log is not known.
std::vector<std::string> warnings_of(const RunReport& report);

// That the keeper of the run was killed, and what is not on record for it: "the keeper of this run
// was killed after 2026-11-20 08:54:55 UTC: …". Empty: it was not.
std::string lost_keeper_text(const RunReport& report);

// Where to read why tests were interrupted, have no verdict or failed because Holdfast did: "more
// on a, b: holdfast log 12". Empty: there are none, or the run has no log.
std::string log_hint(const RunReport& report);

// For a merged report: which shards it has, and which tests ran in more than one of them. Whole
// lines, safe for a terminal. None for the report of one run.
std::vector<std::string> in_shards(const RunReport& report);

// The tests whose names more than one shard has, each once.
std::vector<std::string> in_several_shards(const RunReport& report);

// For a merged report: how it differs from the division of its tests, in whole lines, safe for a
// terminal.
std::vector<std::string> against_division(const RunReport& report);

// Why a run had no tests: "ctest selected none by -R nothing". Only for a report for which
// selected_nothing() is true. One line, safe for a terminal.
std::string no_tests_text(const RunReport& report);

// "3 more ran through Holdfast and could not be recorded".
std::string unrecorded_text(std::int64_t unrecorded);

// Says what parts of the journal were ignored. Empty: none.
std::string journal_note(const RunReport& report);

// The outcome's label as a heading: "Timed out".
std::string title_of(Outcome outcome);

// How one attempt ended: "exit code 3 after 0.05 s", "signal 11 (SIGSEGV) after 2.1 s", "never
// ended".
std::string ending(const Attempt& attempt);

// Why the test has its outcome: the end of its last attempt, ctest's part in it and the note, or
// why it did not run; and its shard. One line, safe for a terminal.
std::string reason(const TestReport& test);

// The counts of the run in whole lines: what was planned and run, with which outcomes, what ran
// through Holdfast, and the cases of batches.
std::string counts_text(const RunReport& report);

// "60 passed, 1 failed, 1 crashed": each outcome that occurs among the tests that ran.
std::string outcome_list(const OutcomeCounts& counts);

// The same for the cases of batches.
std::string case_list(const Counts& counts);

// The locks and the services of an attempt.
std::vector<std::string> used_by(const Attempt& attempt);

// The names of leftovers, each once.
std::vector<std::string> leftover_names(const TestReport& test);

// The paths of the scratch directories that its attempts kept.
std::vector<std::string> kept_scratch_of(const TestReport& test);

// "exit-17 is of another attempt" for each orphan marker of the test's attempts.
std::vector<std::string> orphan_texts(const TestReport& test);

}  // namespace holdfast
