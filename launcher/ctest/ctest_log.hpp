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

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ctest/ctest_log_entries.hpp"
#include "journal/records.hpp"

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

// Reads back what a test printed, from where ctest or Holdfast keeps it.

inline constexpr std::string_view k_gap_by_holdfast =
    "\n[... {} of {} bytes left out by holdfast ...]\n";

// What the file holds at `place`, at most `limit` bytes of it. If that is not all, the beginning
// and the end, with `gap` between them. `gap` is a format for two numbers: how many bytes are left
// out, and of how many.
std::string read_bounded(std::istream& file, const OutputPlace& place, std::size_t limit,
                         std::string_view gap = k_gap_by_holdfast);

// The outputs in a log of ctest.
class LoggedOutputs {
 public:
  // A log that was not written within [written_from, written_to] is another run's.
  LoggedOutputs(double written_from, double written_to)
      : written_from_(written_from), written_to_(written_to) {}
  // Reads this log only. It may not have its last name yet.
  explicit LoggedOutputs(const CtestLogFile& log);

  // The output at `place`, at most `limit` bytes of it. If that is not all, its beginning and its
  // end, with a line between them that says how much is left out. `test` is the name of the test
  // that must be at this place. Fails if the log is gone or another run's, or shows something else
  // at this place, because a later ctest writes the same file. The log stays open for the next
  // call.
  Result<std::string> read(const OutputPlace& place, std::string_view test, std::size_t limit);

 private:
  void open(const std::string& log);

  double written_from_ = 0;
  double written_to_ = 0;
  std::string opened_;
  // The log by its last name, then by each name that a ctest may write it under. From CMake 4.3 on
  // that has random digits.
  std::vector<std::unique_ptr<std::istream>> files_;
};

// How much is kept of the outputs of a run.
struct KeptSizes {
  std::uint64_t of_each = 64U << 10U;
  std::uint64_t of_all = 16U << 20U;
};

// Copies the output of tests, and of their earlier executions, that did not pass to `file`, and
// points their records there. The next ctest overwrites the log. If there is more output than
// `sizes` allow, each test has an equal share, and tests for which no room is left keep their place
// in the log. Makes `file`, but not if all tests passed. On an error the records stay unchanged.
Result<void> keep_outputs(const CtestLogFile& log, std::vector<VerdictRecord>& verdicts,
                          const std::filesystem::path& file, const KeptSizes& sizes = {});

}  // namespace holdfast
