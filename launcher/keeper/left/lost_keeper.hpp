// What a run whose keeper was killed lacks in its journal. ctest and the launchers have gone on
// without the keeper.
#pragma once

#include <string>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "store/run_directory.hpp"

namespace holdfast {

// Lines of a journal.
struct ToldByLog {
  std::string verdicts;
  std::string end;      // the run's end, to be written last
  std::string trouble;  // why the outputs of tests that did not pass are not kept; empty: they are
};

// Returns what the keeper would have recorded at the end, from ctest's log, which has its last name
// when ctest has ended. The word of the run shows that the log is this run's. Keeps the outputs of
// tests that did not pass, and writes nothing else. Fails if the log is gone or not whole, or if
// the run has no word.
Result<ToldByLog> told_by_log(const RunEntry& run);

// The same, while `ctest` waits in its last step: it has the log open, and all tests have ended.
// ctest has not written yet which tests were skipped by their exit codes.
Result<ToldByLog> told_by_log(const RunEntry& run, const ProcessName& ctest);

}  // namespace holdfast
