// Where a line for people goes: to ctest's stderr by way of the keeper, so that not one byte of
// ours stands in a test's output; to our own stderr when there is no other way.
#pragma once

#include <string>
#include <string_view>

#include "core/base/said_line.hpp"
#include "core/settings/command_line.hpp"
#include "supervision/base/keeper_link.hpp"

namespace holdfast::supervision {

class Teller {
 public:
  // `lines`: a descriptor for them where there is no keeper; -1: our own stderr. Where it is a
  // terminal, the status line of a build tool that stands there is overwritten.
  Teller(KeeperLink* keeper, Loudness loudness, int lines = -1)
      : keeper_(keeper), loudness_(loudness), lines_(lines) {}

  // Worth knowing; silenced by --quiet.
  void tell(std::string_view text, Layout layout = Layout::one_line);
  // An error; never silenced.
  void complain(std::string_view text, Layout layout = Layout::one_line);
  // The same of a test that was interrupted, perhaps with all others of its run.
  void complain_of_interruption(std::string_view text);
  // The same where every test of the run would say it: said by the first.
  void complain_once(std::string_view text);

 private:
  void say(std::string_view text, Repeat repeat, Layout layout = Layout::one_line);

  KeeperLink* keeper_;
  Loudness loudness_;
  int lines_;
};

// One line `holdfast: <text>` on stderr, by one write.
void write_line(std::string_view text);

}  // namespace holdfast::supervision
