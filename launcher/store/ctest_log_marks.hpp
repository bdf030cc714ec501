// The lines by which ctest's log (LastTest.log) frames each test's output.
//
// An entry of the log, as CTest 3.25 writes it (cmCTestRunTest.cxx):
//
//     Unable to find executable: /x          (only before a test that was not started)
//     7/23 Testing: name
//     7/23 Test: name
//     Command: "/bin/x" "argument"
//     Directory: /tree
//     "name" start time: Nov 20 08:54 UTC    (nothing after the colon: it was not started)
//     Output:
//     ----------------------------------------------------------
//     what the test printed
//     <end of output>
//     Test time =   0.03 sec
//     ----------------------------------------------------------
//     Test Passed.                           (or Failed, or a reason of several lines)
//     "name" end time: Nov 20 08:54 UTC
//     "name" time elapsed: 00:00:00
//     ----------------------------------------------------------
//
// Names and arguments may hold newlines, and a test may itself print lines like these, for instance
// when it runs ctest and shows the log. So a mark is the whole pattern, not one line of it, and
// resolve_entries() decides which marks are real.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace holdfast {

enum class LoggedResult : std::uint8_t { passed, failed, skipped };

// The command that ctest was to start. The log does not escape quotes inside a word.
struct LoggedCommand {
  std::string program;
  std::size_t longest = 0;  // bytes of the longest word; `" "` in a word splits it
};

// What the log tells of a test before its output.
struct LoggedTest {
  std::string name;
  std::uint32_t index = 0;
  bool started = false;
  bool launched = false;   // the command is the launcher
  bool explained = false;  // ctest said beforehand why it did not start the test
  std::string preamble;    // the beginning of what ctest said
  LoggedCommand command;
};

// Of a LoggedTest, a mark that ends an entry has only the name.
struct LogMark : LoggedTest {
  enum class Kind : std::uint8_t { entry, end };
  Kind kind = Kind::entry;
  std::uint64_t begin = 0;  // offset of its first byte
  std::uint64_t end = 0;    // offset after its last byte; for an entry: where the output begins
  // Only for an entry:
  std::uint32_t total = 0;
  // Only for an end:
  LoggedResult result = LoggedResult::failed;
  bool took_no_time = false;  // ctest shows 0.00 s
};

struct LogEntry : LoggedTest {
  LoggedResult result = LoggedResult::failed;
  std::uint64_t output_begin = 0;
  std::uint64_t output_end = 0;
  bool took_no_time = false;
};

// All marks of the log, in order. Only a part of the log is in memory at a time, at most some MiB.
// If the total of an entry differs from the first entry's, the entry is a nested run's, and its
// mark is left out.
std::vector<LogMark> scan_marks(std::istream& log);

// The entries that the marks form, in order. A test that ctest repeated has several entries. Marks
// inside an entry's output do not count. An entry without an end is dropped.
std::vector<LogEntry> resolve_entries(const std::vector<LogMark>& marks);

}  // namespace holdfast
