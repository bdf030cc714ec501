// What `holdfast begin` says to the keeper of its ctest. Usually that was there before it: a script
// goes on with the next ctest_test(), of this tree or of another, or it has turned out that a run
// needs its tree alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

namespace wire {

// `holdfast begin` to a keeper of its ctest that is there already: the field `tree`, whose tests
// come next. Back the same kind, with the field `serves` where it is the keeper's own; else the
// keeper ends its run and then itself. A stopped one reads it before anything that those tests ask.
// With the field `run` they are another run's, and ctest has its log open: a keeper that serves
// ends the run before, begins this one, and then sends the same kind again, with the field `run`.
inline constexpr std::string_view k_tree = "tree";
// The same: this run is to have its tree alone. Back the same kind, with the field `let_go` where
// it shared the tree: now it has it no more, and waits for the same kind with the tree's lock,
// which has no answer.
inline constexpr std::string_view k_alone = "alone";

}  // namespace wire

// What ctest comes to: a run that begins now, or tests. Of tests the keeper sees by itself whether
// they begin another run.
enum class ComesNext : std::uint8_t { run, tests };

class OwnKeeper {
 public:
  // Connects to it, if there is one.
  explicit OwnKeeper(const ProcessName& ctest);

  enum class Answer : std::uint8_t {
    absent,  // there is none, or it is gone now: it was another tree's
    serves,  // it is this tree's, and stays
    silent   // it does not answer, or does not end
  };
  // Says whose tests come next. Blocks for as long as the graces of what the run before left, where
  // that is over.
  Answer go_on_with(const std::string& tree, ComesNext next);

  // Of one that serves. True: its run shared the tree and has let it go. Then it is to be given the
  // tree's lock again, as one that is alone.
  bool let_go_of_shared_tree();
  void hand_over(int lock);

 private:
  os::UniqueFd socket_;
};

}  // namespace holdfast
