// What the user's ctest would do, before any test is chosen for it.
#pragma once

#include <string>
#include <vector>

#include "cli/select/ctest_call.hpp"
#include "core/base/result.hpp"
#include "core/ctest/rerun.hpp"

namespace holdfast::cli {

// Where ctest runs, and what the user tells it.
struct UserCall {
  std::string tree;       // the build tree of its tests, canonical
  CtestCall call;         // with the user's words
  RerunWords words;       // these words, taken apart
  std::string trouble;    // why tests cannot be chosen for such words; empty: they can
  std::string directory;  // in which it looks for its tests, canonical
  std::vector<std::string> listing = {};  // the words that say which tests there are, without it
};

// `tree`: the value of --tree; empty: ctest runs here, or in the build tree around here.
Result<UserCall> user_call(const std::string& tree, const std::vector<std::string>& words);

}  // namespace holdfast::cli
