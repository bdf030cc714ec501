// How SQLite opens a history: below a directory that Holdfast has opened, and nothing else.
//
// SQLite would resolve the links in the path and then open the result by its name, and who owns a
// directory on the way may put another one there meanwhile. A journal that somebody left beside the
// history can also name any other file, for SQLite to remove. So the files are named by a
// descriptor of their directory, each is looked at before it is opened, and a journal that names
// further files is refused.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

struct OwnDatabase {
  os::UniqueFd directory;  // must outlive the connection
  std::string name;        // for SQLite, with own_vfs()
};

// The name of the way in which SQLite is to open it (sqlite3_vfs).
const char* own_vfs();

enum class MissingFile : unsigned char { is_error, is_made };

// Fails unless `file` and what SQLite has beside it are as os/file/own_files.hpp says. A link of
// this user or of root is followed if the path is the user's own.
Result<OwnDatabase> find_own_database(const std::string& file, MissingFile missing);

// The path of a file that SQLite names, for messages.
std::string path_of_own(const char* name);

}  // namespace holdfast
