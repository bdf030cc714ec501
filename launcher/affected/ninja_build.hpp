// Makes a graph of what Ninja says of a build tree, and looks at the files: what is not built, or
// not since a file changed, is in doubt.
#pragma once

#include <string>
#include <unordered_set>

#include "affected/affected_tests.hpp"
#include "affected/named_files.hpp"
#include "affected/ninja.hpp"

namespace holdfast::cli {

// What is known of changes before Ninja is asked: names of FileNames.
struct ChangedNames {
  std::unordered_set<std::string> files = {};
  std::unordered_set<std::string> untracked = {};  // those that git does not track
  std::unordered_set<std::string> links = {};      // those that are links now
};

// What compilers were seen to read counts as an input. For a source of C or C++ that is newer than
// that, or not compiled, what it includes by its text counts, too (step_commands.hpp). So does a
// changed link through which the path of an input leads. That a changed file is newer than what is
// made from it raises no doubt.
NinjaBuild make_build(const doctor::NinjaTree& tree, const doctor::NinjaTexts& texts,
                      FileNames& names, const ChangedNames& changed);

}  // namespace holdfast::cli
