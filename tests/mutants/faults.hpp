// Faults that can be switched on, for tests/mutants. The number of the one that is on is the first
// int of a shared file. From byte 64 on, there is a byte for each number that was reached.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <type_traits>

namespace faults {

inline unsigned char* shared() {
  static unsigned char* const it = []() -> unsigned char* {
    const int fd = ::open("/tmp/.holdfast-faults/map", O_RDWR | O_CLOEXEC);
    if (fd < 0) return nullptr;
    void* const at = ::mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    return at == MAP_FAILED ? nullptr : static_cast<unsigned char*>(at);
  }();
  return it;
}

inline bool is_on(int number) {
  unsigned char* const at = shared();
  if (at == nullptr) return false;
  at[64 + number] = 1;
  return *reinterpret_cast<volatile int*>(at) == number;
}

constexpr bool on(int number) { return !std::is_constant_evaluated() && is_on(number); }
constexpr bool never(int number, bool value) { return !on(number) && value; }
constexpr bool always(int number, bool value) { return on(number) || value; }
// Never with `number`, always with the next one.
constexpr bool both(int number, bool value) {
  if (on(number)) return false;
  return on(number + 1) || value;
}

}  // namespace faults
