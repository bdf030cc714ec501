// The guard of one attempt, as the keeper sees it. Its launcher ends the test when the guard is
// killed; a launcher that is stopped does not, and nothing else would become of it: ctest waits.
#pragma once

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class GuardWatch {
 public:
  // For an attempt that was granted just now. Costs one that is over soon nothing: the guard is not
  // looked for before a second has passed.
  void begin(const ProcessName& launcher, Milliseconds grace);
  void end();

  // Readable: guard_died() is to be called; -1: it is not known.
  int fd() const { return guard_.get(); }
  void guard_died();
  // When look() is to be called; before, it does nothing.
  Milliseconds due() const { return due_; }
  // True: the launcher has been stopped without a guard for longer than it takes to end a test.
  // `ctest`: while that is stopped, too, everything is, by Ctrl-Z.
  bool look(const ProcessName& ctest);

 private:
  void look_for_guard();
  void look_again();

  ProcessName launcher_;
  Milliseconds grace_{0};
  os::UniqueFd guard_;
  bool is_without_guard_ = false;  // which it had
  Milliseconds due_ = k_longest;
  Milliseconds interval_{0};
};

}  // namespace holdfast
