// Reads what git prints about files that changed. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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

// Which files under git's control changed between two looks.

// The files that differ from what is committed, by their paths. A stamp is any text that changes
// when the file is written.
using FileStamps = std::map<std::string, std::string>;

struct TrackedLook {
  std::string commit;  // the one that was checked out; empty: there is none
  std::int64_t at_ns = 0;
  FileStamps stamps;

  friend bool operator==(const TrackedLook&, const TrackedLook&) = default;
};

// Returns a look as a text for the disk. `whose` names the ctest before whose tests the look was.
std::string look_as_text(const std::string& whose, const TrackedLook& look);
// Returns none if the look is another ctest's, or if the text is no look.
std::optional<TrackedLook> look_from_text(std::string_view text, std::string_view whose);

// Returns the commit that is checked out, as `git status --porcelain=v2 --branch -z` says. Empty:
// none.
std::string commit_in_status(std::string_view text);

// Returns the files that changed, sorted. `stamp_of` gives the stamp that a file has now, because a
// file that differed before and does not differ now may have been committed meanwhile.
std::vector<std::string> changed_since(
    const FileStamps& before, const FileStamps& now,
    const std::function<std::string(const std::string&)>& stamp_of);

}  // namespace holdfast
