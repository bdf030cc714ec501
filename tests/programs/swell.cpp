// swell FILE MEGABYTES: fills that much memory, page by page, announces itself and stays. It dies
// slowly when it is killed, because the kernel takes the pages back first.
#include <sys/mman.h>

#include "habit.hpp"

int main(int /*count*/, char** words) {
  const std::size_t size = std::strtoul(words[2], nullptr, 10) << 20U;
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 97;
  madvise(memory, size, MADV_NOHUGEPAGE);
  std::memset(memory, 1, size);
  habit::announce(words[1]);
  habit::linger();
}
