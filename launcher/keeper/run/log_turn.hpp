// The turn of opening ctest's log. Below CMake 4.3 ctest removes `LastTest.log.tmp` and then makes
// it anew: two that begin at one moment may both remove it before either has made it, open one and
// the same file, and write over what the other says. So ctests that may begin side by side open it
// one after the other (docs/internals/decisions/0028).
#pragma once

#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

namespace wire {

// `holdfast begin` to the keeper of its ctest, with the lock of the turn. Has no answer.
inline constexpr std::string_view k_log = "log";

}  // namespace wire

// For `ctest`, which is about to open its log. Waits for others to open theirs, some seconds at
// most, and hands the turn to the keeper of that ctest; one without a keeper needs none. Where it
// cannot be had (a tree of another user, or not in time) ctest goes on without: the error is one
// line that fits after "failed to".
Result<void> take_log_turn(const std::string& tree, const ProcessName& ctest);

// The keeper's, which gives the turn back once its ctest has its log open.
class LogTurn {
 public:
  void begin(os::UniqueFd lock);
  // When to look next; k_longest: it is not ctest's turn.
  Milliseconds due() const { return due_; }
  void look(const ProcessName& ctest);

 private:
  void end();

  os::UniqueFd lock_;
  Milliseconds due_ = k_longest;
  Milliseconds until_{0};
  Milliseconds interval_{0};
};

}  // namespace holdfast
