// Where a file of ours is, or is to be. os/file/own_files.hpp says what is checked on the way.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

struct OwnPlace {
  UniqueFd directory;  // by O_PATH
  std::string name;
  bool is_ours = false;    // false: the path is the user's
  uid_t tree_owner = 0;    // who owns the build tree
  bool is_others = false;  // the tree is another user's
};

// How a directory is opened: to pass through it or make files in it, or to read its names.
enum class OpenTo : std::uint8_t { pass, list };

// True: the path has a part of our own.
bool has_own_part(std::string_view path);

// Finds the directory of the file at `path`. Makes nothing.
Result<OwnPlace> own_place(const std::string& path);
// Does the same, but makes those of our directories that are missing, with `mode`.
Result<OwnPlace> made_own_place(const std::string& path, unsigned mode);

// Makes the directory in the place; it may be there already. `path` is for messages, here and
// below.
Result<void> make_in(const OwnPlace& place, const std::string& path, unsigned mode);
// Opens the directory `name` there.
Result<UniqueFd> directory_in(const OwnPlace& place, const std::string& name,
                              const std::string& path, OpenTo what);

// Opens the regular file `name` there; open_own() says more.
Result<UniqueFd> file_in(const OwnPlace& place, const std::string& name, const std::string& path,
                         int flags, unsigned mode);

// Says what is wrong with something that is there.
Result<void> check_owner(const struct stat& info, const std::string& path, const OwnPlace& place);
enum class Access : std::uint8_t { read, write };
Result<void> check_file(const struct stat& info, const std::string& path, Access access,
                        const OwnPlace& place);

}  // namespace holdfast::os
