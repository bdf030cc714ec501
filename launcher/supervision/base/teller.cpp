#include "supervision/base/teller.hpp"

#include "core/base/parts.hpp"
#include "os/file/clock.hpp"
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

bool WaitTelling::take_due() {
  if (os::monotonic_now() < next()) return false;
  ++told_;
  return true;
}

void WaitTelling::tell(std::string_view why) {
  if (for_keeper_) {
    for_keeper_->why = why;
    teller_.tell_wait(*for_keeper_);
  }
  if (told_ <= unsaid_) return;
  std::string line = text_of({"\"", test_, told_ > unsaid_ + 1 ? "\" still " : "\" ", waiting(),
                              " (", describe(since_start()), ")"});
  if (!why.empty()) line += text_of({": ", why});
  teller_.tell(line, Layout::folded);
}

void WaitTelling::tell_success() const {
  if (told_ == 0) return;
  if (for_keeper_) teller_.tell_wait({});
  if (told_ <= unsaid_) return;
  teller_.tell(text_of({"\"", test_, "\" has ", subject_, " after ", describe(since_start())}),
               Layout::folded);
}

Milliseconds WaitTelling::since_start() const { return os::monotonic_now() - start_; }

}  // namespace holdfast::supervision
