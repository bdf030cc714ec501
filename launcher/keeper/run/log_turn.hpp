// The turn to open ctest's log. Before CMake 4.3 ctest removes `LastTest.log.tmp` and then makes it
// anew. If two ctests begin at the same moment, both may have removed the file before one of them
// makes it. Then both open the same file and overwrite each other. So ctests that may begin side by
// side open their logs one after the other (docs/internals/decisions/0028).
#pragma once

#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

namespace wire {

// `holdfast begin` sends this, with the turn's lock, to the keeper of its ctest. There is no
// answer.
inline constexpr std::string_view k_log = "log";

}  // namespace wire

// Takes the turn for `ctest`, which is about to open its log, and hands it to ctest's keeper. Waits
// some seconds at most for other ctests to open theirs. A ctest without a keeper needs no turn. On
// an error (another user's tree, or no turn in time) ctest goes on without the turn. The error is
// one line that fits after "failed to".
Result<void> take_log_turn(const std::string& tree, const ProcessName& ctest);

// The keeper's side of the turn. The keeper gives the turn back when its ctest has opened the log.
class LogTurn {
 public:
  void begin(os::UniqueFd lock);
  // Returns when to look next; k_longest: ctest does not have the turn.
  Milliseconds due() const { return due_; }
  void look(const ProcessName& ctest);

 private:
  os::UniqueFd lock_;
  Milliseconds due_ = k_longest;
  Milliseconds until_{0};
  Milliseconds interval_{0};
};

}  // namespace holdfast
