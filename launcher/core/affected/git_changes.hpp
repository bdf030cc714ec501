// Reads what git prints of files that changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct GitChange {
  std::string path;  // relative to the top of the repository's work tree
  // Of a submodule: the commit that it was at. Empty: the path was no submodule before.
  std::string submodule_commit = {};
};

// What `git diff-index --raw -z --no-renames` prints. A submodule that was added counts as a file.
std::vector<GitChange> read_raw_diff(std::string_view text);

// A path of which `git status` tells.
struct GitStatusEntry {
  std::string path;         // as above; a repository within this one that it does not track is one
  bool is_tracked = false;  // path
  // The file in the work tree differs from the index, or is gone. An unmerged file counts.
  bool is_changed = false;
  std::string submodule_commit = {};  // of a submodule: the commit in the index
};

// What `git status --porcelain=v2 -z --no-renames` prints.
std::vector<GitStatusEntry> read_status(std::string_view text);

// The paths without those in build trees of CMake, unless `source` is in the build tree. `source`
// is the project's directory, from the same top as the paths, with a slash at its end.
std::vector<std::string> without_build_trees(const std::vector<std::string>& paths,
                                             std::string_view source);

}  // namespace holdfast
