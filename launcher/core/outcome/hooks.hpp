// Commands of the user's around an attempt: docs/reference/config.md. Each is for /bin/sh; empty:
// none.
#pragma once

#include <string>

namespace holdfast {

struct Hooks {
  std::string on_failure;   // when a test has failed for good
  std::string before_kill;  // before the process tree of a test is ended for its time

  bool any() const { return !on_failure.empty() || !before_kill.empty(); }

  friend bool operator==(const Hooks&, const Hooks&) = default;
};

}  // namespace holdfast
