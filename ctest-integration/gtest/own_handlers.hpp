// Handlers of signals that start-up set are for the program and its cases. Their anchor must not
// run them: one for SIGCHLD may wait for the case itself.
#pragma once

#include <signal.h>

#include <utility>
#include <vector>

namespace holdfast {
namespace gtest_support {

class OwnHandlers {
 public:
  // Those that are caught get their default. So does an ignored SIGCHLD, which would take the end
  // of a child away from waitpid(2).
  static OwnHandlers put_aside();

  // In a child: as they were.
  void restore() const;

 private:
  std::vector<std::pair<int, struct sigaction>> handlers_;
};

// No signal reaches this process while it lives, but those that cannot be blocked.
class AllBlocked {
 public:
  AllBlocked();
  AllBlocked(const AllBlocked&) = delete;
  AllBlocked& operator=(const AllBlocked&) = delete;
  ~AllBlocked();

 private:
  sigset_t before_;
};

}  // namespace gtest_support
}  // namespace holdfast
