// HOLDFAST_TMPDIR: the attempt's own directory, from before its test starts until its outcome is
// known.
#pragma once

#include <string>

#include "core/outcome.hpp"
#include "core/policy.hpp"
#include "core/result.hpp"

namespace holdfast::launcher {

// For a command that no keeper looks after: an empty directory in the user's own, by the id of the
// attempt.
Result<std::string> make_own_scratch(const std::string& attempt);

// What becomes of the directory that the keeper lent.
struct SettledScratch {
  std::string kept;       // its path, when it holds something that stays; empty: nothing stays
  bool reusable = false;  // as new: the next attempt may have it
};

// `path` empty: there was none. Making and removing a directory costs as much as a third of the
// launcher, so one that a test left empty goes back to the keeper as it is.
SettledScratch settle_scratch(const std::string& path, Scratch what, Outcome outcome);

}  // namespace holdfast::launcher
