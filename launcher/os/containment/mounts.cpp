#include "os/containment/mounts.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace holdfast::os {
namespace {

// The numbers are those of all architectures (linux/mount.h).
constexpr long k_open_tree = 428;
constexpr long k_move_mount = 429;
constexpr unsigned k_open_tree_clone = 1;
constexpr unsigned k_recursive = 0x8000;
constexpr unsigned k_move_from_empty_path = 0x4;

}  // namespace

UniqueFd take_mount(const std::string& path) {
  return UniqueFd(static_cast<int>(
      ::syscall(k_open_tree, AT_FDCWD, path.c_str(), k_open_tree_clone | k_recursive | O_CLOEXEC)));
}

bool put_mount(const UniqueFd& mount, const std::string& path) {
  return ::syscall(k_move_mount, mount.get(), "", AT_FDCWD, path.c_str(), k_move_from_empty_path) ==
         0;
}

}  // namespace holdfast::os
