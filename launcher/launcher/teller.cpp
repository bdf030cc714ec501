#include "launcher/teller.hpp"

#include <unistd.h>

#include "core/printable.hpp"
#include "os/system_call.hpp"

namespace holdfast::launcher {

namespace {

void write_line_to(int fd, std::string_view start, std::string_view text) {
  std::string line(start);
  line += "holdfast: ";
  line += printable(text);
  line += '\n';
  (void)os::retried([&] { return ::write(fd, line.data(), line.size()); });
}

}  // namespace

void write_line(std::string_view text) { write_line_to(STDERR_FILENO, {}, text); }

void Teller::tell(std::string_view text) {
  if (loudness_ == Loudness::quiet) return;
  complain(text);
}

void Teller::complain(std::string_view text) { say(text, Repeat::each_time); }

void Teller::complain_of_interruption(std::string_view text) {
  say(text, Repeat::unless_ctest_ends);
}

void Teller::complain_once(std::string_view text) { say(text, Repeat::once_per_run); }

void Teller::say(std::string_view text, Repeat repeat) {
  if (keeper_ != nullptr && keeper_->say(text, repeat)) return;
  if (lines_ < 0) return write_line(text);
  constexpr std::string_view k_clear_line = "\r\x1b[K";
  write_line_to(lines_, ::isatty(lines_) != 0 ? k_clear_line : std::string_view(), text);
}

}  // namespace holdfast::launcher
