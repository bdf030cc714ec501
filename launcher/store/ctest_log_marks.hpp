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
// Names and arguments may hold newlines, and a test may print such lines itself (one that runs
// ctest and shows its log does). A mark is therefore the whole pattern, not one line of it;
// which marks are real is decided by resolve_entries().
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

enum class LoggedResult : std::uint8_t { passed, failed, skipped };

// What ctest was to start. It does not mark quotes in its words.
struct LoggedCommand {
  std::string program;
  std::size_t longest = 0;  // of its words, or of a part of one, in bytes
};

struct LogMark {
  enum class Kind : std::uint8_t { entry, end };
  Kind kind = Kind::entry;
  std::string name;
  std::uint64_t begin = 0;  // offset of its first byte
  std::uint64_t end = 0;    // offset after its last byte; of an entry: where the output begins
  // Of an entry:
  std::uint32_t index = 0;
  std::uint32_t total = 0;
  bool started = false;
  bool launched = false;   // its command is the launcher
  bool explained = false;  // something stands between the mark before and this one
  std::string preamble;    // the beginning of that
  LoggedCommand command;
  // Of an end:
  LoggedResult result = LoggedResult::failed;
  bool took_no_time = false;  // less than ctest shows
};

struct LogEntry {
  std::string name;
  std::uint32_t index = 0;
  bool started = false;
  bool launched = false;
  LoggedResult result = LoggedResult::failed;
  std::uint64_t output_begin = 0;
  std::uint64_t output_end = 0;
  bool explained = false;  // ctest has said something about it beforehand: why it did not start it
  std::string preamble;    // the beginning of that
  LoggedCommand command;
  bool took_no_time = false;
};

// All marks of the log, in order. Holds some MiB of the log at most, usually some KiB. Marks whose
// total differs from the first one's are a nested run's and are left out.
std::vector<LogMark> scan_marks(std::istream& log);

// The entries the marks form, in order; several of one name when the test was repeated. Marks
// inside another entry's output do not count; an entry without an end is dropped.
std::vector<LogEntry> resolve_entries(const std::vector<LogMark>& marks);

}  // namespace holdfast
