// The record of a run whose keeper was killed. ctest and the launchers have gone on without it.
#pragma once

#include "core/base/process_name.hpp"
#include "store/run_directory.hpp"

namespace holdfast {

// Records what the keeper would have recorded at the end: ctest's verdicts, the outputs of tests
// that did not pass, the end. It takes them from ctest's log, which has its last name when ctest
// has ended; the word of the run shows that it is this run's. To be called by one process. False:
// the run has an end, the log is gone or not whole, or the run has no word; then nothing is
// written.
bool finish_without_keeper(const RunEntry& run);

// The same, while `ctest` waits in its last step: it has the log open, and all tests have ended.
// ctest has not written yet which tests were skipped by their exit codes.
bool finish_without_keeper(const RunEntry& run, const ProcessName& ctest);

}  // namespace holdfast
