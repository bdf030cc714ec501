// What ctest itself concluded of a run, from the log that it wrote.
//
// The log says of each test whether it was started, and the test's result in words: "Test Passed."
// and "Test Failed.", or a reason. Of a test that was not started the words say nothing; ctest
// says why above the entry, except of one that is disabled. A test skipped by its exit code reads
// "Test Passed." too.
//
// The log is read by a descriptor that was opened while ctest wrote it, never by its name: any
// other ctest in the tree, a listing too, puts a log of its own there
// (docs/internals/decisions/0024-the-witness.md).
#pragma once

#include "core/base/result.hpp"
#include "store/records.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast {

// A ctest's log. The descriptor is open for reading and stays the caller's.
struct CtestLogFile {
  int descriptor = -1;
  std::filesystem::path directory;  // the `Testing/Temporary` that it was made in
  std::string tag;                  // "", or "_<tag>" of a dashboard
  // The name it gets when ctest is through. Another log may have it by now.
  std::filesystem::path final_path() const;
};

// Reads the log into verdict records, in the order in which the tests ended, `at` left 0. Several
// executions of one test (--repeat) give one record, of the last. `run_started` (seconds since
// 1970): LastTestsFailed.log and LastTestsDisabled.log, which tell the tests skipped by their exit
// codes, count only if no other run may have written them, if they were written since, and if they
// agree with the log in all that the log knows: else VerdictRecord::or_skipped is set where they
// would be needed. Blocks for as long as
// reading takes; memory grows with the number of tests, not with the size of the log. The error is
// one line that fits after "failed to".
enum class ListsOf : std::uint8_t { this_run, any_run };
Result<std::vector<VerdictRecord>> read_ctest_log(const CtestLogFile& log, double run_started,
                                                  ListsOf lists = ListsOf::this_run);

// Whether the log has its last line, which ctest writes after its last test and before POST_TEST;
// at its end a summary of labels may follow. One without was left by a ctest that died, or is still
// being written.
bool is_whole_log(int descriptor);

}  // namespace holdfast
