#include "os/file/file_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {
namespace {

// Half a line would spoil the next one, so it is cut off while it is still the end of the file. The
// disk was full, so nobody else could append between the look and the cut. If room was made just
// then, a whole line of theirs may be lost, but none is torn.
void take_back(int file, off_t put) {
  const off_t end = ::lseek(file, 0, SEEK_CUR);
  struct stat info {};
  const bool is_last = end >= put && ::fstat(file, &info) == 0 && info.st_size == end;
  if (is_last && ::ftruncate(file, end - put) == 0) return;
  (void)retried([&] { return ::write(file, "\n", 1); });  // keep the damage to this one line
}

}  // namespace

// Both functions open without waiting, so that a planted FIFO cannot make them hang.
Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd file(
      retried([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); }));
  if (!file.valid()) return system_error("open " + path);
  std::string text;
  std::size_t filled = 0;
  while (filled < limit) {
    text.resize(filled + 4096 < limit ? filled + 4096 : limit);
    const ssize_t got =
        retried([&] { return ::read(file.get(), text.data() + filled, text.size() - filled); });
    if (got < 0) return system_error("read " + path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

Result<void> append_line(const std::string& path, std::string_view text) {
  const UniqueFd file(retried([&] {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                  0644);
  }));
  if (!file.valid()) return system_error("open " + path);
  const ssize_t put = retried([&] { return ::write(file.get(), text.data(), text.size()); });
  if (put < 0) return system_error("write " + path);
  if (static_cast<std::size_t>(put) == text.size()) return {};
  take_back(file.get(), put);
  return system_error("write " + path, ENOSPC);
}

}  // namespace holdfast::os
