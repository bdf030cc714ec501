#include "supervision/base/teller.hpp"

#include <unistd.h>

#include "os/file/system_call.hpp"

namespace holdfast::supervision {

namespace {

void write_to(int fd, std::string_view line) {
  (void)os::retried([&] { return ::write(fd, line.data(), line.size()); });
}

}  // namespace

void write_line(std::string_view text) { write_to(STDERR_FILENO, said_line(text)); }

void Teller::tell(std::string_view text, Layout layout) {
  if (loudness_ != Loudness::quiet) complain(text, layout);
}

void Teller::say(std::string_view text, Repeat repeat, Layout layout) {
  if (keeper_ != nullptr && keeper_->say(text, repeat, layout)) return;
  if (lines_ < 0) return write_to(STDERR_FILENO, said_line(text, layout));
  constexpr std::string_view k_clear_line = "\r\x1b[K";
  const std::string start(::isatty(lines_) != 0 ? k_clear_line : std::string_view());
  write_to(lines_, start + said_line(text, layout));
}

}  // namespace holdfast::supervision
