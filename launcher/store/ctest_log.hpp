// What ctest itself concluded of a run, read from the files it leaves in Testing/Temporary.
//
// LastTest.log says for each test whether it was started and whether it passed, but writes
// "Test Passed." for one that never ran, and also for one skipped by its exit code.
// LastTestsFailed.log and LastTestsDisabled.log ("7:name" lines) settle those. ctest does not
// remove these two when a later run has nothing to put there: they count only if written since the
// run began.
//
// While ctest runs (POST_TEST included) the log is named LastTest.log.tmp; results name the
// final path, offsets are the same. Under `ctest -S` the names carry a tag: LastTest_<tag>.log.
#pragma once

#include "core/result.hpp"
#include "store/records.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Reads the log in `directory`/Testing/Temporary that was written since `run_started` (seconds
// since 1970) into verdict records, in the order in which the tests ended, `at` left 0. Several
// executions of one test (--repeat) give one record, of the last. `directory` is the one ctest
// was started for: under `cd sub && ctest` that is sub, not the top of the build tree.
// Blocks for as long as reading takes; memory does not grow with the size of the log. The error
// is one line that fits after "failed to".
Result<std::vector<VerdictRecord>> read_ctest_verdicts(const std::filesystem::path& directory,
                                                       double run_started);

// The output at `place`, at most `limit` bytes: the beginning and the end, with a line between
// that says how much is left out. An error when the log is not there any more, or was written
// outside [written_from, written_to], or shows something else at that place: a later run of
// ctest writes the same file. `test` is the name the place must belong to.
Result<std::string> read_output(const OutputPlace& place, std::string_view test,
                                double written_from, double written_to, std::size_t limit);

}  // namespace holdfast
