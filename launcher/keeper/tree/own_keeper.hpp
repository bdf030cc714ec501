// What `holdfast begin` says to a keeper that its ctest already has. There are two occasions: a
// script goes on with its next ctest_test(), in this tree or another; or a run turns out to need
// its tree alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/process_name.hpp"
#include "core/log/log_line.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

namespace wire {

// `holdfast begin` sends this to its ctest's keeper, with the field `tree`: the build tree whose
// tests come next, and `configuration`. The keeper of that tree answers with the same kind and the
// field `serves`. The keeper of another tree ends its run and then itself. When a stopped keeper
// goes on, it reads this before any message of those tests. If the question has the field `run`, a
// new run begins, and ctest has its log open. The keeper that serves then ends the old run, begins
// the new one, and sends a second message of this kind, with the field `run`. With the field `look`
// instead, the asker looks at something before it decides whether a run begins. The keeper that
// serves then ends the old run, and sends a second message of this kind, with the field `look`.
// With `run`, the second message also says where the run logs.
inline constexpr std::string_view k_tree = "tree";
// Sent in the same way: this run needs its tree alone. A keeper that shares the tree lets it go and
// answers with the same kind and the field `let_go`. `holdfast begin` then sends the same kind with
// the tree's lock, and gets no answer to that.
inline constexpr std::string_view k_alone = "alone";

}  // namespace wire

// What comes next in ctest: a run that begins now, or only tests. The keeper itself sees whether
// the tests begin another run. Or nothing yet: the caller has to look at something when nothing of
// the earlier run is left, and may then ask again.
enum class ComesNext : std::uint8_t { run, tests, look };

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
