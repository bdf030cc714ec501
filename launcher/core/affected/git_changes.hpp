// Reads what git prints about files that changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct GitChange {
  std::string path;  // relative to the top of the repository's work tree
  // For a submodule: the commit that it was at. Empty: the path was no submodule before.
  std::string submodule_commit = {};
  bool is_submodule = false;  // it was one, or it is one now
};

// Reads what `git diff-index --raw -z --no-renames` prints.
std::vector<GitChange> read_raw_diff(std::string_view text);

// A path that `git status` names.
struct GitStatusEntry {
  std::string path;  // as above
  bool is_tracked = false;
  bool is_repository = false;  // a repository within this one that it does not track
  // The file in the work tree differs from the index, or is gone. An unmerged file counts.
  bool is_changed = false;
  std::string submodule_commit = {};  // for a submodule: the commit in the index
};

// Reads what `git status --porcelain=v2 -z --no-renames` prints.
std::vector<GitStatusEntry> read_status(std::string_view text);

// A path of the index that git was told not to look at.
struct HiddenFile {
  std::string path;    // as above
  std::string object;  // its content in the index
  bool is_submodule = false;
  bool may_be_gone = false;  // the work tree need not have it (a sparse checkout)
};

// Returns the hidden files in what `git ls-files -v -s -z` prints.
std::vector<HiddenFile> read_hidden_files(std::string_view text);

// Returns the directories that have a CMakeCache.txt among the paths, each with a slash at its end.
// Leaves out those around `source`. `source` is the project's directory, from the same top as the
// paths, with a slash at its end.
std::vector<std::string> build_trees_in(const std::vector<std::string>& paths,
                                        std::string_view source);

}  // namespace holdfast
