// The user's commands around an attempt, for /bin/sh: docs/reference/config.md. Empty: none.
#pragma once

#include <string>

namespace holdfast {

struct Hooks {
  std::string on_failure;   // when a test has failed for good
  std::string before_kill;  // before a test's process tree is ended because its time is over

  bool any() const { return !on_failure.empty() || !before_kill.empty(); }

  friend bool operator==(const Hooks&, const Hooks&) = default;
};

}  // namespace holdfast
