// Where a line for people goes: to ctest's stderr by way of the keeper, so that not one byte of
// ours stands in a test's output; to our own stderr when there is no other way.
#pragma once

#include <string>
#include <string_view>

#include "core/command_line.hpp"
#include "launcher/keeper_link.hpp"

namespace holdfast::launcher {

class Teller {
 public:
  Teller(KeeperLink* keeper, Loudness loudness) : keeper_(keeper), loudness_(loudness) {}

  // Worth knowing; silenced by --quiet.
  void tell(std::string_view text);
  // An error; never silenced.
  void complain(std::string_view text);
  // The same of a test that was interrupted, perhaps with all others of its run.
  void complain_of_interruption(std::string_view text);
  // The same where every test of the run would say it: said by the first.
  void complain_once(std::string_view text);

 private:
  KeeperLink* keeper_;
  Loudness loudness_;
};

// One line `holdfast: <text>` on stderr, by one write.
void write_line(std::string_view text);

}  // namespace holdfast::launcher
