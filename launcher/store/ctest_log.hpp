// What ctest itself concludes of a run, read from the log that it writes.
//
// The log says of each test whether ctest started it, and gives the result in words: "Test
// Passed.", "Test Failed.", or a reason. For a test that was not started, these words mean nothing:
// the reason stands above the entry, or nowhere if the test is disabled. For a test that was
// skipped by its exit code, the words are also "Test Passed.".
//
// The reader needs a descriptor. The file's name alone is of no use: every other ctest in the tree,
// even a listing, puts a log of its own there. The word of a run shows whose log a file is
// (docs/internals/decisions/0024-the-witness.md).
#pragma once

#include "core/base/result.hpp"
#include "store/ctest_log_entries.hpp"
#include "store/records.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// A log of ctest. The descriptor is open for reading and stays the caller's.
struct CtestLogFile {
  int descriptor = -1;
  std::filesystem::path directory;  // the `Testing/Temporary` that holds the log
  std::string tag;                  // "", or "_<tag>" for a dashboard
  // The name that the log gets when ctest ends. Another log may have that name by now.
  std::filesystem::path final_path() const;
};

// Reads the log into verdict records, in the order in which the tests ended; `at` stays 0. A test
// that ctest ran several times (--repeat) gives one record, which tells of its last execution.
// LastTestsFailed.log and LastTestsDisabled.log tell which tests were skipped by their exit codes,
// and the verdicts of those of which the log may say what a test has printed (`listed`). These two
// files, the lists, count only if `lists` says that they are this run's, if they were written after
// `run_started` (seconds since 1970), and if they agree with the log about all other tests. If they
// do not count, VerdictRecord::or_skipped is set in the record of each test that passed. `run`:
// as for read_log_entries(). Blocks while it reads. Memory grows with the number of executions, not
// with the size of the log. The error is one line that fits after "failed to".
enum class ListsOf : std::uint8_t { this_run, any_run };
Result<std::vector<VerdictRecord>> read_ctest_log(const CtestLogFile& log, const RunInLog& run,
                                                  double run_started,
                                                  ListsOf lists = ListsOf::this_run);

// The verdict that an entry alone gives. The log has the same words for a test that was skipped by
// its exit code as for one that passed.
Verdict verdict_alone(const LogEntry& entry);

// Whether the log is that of the run with this word. No other log has the word.
bool has_word(int descriptor, std::string_view word);

// Whether the log has its closing line. ctest writes that line after the last test and before
// POST_TEST; a summary of labels may follow. A log without that line is still being written, or its
// ctest died.
bool is_whole_log(int descriptor);

}  // namespace holdfast
