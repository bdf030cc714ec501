// What `holdfast begin` says to a keeper that its ctest already has. There are two occasions: a
// script goes on with its next ctest_test(), in this tree or another; or a run turns out to need
// its tree alone.
#pragma once

#include <cstdint>
#include <string>

#include "base/log_line.hpp"
#include "base/process_name.hpp"
#include "os/file/descriptors.hpp"
#include "settings/wire.hpp"

namespace holdfast {

using wire::ComesNext;

class OwnKeeper {
 public:
  // Connects to the keeper, if there is one.
  explicit OwnKeeper(const ProcessName& ctest);

  enum class Answer : std::uint8_t {
    absent,  // there is no keeper, or it was another tree's and has ended
    serves,  // the keeper serves this tree and stays
    silent   // the keeper does not answer, or does not end
  };
  // Tells the keeper whose tests come next. If the earlier run is over, blocks while the keeper
  // ends what that run left, each part with its grace. `configuration`: that of the tests; empty:
  // none was said.
  Answer go_on_with(const std::string& tree, ComesNext next, const std::string& configuration);

  // Where the run logs that has begun since go_on_with(); empty: none has.
  const LogTarget& log() const { return log_; }

  // To be called only after `serves`. True: the keeper shared the tree and has let it go. The
  // caller then takes the tree alone, and gives the keeper that lock with hand_over().
  bool let_go_of_shared_tree();
  void hand_over(int lock);

 private:
  os::UniqueFd socket_;
  LogTarget log_;
};

}  // namespace holdfast
