// Holdfast's own files, where somebody else may be able to put something in their place. Root runs
// ctest in a user's build tree, and a user looks at the tree of another: the owner of a directory
// can put a link, a FIFO or another file there at any moment. All files of ours are made, opened,
// renamed and removed here, or below a directory that was opened here.
//
// Our own part of a path begins with its last component `.holdfast`, or behind
// /tmp/holdfast-<uid>/. What is before it is the user's: links in it are followed. From there on,
// no component may be a link, and each must belong to this user, to root or to the owner of the
// build tree. So nobody else decides what is read or written, and the owner of a tree decides only
// about files in it. In /tmp/holdfast-<uid>, all belongs to this user or to root.
//
// In a path that has no such part, only the last component may be no link.
//
// An error is a sentence that names what is in the way. errno is then EPERM, or what the kernel
// said.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

// Where a file of ours is, or is to be.
struct OwnPlace {
  UniqueFd directory;  // by O_PATH
  std::string name;
  bool is_ours = false;    // false: the path is the user's
  uid_t tree_owner = 0;    // who owns the build tree
  bool is_others = false;  // the tree is another user's
};

// True: the path has a part of our own.
bool has_own_part(std::string_view path);

// Finds the directory of the file at `path`. Makes nothing.
Result<OwnPlace> own_place(const std::string& path);

// Opens a regular file. `flags` and `mode` are those of open(2); a file is neither followed nor
// waited for. To write, a file in another user's tree must have no second name: somebody may have
// given that name to a file of this user.
Result<UniqueFd> open_own(const std::string& path, int flags, unsigned mode = 0644);
// Reads at most `limit` bytes of it.
Result<std::string> read_own(const std::string& path, std::size_t limit = 64 * 1024);

// Appends `text` by one write(2) to a file of ours, opened with O_APPEND, so that the lines of many
// processes never mix. Creates the file (0644). A short write (the disk is full) is an error, and
// the part that was written is removed again.
Result<void> append_line(const std::string& path, std::string_view text);

// Returns where a link of ours leads; empty: it cannot be read.
std::string read_own_link(const std::string& path);

// A directory of ours, open. The way to it is gone once for any number of looks into it.
class OwnDirectory {
 public:
  static Result<OwnDirectory> open(const std::string& path);
  // Opens a directory in this one.
  Result<OwnDirectory> below(const std::string& name) const;

  // Opens a regular file in this one, to read it.
  Result<UniqueFd> file(const std::string& name) const;

  // Returns the names of what is in it, in order.
  std::vector<std::string> names() const;
  // True: `directory` in it is a directory with a regular `file`. Neither is a link, and both
  // belong to somebody who may own files of ours.
  bool has_file(const std::string& directory, const std::string& file) const;

 private:
  OwnDirectory(OwnPlace place, std::string path)
      : place_(std::move(place)), path_(std::move(path)) {}

  OwnPlace place_;
  std::string path_;
};

// Opens a directory.
Result<UniqueFd> open_own_directory(const std::string& path);
// Makes it, and those of our directories above it that are missing.
Result<void> make_own_directories(const std::string& path, unsigned mode);
// Makes a directory that is not there yet, in one that is. errno is EEXIST if it is there.
Result<void> make_new_own_directory(const std::string& path, unsigned mode);
// Returns the names of what is in a directory; none if it cannot be opened.
std::vector<std::string> names_in_own(const std::string& path);

// True: something is there, even if it is not as it should be.
bool exists_own(const std::string& path);
// Says what is wrong with what is at `path`. No error if nothing is there.
enum class Expected : std::uint8_t { file_or_directory, file_to_write };
Result<void> check_own(const std::string& path, Expected expected);

Result<void> rename_own(const std::string& from, const std::string& to);
Result<void> remove_own(const std::string& path);
Result<void> remove_own_directory(const std::string& path);  // an empty one

// Says what is wrong with the files of ours in a build tree, before anything is read or written
// there: the first line for a command to end with.
Result<void> check_tree(const std::string& tree);
// True: the build tree belongs to another user. Who only looks at it makes nothing there.
bool is_tree_of_another(const std::string& tree);

}  // namespace holdfast::os
