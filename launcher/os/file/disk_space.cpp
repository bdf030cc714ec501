#include "os/file/disk_space.hpp"

#include <sys/statvfs.h>

#include "os/file/system_call.hpp"

namespace holdfast::os {

Result<DiskSpace> disk_space(const std::string& directory) {
  struct statvfs info {};
  if (retried([&] { return ::statvfs(directory.c_str(), &info); }) != 0) {
    return system_error("look at " + directory);
  }
  const auto in_kb = [&](fsblkcnt_t blocks) {
    return std::uint64_t{blocks} * info.f_frsize / 1024;
  };
  DiskSpace space;
  space.size_kb = in_kb(info.f_blocks);
  space.free_kb = in_kb(info.f_bavail);
  space.inodes = info.f_files;
  space.free_inodes = info.f_favail;
  space.is_read_only = (info.f_flag & ST_RDONLY) != 0;
  space.forbids_execution = (info.f_flag & ST_NOEXEC) != 0;
  return space;
}

}  // namespace holdfast::os
