#include "os/file/marker_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

#include <cstring>

#include "os/file/descriptors.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

Error cannot_read() { return ErrorInWords{std::string("cannot be read: ") + std::strerror(errno)}; }

}  // namespace

Result<std::string> read_private_file(int directory, const std::string& name, std::size_t limit) {
  // This look comes before the open, because opening a device can have an effect.
  struct stat info {};
  if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return cannot_read();
  if (!S_ISREG(info.st_mode)) return ErrorInWords{"is not a regular file"};
  const UniqueFd file(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return cannot_read();
  if (!S_ISREG(info.st_mode)) return ErrorInWords{"is not a regular file"};
  if (info.st_uid != ::geteuid()) return ErrorInWords{"belongs to another user"};
  if (info.st_nlink != 1) return ErrorInWords{"has another name somewhere (a hard link)"};
  std::string text;
  if (!read_all(file.get(), text, std::min(limit, static_cast<std::size_t>(info.st_size)))) {
    return cannot_read();
  }
  return text;
}

std::vector<MarkerFile> read_marker_files(int directory, const std::vector<std::string>& names) {
  std::vector<MarkerFile> files;
  for (const std::string& name : names) {
    // We read one byte more than the longest marker has, so that we see whether a file is too long.
    files.push_back({name, read_private_file(directory, name, k_longest_marker + 1)});
  }
  return files;
}

Result<void> leave_marker(const std::string& directory, const Marker& marker) {
  const std::string path = directory + "/" + marker_file_name(marker.process.pid);
  const Result<UniqueFd> file = open_own(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) {
    if (errno == EEXIST) return {};
    return ErrorInWords{"make the marker: " + file.error().message};
  }
  const std::string text = marker_text(marker);
  const ssize_t put = retried([&] { return ::write(file->get(), text.data(), text.size()); });
  const int trouble = put < 0 ? errno : ENOSPC;
  if (put >= 0 && static_cast<std::size_t>(put) == text.size()) return {};
  (void)remove_own(path);  // a part of a marker is none, and would keep another one out
  return system_error("write the marker " + path, trouble);
}

}  // namespace holdfast::os
