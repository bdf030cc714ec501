// openat2(2), which the headers of some C libraries lack.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

// What no component of the path may be.
inline constexpr std::uint64_t k_no_mounts = 0x01;
inline constexpr std::uint64_t k_no_symlinks = 0x04;

// Opens `path` below `above`. Invalid, with errno set: it cannot be opened, or has what `resolve`
// forbids.
inline UniqueFd open_resolved(int above, const char* path, int flags, unsigned mode,
                              std::uint64_t resolve) {
  constexpr long k_openat2 = 437;
  struct HowToOpen {
    std::uint64_t flags = 0;
    std::uint64_t mode = 0;
    std::uint64_t resolve = 0;
  };
  const HowToOpen how{static_cast<std::uint64_t>(static_cast<unsigned>(flags)), mode, resolve};
  return UniqueFd(static_cast<int>(::syscall(k_openat2, above, path, &how, sizeof how)));
}

// To be asked when it has failed. EPERM comes from a seccomp filter that does not know the call: it
// never comes from the open itself.
inline bool lacks_openat2() { return errno == ENOSYS || errno == EPERM; }

}  // namespace holdfast::os
