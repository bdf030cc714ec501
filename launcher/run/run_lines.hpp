// ctest's stderr, for lines that people read while the tests run.
//
// Hazards. A copy of ctest's stderr that outlives ctest blocks `ctest | cat` and `out=$(ctest)` for
// as long as it is open. A terminal or pipe that nobody reads blocks its writer. So each line opens
// stderr, writes without waiting, and closes it. Only RunLines may hold stderr open for longer,
// until ctest has ended.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/message.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

// Opens stderr of the living process `ctest`. The result is invalid if it cannot be opened.
os::UniqueFd open_stderr_of(const ProcessName& ctest);

// Writes `line` as it is. False: the line did not fit into the pipe and is lost. Waits only for a
// terminal that another writer keeps busy.
bool write_live_line(const os::UniqueFd& target, std::string_view line);

// When ctest ends before its tests, one line tells of all these tests, in place of one line per
// test.
//
// The launcher of an interrupted test says that it was interrupted. Ctrl-C interrupts all tests of
// a run, and a moment later ctest dies of the same key press. So the lines of the tests are held
// back for that moment.
class Interruption {
 public:
  void hold_back(std::string line, std::string test, Milliseconds now);

  // Returns when to say what is held back, if ctest is still alive; k_longest: nothing is held
  // back.
  Milliseconds due() const { return held_back_.empty() ? k_longest : due_; }
  // Takes the lines that are held back.
  std::vector<std::string> take_lines();

  // To be called when ctest has ended while the tests `running` ran. Returns the line that says
  // what happens to them and to the tests whose lines were held back; empty: there are no such
  // tests. From now on is_said() is true, because this line also speaks for tests that report their
  // interruption later.
  std::string end_of_ctest(const std::vector<std::string>& running);
  bool is_said() const { return said_; }

 private:
  struct HeldBack {
    std::string line;
    std::string test;
  };
  std::vector<HeldBack> held_back_;
  Milliseconds due_{0};
  bool said_ = false;
};

// Finds where a line reaches the user after ctest has ended.
//
// Hazards. If the keeper held ctest's stderr until then, it would block a process that reads stderr
// to the end (`ctest | cat`, `out=$(ctest)`). If the keeper is stopped, it would block that process
// for ever. So this class holds nothing open. It remembers which file stderr was, and which other
// processes have that file open.
class UserTerminal {
 public:
  // Must be made while `ctest` lives.
  explicit UserTerminal(const ProcessName& ctest);

  // Writes one line, as it is, to the file that was ctest's stderr. Tries three ways in turn. The
  // first is the nearest ancestor of ctest that has the file open too (the shell, a script). The
  // second is the name of the terminal or file. The last is the stderr of the process that started
  // ctest, if that stderr is a terminal. A pipe to which ctest alone wrote gets nothing.
  void say(std::string_view line) const;

 private:
  os::UniqueFd open() const;
  bool is_it(const std::string& path) const { return os::file_at(path) == file_; }

  os::FileId file_;
  std::string path_;  // the name of the terminal or file
  std::vector<ProcessName> ancestors_;
};

// What people are told while a run goes on, and its summary. `ctest --quiet` turns all of it off,
// but the run's log has all lines.
class RunLines {
 public:
  // Must be made while `ctest` lives.
  explicit RunLines(const ProcessName& ctest);

  // Holds ctest's stderr from now on, for a summary that comes after ctest has ended.
  void hold_stderr() { stderr_ = open_stderr_of(ctest_); }
  // Releases ctest's stderr, so that a process that reads it to the end no longer waits for us.
  void let_go() { stderr_.reset(); }
  void print(std::string_view summary);
  // Returns the summary and the lines that have not been said yet, for a caller that prints them.
  std::string take_summary(std::string_view summary);

  void say(std::string_view text, Layout layout = Layout::one_line);
  // Says a line once.
  void say_once(const std::string& text);
  // Whose line it is: a test's launcher, or the host of a service, which has no attempt.
  struct Speaker {
    std::string name;
    std::string attempt;
  };
  // Says a line of another process, in the layout that it asks for.
  void say_for(const Speaker& speaker, const wire::Message& message);

  // Returns the latest time to call say_held_back(); k_longest: nothing is held back.
  Milliseconds due() const { return interruption_.due(); }
  void say_held_back();

  // To be called when ctest has ended. From now on lines go to the user's terminal.
  void ctest_has_ended() { ctest_ended_ = true; }
  // Says that ctest has ended before the tests `running`.
  void say_end_of_ctest(const std::vector<std::string>& running);

 private:
  bool try_to_say(std::string_view line);
  // If the line does not fit into a full pipe, it comes with the summary.
  void put_once(std::string_view text);

  ProcessName ctest_;
  bool quiet_;
  bool ctest_ended_ = false;
  os::UniqueFd stderr_;
  UserTerminal terminal_;
  Interruption interruption_;
  std::set<std::string> said_;
  std::string unsaid_;
};

}  // namespace holdfast
