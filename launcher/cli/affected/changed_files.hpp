// Which files differ from a commit, as git sees it: what is committed since, staged, not staged,
// and not tracked, without what .gitignore leaves out; in submodules, too.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

struct DifferingFile {
  std::string path;  // absolute
  bool is_tracked = true;
};

struct Difference {
  std::string commit;  // its object name
  std::vector<DifferingFile> files = {};
};

// Asks the repository around `source`. A file that was removed or renamed counts by its old name.
// The error is a sentence, with git's words.
Result<Difference> difference_since(const std::string& source, const std::string& revision);

}  // namespace holdfast::cli
