#include "os/machine/namespaces.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace holdfast::os {
namespace {

// The first namespaces of a machine have fixed numbers in all versions of Linux
// (include/linux/proc_ns.h).
constexpr struct {
  const char* file;
  ino_t number;
} k_first[] = {
    {"/proc/self/ns/ipc", 0xEFFFFFFF},    {"/proc/self/ns/uts", 0xEFFFFFFE},
    {"/proc/self/ns/user", 0xEFFFFFFD},   {"/proc/self/ns/pid", 0xEFFFFFFC},
    {"/proc/self/ns/cgroup", 0xEFFFFFFB},
};

bool is_chroot() {
  struct stat own {};
  struct stat first {};
  // Only root may look at the root of the first process.
  if (::stat("/", &own) != 0 || ::stat("/proc/1/root/", &first) != 0) return false;
  return own.st_dev != first.st_dev || own.st_ino != first.st_ino;
}

}  // namespace

bool is_at_top_of_machine() {
  const bool are_first = std::ranges::all_of(k_first, [](const auto& first) {
    struct stat info {};
    return ::stat(first.file, &info) == 0 && info.st_ino == first.number;
  });
  return are_first && !is_chroot();
}

}  // namespace holdfast::os
