// What is done when a test has failed for good: a look around it, and the user's command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/program_identity.hpp"
#include "forensics/findings.hpp"
#include "forensics/program_probe.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

class Aftermath {
 public:
  // To be called before each attempt: what there was before the first is remembered.
  void note_start(const supervision::AttemptPlan& plan);

  // Both are cut short by a signal that says to end (or ctest's death), and not begun after it.
  //
  // The probes; at most some 2 s.
  std::vector<forensics::Finding> look_around(const supervision::EndedAttempt& ended);
  // on-failure, if there is one: what it printed.
  std::optional<forensics::Finding> run_hook(const supervision::EndedAttempt& ended);

 private:
  bool is_noted_ = false;
  bool is_told_to_end_ = false;
  std::string program_;  // absolute; empty: not known
  std::optional<ProgramIdentity> before_;
  std::vector<forensics::KnownFile> inputs_;
  std::vector<std::string> environment_;  // of the latest attempt; only where a hook needs it
};

}  // namespace holdfast::exec
