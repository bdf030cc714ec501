// Which files differ from a commit, as git sees it: what is committed since, staged, not staged,
// and not tracked, without what .gitignore leaves out; in submodules and other repositories within
// this one, too.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

struct DifferingFile {
  std::string path;  // absolute
  bool is_tracked = true;
  bool is_in_build_tree = false;  // not tracked, and beside or below a CMakeCache.txt
};

struct Difference {
  std::string commit;  // its object name
  std::vector<DifferingFile> files = {};
  // Absolute paths of repositories within this one of which nobody knows their commit at that time:
  // git does not track them, or their commit is not here. All their files are among `files`.
  std::vector<std::string> strangers = {};
};

// Asks the repository around `source`. A file that was removed or renamed counts by its old name.
// What git does not track in the build tree `tree` is left out. The error is a sentence, with git's
// words.
Result<Difference> difference_since(const std::string& source, const std::string& tree,
                                    const std::string& revision);

}  // namespace holdfast::cli
