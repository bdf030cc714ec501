// Holds back the signals that end a command, so that it can first remove what is half done.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/signal/signals.hpp"

namespace holdfast::os {

// From its construction to its destruction SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGXFSZ do not end
// this process; those that came do so at the destruction. A signal that was blocked or ignored
// before is left alone: it would not have ended the process. The process must have one thread.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // True: this process is to end as soon as it can.
  bool came() const;

 private:
  SignalSet held_ = 0;
};

// Writes a file that takes its place only when it is whole.

// A new file beside the one that it is to replace.
struct Draft {
  int file;  // open for writing
  std::string path;
  const HeldSignals& signals;  // `fill` may look whether one came
};

// A reader never finds half of `target`: `fill` writes the draft, which is then renamed. If `fill`
// fails, or a signal comes (HeldSignals), nothing is left of it, and `target` is as it was. The
// file has the permissions of the one that it replaces. A link is replaced, not the file to which
// it leads. The process must have one thread.
Result<void> replace_file(const std::string& target,
                          const std::function<Result<void>(const Draft&)>& fill);

// The same with a text.
Result<void> replace_file(const std::string& target, std::string_view text);

}  // namespace holdfast::os
