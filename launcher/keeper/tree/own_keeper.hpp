// What `holdfast begin` says to the keeper of its ctest. That keeper is usually older. Either a
// script goes on with its next ctest_test(), of this tree or another, or a run turns out to need
// its tree alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

namespace wire {

// `holdfast begin` sends this to its ctest's keeper, with the field `tree`: whose tests come next.
// The keeper of that tree answers with the same kind and the field `serves`. The keeper of another
// tree ends its run and then itself. A keeper that is stopped reads this before any message of
// those tests. The field `run` says that the tests are another run's, and that ctest has its log
// open. The keeper that serves then ends the old run, begins the new one, and sends the same kind
// again, with the field `run`.
inline constexpr std::string_view k_tree = "tree";
// Sent in the same way: this run needs its tree alone. A keeper that shared the tree lets it go and
// answers with the same kind and the field `let_go`. It then waits for the same kind with the
// tree's lock, and does not answer that.
inline constexpr std::string_view k_alone = "alone";

}  // namespace wire

// What ctest comes to: a run that begins now, or only tests. The keeper itself sees whether the
// tests begin another run.
enum class ComesNext : std::uint8_t { run, tests };

class OwnKeeper {
 public:
  // Connects to the keeper, if there is one.
  explicit OwnKeeper(const ProcessName& ctest);

  enum class Answer : std::uint8_t {
    absent,  // there is none, or it was another tree's and has gone
    serves,  // it serves this tree and stays
    silent   // it does not answer, or does not end
  };
  // Tells the keeper whose tests come next. If the earlier run is over, blocks for the graces of
  // what that run left.
  Answer go_on_with(const std::string& tree, ComesNext next);

  // Only after `serves`. True: the keeper's run shared the tree and has let it go. The caller then
  // gives it the tree's lock again with hand_over(), as one that is alone.
  bool let_go_of_shared_tree();
  void hand_over(int lock);

 private:
  os::UniqueFd socket_;
};

}  // namespace holdfast
