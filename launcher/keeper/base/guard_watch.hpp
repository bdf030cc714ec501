// The guard of one attempt, as the keeper sees it. When a guard is killed, its launcher ends the
// test. A stopped launcher cannot do that, and ctest would wait for ever.
#pragma once

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class GuardWatch {
 public:
  // Begins with an attempt that was just granted. The first look comes after a second, so a short
  // attempt costs nothing.
  void begin(const ProcessName& launcher, Milliseconds grace);
  void end();

  // When this descriptor is readable, call guard_died(). -1: the guard is not known.
  int fd() const { return guard_.get(); }
  void guard_died();
  // Returns when to call look(). An earlier call does nothing.
  Milliseconds due() const { return due_; }
  // True: the launcher has been stopped without a guard for longer than it takes to end a test.
  // Never true while `ctest` is stopped too: Ctrl-Z stops everything.
  bool look(const ProcessName& ctest);

 private:
  void look_for_guard();

  ProcessName launcher_;
  Milliseconds grace_{0};
  os::UniqueFd guard_;
  bool is_without_guard_ = false;  // the launcher had a guard, which died
  Milliseconds due_ = k_longest;
  Milliseconds interval_{0};
};

}  // namespace holdfast
