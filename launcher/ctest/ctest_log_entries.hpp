// Which entries ctest's log has.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "ctest/ctest_log_marks.hpp"

namespace holdfast {

struct LogEntry : LogHead {
  Verdict result = Verdict::failed;
  std::uint64_t output_end = 0;
  bool took_no_time = false;
  // How many heads of the test the log has. If ctest has not started the test that often, a test
  // has printed one.
  std::uint32_t heads = 1;
  // The test whose head follows the entry, if the log has several heads of it; 0: none. If one too
  // many was printed, it may be this one, and the entry may end later.
  std::uint32_t next_with_several = 0;
  bool is_doubtful = false;  // it may end later, for another reason
};

// What is known of the run whose log is read.
struct RunInLog {
  std::string_view word;
  // How often ctest started the launcher. Many more heads with the word are not ctest's.
  std::uint64_t launches = std::numeric_limits<std::uint64_t>::max();
};

struct LogEntries {
  std::vector<LogEntry> entries;
  std::uint64_t read = 0;  // behind the last entry; if there is none, the beginning
  // Tests have printed so much that looks like entries with the word that the rest is not read.
  bool has_given_up = false;
  int read_error = 0;  // the errno of a read that failed; 0: none has
};

// The entries of the log from `begin` on, which is between two entries, in order. A test that ctest
// repeated has several.
//
// Tests print what they like, also what looks like a log. `run.word` is the word that ctest's
// command has for each test of this run that the launcher starts, and that no test is told; empty:
// not known, and then the word of the log's first entry counts, if the launcher starts that test. A
// head with the word is ctest's, and the last tail before it is that of the entry before. Heads
// without the word count only between two entries. So what a test prints that the launcher starts
// is never taken for an entry, unless the test has read the word in the log.
//
// An entry without an end is left out. The time that this takes grows with the size of the log, not
// with what is in it.
LogEntries read_log_entries(int descriptor, const RunInLog& run, std::uint64_t begin = 0);

}  // namespace holdfast
