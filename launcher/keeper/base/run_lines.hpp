// What people are told while a run goes on, and its summary. `ctest --quiet` turns all of it off,
// but the run's log has all lines.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/said_line.hpp"
#include "core/settings/message.hpp"
#include "keeper/base/interruption.hpp"
#include "keeper/base/user_terminal.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class RunLines {
 public:
  // Must be made while `ctest` lives.
  explicit RunLines(const ProcessName& ctest);

  // Holds ctest's stderr from now on, for a summary that comes after ctest has ended.
  void hold_stderr();
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
