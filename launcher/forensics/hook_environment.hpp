// The variables that tell a hook (core/settings/policy.hpp) about the attempt.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/outcome/outcome.hpp"
#include "core/settings/policy.hpp"

namespace holdfast {

struct HookFacts {
  std::string hook;  // `on-failure`, `before-kill`
  std::string test;
  std::string run;
  std::string attempt_id;
  unsigned attempt = 1;  // from 1
  // Only for on-failure: at before-kill the test has not ended.
  std::optional<Outcome> outcome;
  ProcessEnd main;
  int process = 0;      // for before-kill: the test's main process
  std::string scratch;  // the attempt's directory; empty: none
  std::string output;   // the file with the attempt's captured output; empty: none
};

// Gives variables for what is known and for nothing else: no variable is empty.
std::vector<Variable> hook_environment(const HookFacts& facts);

}  // namespace holdfast
