#include "own_handlers.hpp"

namespace holdfast {
namespace gtest_support {

OwnHandlers OwnHandlers::put_aside() {
  OwnHandlers own;
  for (int number = 1; number <= k_most; ++number) {
    struct sigaction action;
    if (::sigaction(number, nullptr, &action) != 0) continue;
    const bool caught = (action.sa_flags & SA_SIGINFO) != 0 ||
                        (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
    // SA_NOCLDWAIT does the same to waitpid(2) as an ignored SIGCHLD.
    const bool takes_ends = number == SIGCHLD &&
                            (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0);
    if (!caught && !takes_ends) continue;
    own.handlers_[number] = action;
    own.is_kept_[number] = true;
    ::signal(number, SIG_DFL);
  }
  return own;
}

void OwnHandlers::restore() const {
  for (int number = 1; number <= k_most; ++number) {
    if (is_kept_[number]) ::sigaction(number, &handlers_[number], nullptr);
  }
}

AllBlocked::AllBlocked() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before_);
}

AllBlocked::~AllBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace gtest_support
}  // namespace holdfast
