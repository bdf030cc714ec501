#include "supervision/base/wait_telling.hpp"

#include "core/base/parts.hpp"
#include "os/file/clock.hpp"

namespace holdfast::supervision {

bool WaitTelling::take_due() {
  if (os::monotonic_now() < next()) return false;
  ++told_;
  return true;
}

void WaitTelling::tell(std::string_view why) {
  if (for_keeper_) {
    for_keeper_->why = why;
    teller_.tell_wait(to_text(*for_keeper_));
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
