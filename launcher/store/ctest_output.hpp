// Reads back what a test printed, from where ctest or Holdfast keeps it.
#pragma once

#include "core/base/result.hpp"
#include "store/ctest_log.hpp"
#include "store/records.hpp"

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// What the file holds at `place`, at most `limit` bytes of it. If that is not all, the beginning
// and the end, with `gap` between them. `gap` is a format for two numbers: how many bytes are left
// out, and of how many.
std::string read_bounded(std::istream& file, const OutputPlace& place, std::size_t limit,
                         std::string_view gap);

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
  // The log, and the name that it has while ctest writes it.
  std::vector<std::unique_ptr<std::istream>> files_;
};

// The same for a file that only this run writes (names::k_kept_output_file).
std::string read_kept_output(std::istream& file, const OutputPlace& place, std::size_t limit);

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
