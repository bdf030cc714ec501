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
// The part before the output is the head, the part after it the tail. Names and arguments may hold
// newlines, and a test may itself print such lines. The functions here tell what a place looks
// like; read_log_entries() decides what is real.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "journal/records.hpp"
#include "values/attach.hpp"

namespace holdfast {

// The bytes of a log that may be larger than memory, at any place.
class LogText {
 public:
  // The descriptor is open for reading, and must outlive this object. Its offset is not used. What
  // is written later is not seen.
  explicit LogText(int descriptor);

  std::uint64_t size() const { return size_; }
  // The errno of the read that failed; 0: none has. What could not be read counts as the end.
  int read_error() const { return read_error_; }

  // The bytes from `begin` on, at most `length`, and fewer at the end. The view is valid until the
  // next call of any function.
  std::string_view at(std::uint64_t begin, std::size_t length);
  // At most `length` bytes before `end`.
  std::string_view before(std::uint64_t end, std::size_t length);
  bool has(std::string_view text, std::uint64_t begin) { return at(begin, text.size()) == text; }

  // Where the text stands first, wholly within [begin, end).
  std::optional<std::uint64_t> find(std::string_view text, std::uint64_t begin, std::uint64_t end);
  // Where it stands last.
  std::optional<std::uint64_t> find_last(std::string_view text, std::uint64_t begin,
                                         std::uint64_t end);

  // A search that is hardly ever needed and may look at many bytes asks first. False: such searches
  // have taken so much that the rest is not made. So the time to read a log grows with its size.
  bool may_search(std::uint64_t bytes) {
    searched_ += bytes;
    return searched_ <= std::max<std::uint64_t>(512ULL << 20U, 4 * size_);
  }

 private:
  void load(std::uint64_t begin, std::size_t length);

  int descriptor_;
  std::uint64_t size_ = 0;
  int read_error_ = 0;
  std::uint64_t searched_ = 0;
  std::uint64_t base_ = 0;  // the place of what is in memory
  std::string loaded_;
};

// The command that ctest was to start. The log does not escape quotes inside a word.
struct LoggedCommand {
  std::string program;
  std::size_t longest = 0;  // bytes of the longest word; `" "` in a word splits it
};

// What the log tells of a test before its output.
struct LogHead {
  std::string name;
  std::uint32_t index = 0;
  bool started = false;
  bool launched = false;           // the command is the launcher
  std::optional<TestPlace> place;  // which the command tells, if it has the run's word
  bool explained = false;          // ctest said beforehand why it did not start the test
  std::string preamble;            // the beginning of what ctest said
  LoggedCommand command;
  std::uint64_t begin = 0;
  std::uint64_t output_begin = 0;  // where the head ends
  std::uint32_t total = 0;
};

struct LogTail {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string name;
  Verdict result = Verdict::failed;  // or passed or skipped
  bool took_no_time = false;         // ctest shows 0.00 s
};

// The last bytes of a tail.
inline constexpr std::string_view k_end_of_tail =
    "\n----------------------------------------------------------\n\n";

// The head of a test that the launcher starts, which ends at `end` at the latest. `mark`: where its
// second word begins, with the quote before it; `word`: that word up to the test's place
// (settings/command_line.hpp).
std::optional<LogHead> head_around(LogText& log, std::uint64_t mark, std::string_view word,
                                   std::uint64_t end);
// The first head from `begin` on. Before it, there is nothing but what ctest says of a test that it
// does not start: at most some KiB.
std::optional<LogHead> head_after(LogText& log, std::uint64_t begin, std::uint64_t end);

// The tail that ends there. The name is that of the tail, whatever test that is of.
std::optional<LogTail> tail_before(LogText& log, std::uint64_t end);
// A line that stands in the tail of that test only.
std::string line_in_tail(std::string_view name);

// Where ctest's closing line (`End testing: …`) begins. Behind it there is nothing, or ctest's
// summary of labels. A test may print a line like it, so it counts only after a tail, or after the
// first lines of a run without tests.
std::optional<std::uint64_t> closing_line(LogText& log);

// What ctest says between `begin` and the head.
void add_preamble(LogText& log, std::uint64_t begin, LogHead& head);

}  // namespace holdfast
