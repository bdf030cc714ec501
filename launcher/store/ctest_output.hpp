// Reads back what a test printed, from where ctest or Holdfast keeps it.
#pragma once

#include "core/base/result.hpp"
#include "store/ctest_log.hpp"
#include "store/records.hpp"

#include <filesystem>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// What the file at `place` holds there, at most `limit` bytes: the beginning and the end, and
// between them `gap`, a format for two numbers: how many bytes are left out, and of how many.
std::string read_bounded(std::istream& file, const OutputPlace& place, std::size_t limit,
                         std::string_view gap);

// The output at `place` in a log of ctest, at most `limit` bytes: its beginning and its end, and
// between them a line that says how much is left out. `test` is the name that the place must belong
// to. It is an error when the log is gone, was written outside [written_from, written_to], or shows
// something else at that place: a later ctest writes the same file.
Result<std::string> read_output(const OutputPlace& place, std::string_view test,
                                double written_from, double written_to, std::size_t limit);

// The same for a file that only this run writes (names::k_kept_output_file).
Result<std::string> read_kept_output(const OutputPlace& place, std::size_t limit);

// Copies the output of tests that did not pass, at most `limit` bytes of each, to `file`, which it
// makes, and points their records there. It is for a log that is lost already or will be soon. It
// makes no file when all tests passed. On an error the records stay unchanged.
Result<void> keep_outputs(const CtestLogFile& log, std::vector<VerdictRecord>& verdicts,
                          const std::filesystem::path& file, std::size_t limit);

}  // namespace holdfast
