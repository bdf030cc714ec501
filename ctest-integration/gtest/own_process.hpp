// Whether this is still the process that it was: asked at the beginning and end of each case.
#pragma once

#include <sys/types.h>

namespace holdfast {
namespace gtest_support {

class OwnProcess {
 public:
  OwnProcess();

  // False in whoever was forked from the process that made this.
  bool is_here() const { return mark_ != nullptr ? *mark_ != 0 : asks_kernel(); }

 private:
  bool asks_kernel() const;

  pid_t pid_;
  // A page that is empty in a child (MADV_WIPEONFORK), so that looking costs no system call. It is
  // never unmapped: there is one for the life of the process. Null on a kernel that has none.
  volatile char* mark_;
};

}  // namespace gtest_support
}  // namespace holdfast
