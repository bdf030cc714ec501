#include "history/own_database.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/owner.hpp"

namespace holdfast {
namespace {

constexpr const char* k_vfs = "holdfast";
constexpr std::string_view k_descriptors = "/proc/self/fd/";

std::string in_directory(const os::UniqueFd& directory, const std::string& name) {
  return std::string(k_descriptors) + std::to_string(directory.get()) + "/" + name;
}

// What SQLite itself uses on Linux.
sqlite3_vfs* usual() { return sqlite3_vfs_find("unix"); }

int keep_name(sqlite3_vfs* /*self*/, const char* name, int room, char* out) {
  const std::size_t length = std::strlen(name);
  if (length >= static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, length + 1);
  return SQLITE_OK;
}

// Without shared memory there is no write-ahead log. A file that somebody else has put into that
// mode would need two more files beside it, even to read it.
const sqlite3_io_methods* without_shared_memory(const sqlite3_io_methods& methods) {
  static const sqlite3_io_methods without = [&methods] {
    sqlite3_io_methods copy = methods;
    copy.iVersion = 1;
    return copy;
  }();
  return &without;
}

int open_file(sqlite3_vfs* /*self*/, const char* name, sqlite3_file* file, int flags, int* out) {
  if ((flags & SQLITE_OPEN_SUPER_JOURNAL) != 0) return SQLITE_CANTOPEN;
  // It would wait for ever for who writes to a FIFO.
  struct stat info {};
  if (name != nullptr && ::lstat(name, &info) == 0 && !S_ISREG(info.st_mode)) {
    return SQLITE_CANTOPEN;
  }
  const int opened = usual()->xOpen(usual(), name, file, flags, out);
  const bool is_history = (flags & SQLITE_OPEN_MAIN_DB) != 0 && file->pMethods != nullptr;
  if (is_history) file->pMethods = without_shared_memory(*file->pMethods);
  return opened;
}

// The user has named the file. In a directory for everybody, others can leave links.
std::string followed(const std::string& path) {
  struct stat info {};
  const bool is_link = ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
  if (!is_link || os::has_own_part(path)) return path;
  if (!os::is_trusted_owner(info.st_uid)) return path;
  std::array<char, PATH_MAX> real{};
  return ::realpath(path.c_str(), real.data()) == nullptr ? path : real.data();
}

// Closing the file that SQLite has open in this process would end the locks of it, so it is opened
// only if it is new.
Result<void> make(const std::string& path) {
  const Result<os::UniqueFd> made = os::open_own(path, O_RDWR | O_CREAT | O_EXCL);
  if (made || errno == EEXIST) return {};
  return made.error();
}

}  // namespace

const char* own_vfs() {
  static sqlite3_vfs own = [] {
    sqlite3_vfs copy = *usual();
    copy.pNext = nullptr;
    copy.zName = k_vfs;
    copy.xFullPathname = keep_name;
    copy.xOpen = open_file;
    return copy;
  }();
  if (sqlite3_vfs_find(k_vfs) == nullptr) sqlite3_vfs_register(&own, 0);
  return k_vfs;
}

Result<OwnDatabase> find_own_database(const std::string& file, MissingFile missing) {
  const std::string path = followed(file);
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
    const Result<void> checked = os::check_own(path + suffix, os::Expected::file_to_write);
    if (!checked) return checked.error();
  }
  if (missing == MissingFile::is_made && !os::exists_own(path)) {
    if (Result<void> made = make(path); !made) return made.error();
  }
  Result<os::OwnPlace> place = os::own_place(path);
  if (!place) return place.error();
  OwnDatabase found;
  found.name = in_directory(place->directory, place->name);
  found.directory = std::move(place->directory);
  return found;
}

std::string path_of_own(const char* name) {
  const std::string_view path = name == nullptr ? "" : name;
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with(k_descriptors) || slash < k_descriptors.size()) return std::string(path);
  return os::read_link(std::string(path.substr(0, slash))) + std::string(path.substr(slash));
}

}  // namespace holdfast
