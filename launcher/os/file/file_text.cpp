#include "os/file/file_text.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

#include "os/file/system_call.hpp"

namespace holdfast::os {

std::string working_directory() {
  char here[PATH_MAX];
  return ::getcwd(here, sizeof here) == nullptr ? std::string() : here;
}

std::string read_link(const std::string& path) {
  char target[PATH_MAX + 32];  // the kernel may add " (deleted)"
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string{};
}

std::string_view rest_of_line(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return {};
  return text.substr(at + label.size(), text.find('\n', at + label.size()) - at - label.size());
}

bool read_at(int file, std::uint64_t offset, void* into, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = retried([&] {
      return ::pread(file, static_cast<char*>(into) + filled, size - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (got <= 0) return false;
    filled += static_cast<std::size_t>(got);
  }
  return true;
}

bool read_all(int file, std::string& text, std::size_t limit) {
  // Most files are small. Their text takes no more memory than it needs, because the launcher has
  // little.
  char start[4096];
  ssize_t got = retried([&] { return ::read(file, start, std::min(limit, sizeof start)); });
  text.assign(start, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  std::size_t filled = text.size();
  while (got > 0 && filled < limit) {
    text.resize(std::min(limit, filled + std::max(filled, sizeof start)));
    got = retried([&] { return ::read(file, text.data() + filled, text.size() - filled); });
    if (got > 0) filled += static_cast<std::size_t>(got);
    text.resize(filled);
  }
  return got >= 0;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = retried([&] { return ::write(file, text.data(), text.size()); });
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// Opens without waiting, so that a planted FIFO cannot make it hang.
Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd file(retried([&] {
    return ::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  }));
  if (!file.valid()) return system_error("open " + path);
  std::string text;
  if (!read_all(file.get(), text, limit)) return system_error("read " + path);
  return text;
}

Result<UniqueFd> nameless_file(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (file.valid()) return file;
  // Some file systems cannot do that (NFS).
  std::string path = directory + "/holdfast-XXXXXX";
  file = UniqueFd(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) return system_error("make a temporary file in " + directory);
  ::unlink(path.c_str());
  return file;
}

Result<UniqueFd> memory_file(std::string_view text) {
  UniqueFd file(::memfd_create("holdfast", 0));
  if (!file.valid() || !write_all(file.get(), text)) return system_error("make a file in memory");
  (void)::lseek(file.get(), 0, SEEK_SET);
  return file;
}

Result<std::string> read_memory_file(int fd) {
  std::string text;
  if (::lseek(fd, 0, SEEK_SET) == 0 && read_all(fd, text)) return text;
  return system_error("read a file in memory");
}

}  // namespace holdfast::os
