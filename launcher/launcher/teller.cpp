#include "launcher/teller.hpp"

#include <unistd.h>

#include "core/printable.hpp"
#include "os/system_call.hpp"

namespace holdfast::launcher {

void write_line(std::string_view text) {
  std::string line = "holdfast: ";
  line += printable(text);
  line += '\n';
  (void)os::retried([&] { return ::write(STDERR_FILENO, line.data(), line.size()); });
}

void Teller::tell(std::string_view text) {
  if (loudness_ == Loudness::quiet) return;
  complain(text);
}

void Teller::complain(std::string_view text) {
  if (keeper_ == nullptr || !keeper_->say(text, Repeat::each_time)) write_line(text);
}

void Teller::complain_of_interruption(std::string_view text) {
  if (keeper_ == nullptr || !keeper_->say(text, Repeat::unless_ctest_ends)) write_line(text);
}

void Teller::complain_once(std::string_view text) {
  if (keeper_ == nullptr || !keeper_->say(text, Repeat::once_per_run)) write_line(text);
}

}  // namespace holdfast::launcher
