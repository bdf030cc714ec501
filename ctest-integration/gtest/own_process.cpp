#include "own_process.hpp"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

namespace holdfast {
namespace gtest_support {
namespace {

// The C library's headers may be older than the kernel.
#ifdef MADV_WIPEONFORK
const int k_wipe_on_fork = MADV_WIPEONFORK;
#else
const int k_wipe_on_fork = 18;
#endif

volatile char* page_for_this_process() {
  const size_t size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (::madvise(page, size, k_wipe_on_fork) != 0) {
    ::munmap(page, size);
    return nullptr;
  }
  volatile char* mark = static_cast<volatile char*>(page);
  *mark = 1;
  return mark;
}

}  // namespace

OwnProcess OwnProcess::now() {
  OwnProcess own;
  own.pid_ = ::getpid();
  own.mark_ = page_for_this_process();
  return own;
}

bool OwnProcess::asks_kernel() const { return ::getpid() == pid_; }

}  // namespace gtest_support
}  // namespace holdfast
