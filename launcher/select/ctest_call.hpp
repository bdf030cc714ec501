// The ctest that the user means, and becoming a ctest that runs chosen tests.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ctest/rerun.hpp"

namespace holdfast::cli {

// How ctest is started.
struct CtestCall {
  std::string program;
  std::string directory;
  std::vector<std::string> words = {};
};

std::vector<std::string> joined(std::vector<std::string> one,
                                const std::vector<std::string>& other);

// The words by which ctest runs the tests of these numbers, of which there is at least one. If the
// command line should not have them all, they are written to `file`.
Result<std::vector<std::string>> words_for(const std::vector<std::size_t>& numbers,
                                           const std::filesystem::path& file);

// Makes the ctest that we become start tests in that order. `commands` are for test_order.cmake and
// are written to `file`.
Result<void> put_in_order(const std::filesystem::path& file, const std::string& commands);

// `own_name` is the first word of ctest's command line. Returns only on failure.
Error become_ctest(const CtestCall& call, const std::string& own_name);

// What the user's ctest would do, before any test is chosen for it.

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
