// The record of a run whose keeper was killed. ctest and the launchers have gone on without it.
#pragma once

#include <string>

#include "store/run_directory.hpp"

namespace holdfast {

// Records what the keeper would have recorded at the end: ctest's verdicts, the outputs of tests
// that did not pass, the end. It takes them from ctest's log, which by now has its last name; the
// word of the run shows that it is this run's. To be called when ctest has ended its tests, by one
// process. Returns the summary for people. Empty: the run has an end, the log is gone or not whole,
// or the run has no word; then nothing is written.
std::string finish_without_keeper(const RunEntry& run);

}  // namespace holdfast
