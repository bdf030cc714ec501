// What is said to people while a run goes on, and how its end is said. To `ctest --quiet` nothing
// is.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/said_line.hpp"
#include "core/settings/wire.hpp"
#include "keeper/base/interruption.hpp"
#include "keeper/base/user_terminal.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class RunLines {
 public:
  // To be made while `ctest` lives.
  explicit RunLines(const ProcessName& ctest);

  // Holds ctest's stderr from now on: for a summary that comes when ctest has ended.
  void hold_stderr();
  // Who reads ctest's output to its end must not wait any longer.
  void let_go() { stderr_.reset(); }
  void print(std::string_view summary);
  // The same for who prints it instead; with what has not been said yet.
  std::string take_summary(std::string_view summary);

  void say(std::string_view text, Layout layout = Layout::one_line);
  // Not lost to a full pipe: then it comes with the summary.
  void say_once(const std::string& text);
  // What the launcher of `test` wants said, in the manner it asks for.
  void say_for(const std::string& test, const wire::Message& message);

  // When say_held_back() is to be called at the latest; k_longest: nothing is held back.
  Milliseconds due() const { return interruption_.due(); }
  void say_held_back();

  // Lines go to the user's terminal from now on.
  void ctest_has_ended() { ctest_ended_ = true; }
  // It has done so before these tests.
  void say_end_of_ctest(const std::vector<std::string>& running);

 private:
  bool try_to_say(std::string_view line);

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
