#include "os/file_text.hpp"

#include <fcntl.h>

#include "os/system_call.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::os {

// Neither function may hang at a FIFO that somebody planted: both open without waiting.
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
  // Keep the damage to this one line.
  (void)retried([&] { return ::write(file.get(), "\n", 1); });
  return system_error("write " + path, ENOSPC);
}

}  // namespace holdfast::os
