// Says a line to people. The line goes through the keeper to ctest's stderr, so that no byte of
// ours is in a test's output. If that is not possible, the line goes to our own stderr.
#pragma once

#include <string_view>

#include "core/base/said_line.hpp"
#include "core/settings/command_line.hpp"
#include "supervision/base/keeper_link.hpp"

namespace holdfast::supervision {

class Teller {
 public:
  // `lines`: a descriptor for the lines if there is no keeper; -1: our own stderr. On a terminal a
  // line overwrites the build tool's status line.
  Teller(KeeperLink* keeper, Loudness loudness, int lines = -1)
      : keeper_(keeper), loudness_(loudness), lines_(lines) {}

  // Says something worth knowing; silenced by --quiet.
  void tell(std::string_view text, Layout layout = Layout::one_line);
  // Says an error; never silenced.
  void complain(std::string_view text, Layout layout = Layout::one_line) {
    say(text, Repeat::each_time, layout);
  }
  // Says an error about an interrupted test. If the whole run was interrupted, one line speaks for
  // all its tests.
  void complain_of_interruption(std::string_view text) { say(text, Repeat::unless_ctest_ends); }
  // Says an error that every test of the run would say. Only the first test says it.
  void complain_once(std::string_view text) { say(text, Repeat::once_per_run); }
  // For `holdfast status`: what the attempt waits for, as text; empty: it waits no longer.
  void tell_wait(std::string_view wait) {
    if (keeper_ != nullptr) keeper_->tell_wait(wait);
  }

 private:
  void say(std::string_view text, Repeat repeat, Layout layout = Layout::one_line);

  KeeperLink* keeper_;
  Loudness loudness_;
  int lines_;
};

// Writes one line `holdfast: <text>` on stderr, by one write.
void write_line(std::string_view text);

}  // namespace holdfast::supervision
