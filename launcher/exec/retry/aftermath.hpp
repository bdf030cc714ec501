// What happens when a test has failed for good: the probes, and the user's command.
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
  // Must be called before each attempt. Remembers how things were before the first attempt.
  void note_start(const supervision::AttemptPlan& plan);

  // A signal to end the test, or ctest's death, cuts both functions below short. They do not begin
  // after it.
  //
  // Runs the probes; takes about 2 s at most.
  std::vector<forensics::Finding> look_around(const supervision::EndedAttempt& ended);
  // Runs on-failure, if there is one; returns what it printed.
  std::optional<forensics::Finding> run_hook(const supervision::EndedAttempt& ended);

 private:
  bool is_noted_ = false;
  bool is_told_to_end_ = false;
  std::string program_;  // absolute; empty: not known
  std::optional<ProgramIdentity> before_;
  std::vector<forensics::KnownFile> inputs_;
  std::vector<std::string> environment_;  // of the latest attempt; only if a hook needs it
};

}  // namespace holdfast::exec
