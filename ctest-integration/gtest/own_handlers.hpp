// Signal handlers that start-up set are for the program and its cases. The anchor must not run
// them: a handler of SIGCHLD might reap the case.
#pragma once

#include <signal.h>

namespace holdfast {
namespace gtest_support {

class OwnHandlers {
 public:
  // Sets each caught signal to its default, and an ignored SIGCHLD too: with that, waitpid(2) would
  // not learn how a child ended.
  static OwnHandlers put_aside();

  // To be called in a child: puts the handlers back.
  void restore() const;

 private:
  static const int k_most = 64;  // the largest number of a signal on Linux

  struct sigaction handlers_[k_most + 1];
  bool is_kept_[k_most + 1] = {};
};

// Blocks all signals of this process while it lives, except those that cannot be blocked.
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
