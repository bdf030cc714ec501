// Tells whether this is still the same process, and not a child forked from it. The reporter asks
// at the beginning and end of each case.
#pragma once

#include <sys/types.h>

namespace holdfast {
namespace gtest_support {

class OwnProcess {
 public:
  // Of no process.
  constexpr OwnProcess() : pid_(-1), mark_(nullptr) {}
  // Of this process.
  static OwnProcess now();

  // False in a process that was forked from the one that now() was called in.
  bool is_here() const { return mark_ != nullptr ? *mark_ != 0 : asks_kernel(); }

 private:
  bool asks_kernel() const;

  pid_t pid_;
  // A page that the kernel fills with zeros in a child (MADV_WIPEONFORK), so that a look costs no
  // system call. It is never unmapped. Null on a kernel that cannot do that.
  volatile char* mark_;
};

}  // namespace gtest_support
}  // namespace holdfast
