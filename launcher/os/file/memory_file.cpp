#include "os/file/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "os/file/system_call.hpp"

namespace holdfast::os {

Result<UniqueFd> memory_file(std::string_view text) {
  UniqueFd file(::memfd_create("holdfast", 0));
  if (!file.valid()) return system_error("make a file in memory");
  while (!text.empty()) {
    const ssize_t count = retried([&] { return ::write(file.get(), text.data(), text.size()); });
    if (count < 0) return system_error("write to a file in memory");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  (void)::lseek(file.get(), 0, SEEK_SET);
  return file;
}

Result<std::string> read_memory_file(int fd) {
  std::string text;
  char part[4096];
  if (::lseek(fd, 0, SEEK_SET) != 0) return system_error("read a file in memory");
  while (true) {
    const ssize_t count = retried([&] { return ::read(fd, part, sizeof part); });
    if (count < 0) return system_error("read a file in memory");
    if (count == 0) return text;
    text.append(part, static_cast<std::size_t>(count));
  }
}

}  // namespace holdfast::os
