// What a test printed, read back later from where ctest or Holdfast keeps it.
#pragma once

#include "core/base/result.hpp"
#include "store/ctest_log.hpp"
#include "store/records.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The output at `place` in a log of ctest's, at most `limit` bytes: the beginning and the end, with
// a line between that says how much is left out. An error when the log is not there any more, or
// was written outside [written_from, written_to], or shows something else at that place: a later
// run of ctest writes the same file. `test` is the name the place must belong to.
Result<std::string> read_output(const OutputPlace& place, std::string_view test,
                                double written_from, double written_to, std::size_t limit);

// The same of a file that is the run's own (names::k_kept_output_file), so nobody else's.
Result<std::string> read_kept_output(const OutputPlace& place, std::size_t limit);

// Copies what tests that did not pass printed, at most `limit` bytes of each, to `file`, which is
// made, and has their records say so. For a log that nobody will find any more, or not for long.
// Nothing is made where all passed. On an error the records say what they said.
Result<void> keep_outputs(const CtestLogFile& log, std::vector<VerdictRecord>& verdicts,
                          const std::filesystem::path& file, std::size_t limit);

}  // namespace holdfast
