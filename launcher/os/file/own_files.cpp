#include "os/file/own_files.hpp"

#include <fcntl.h>
#include <limits.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {
namespace {

// With musl open() makes a second system call for O_CLOEXEC, and openat() does not.
constexpr int k_to_follow = O_PATH | O_DIRECTORY | O_CLOEXEC;
// How a directory is opened: to pass through it or make files in it, or to read its names.
constexpr int k_to_pass = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int k_to_list = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int k_to_use = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr const char* k_directory = "a directory that Holdfast made";
constexpr const char* k_file = "a file that Holdfast made";

// Where our own part of a path begins.
struct Beginning {
  std::string_view path;  // all of it
  std::string above;      // the directory that it begins in
  std::string_view ours;  // the components from there on
  enum class In : std::uint8_t { tree, users, nothing } in = In::nothing;
};

std::size_t find_tree_directory(std::string_view path) {
  // The slash before the path stands for the one that each later component has before it.
  return text_of({"/", path, "/"}).rfind(text_of({"/", names::k_tree_directory, "/"}));
}

Beginning beginning_of(std::string_view path) {
  if (const std::size_t at = find_tree_directory(path); at != std::string_view::npos) {
    return {path, at == 0 ? "." : std::string(path.substr(0, at)), path.substr(at),
            Beginning::In::tree};
  }
  const std::string users = user_directory_path() + "/";
  if (path.starts_with(users) && path.size() > users.size()) {
    return {path, users, path.substr(users.size()), Beginning::In::users};
  }
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {path, ".", path};
  return {path, std::string(path.substr(0, slash + 1)), path.substr(slash + 1)};
}

Error refused(std::string text) {
  Error error(std::move(text));
  errno = EPERM;
  return error;
}

const char* kind_of(mode_t mode) {
  if (S_ISLNK(mode)) return "it is a symbolic link";
  if (S_ISDIR(mode)) return "it is a directory";
  if (S_ISREG(mode)) return "it is a file";
  return "it is no regular file";
}

Result<OwnPlace> first_place(const Beginning& begin) {
  const uid_t user = ::geteuid();
  OwnPlace place;
  place.is_ours = begin.in != Beginning::In::nothing;
  if (begin.in == Beginning::In::users) {
    HOLDFAST_TRY(place.directory, open_existing_user_directory());
    place.tree_owner = user;
    return place;
  }
  place.directory = UniqueFd(::openat(AT_FDCWD, begin.above.c_str(), k_to_follow));
  struct stat info {};
  if (!place.directory.valid() || ::fstat(place.directory.get(), &info) != 0) {
    return system_error("open " + std::string(begin.path));
  }
  place.tree_owner = info.st_uid;
  place.is_others = info.st_uid != user;
  return place;
}

// One call for all components but the last, for the usual case: each attempt of a test pays for it.
// It says nothing about the owners of the directories on the way: in a tree of this user, they are
// this user's. False: go component by component, which says what is in the way.
bool enter_at_once(OwnPlace& place, std::string_view ours) {
  if (place.is_others) return false;
  const std::size_t slash = ours.rfind('/');
  if (slash != std::string_view::npos) {
    const std::string directories(ours.substr(0, slash));
    UniqueFd last =
        open_resolved(place.directory.get(), directories.c_str(), k_to_pass, 0, k_no_symlinks);
    if (!last.valid()) return false;
    place.directory = std::move(last);
    ours.remove_prefix(slash + 1);
  }
  place.name = ours;
  return true;
}

// errno is that of an open in the place, which has failed.
Error cannot_open(const OwnPlace& place, const std::string& name, const std::string& path,
                  const char* expected) {
  const int number = errno;
  struct stat info {};
  const bool is_there =
      ::fstatat(place.directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  const bool is_wrong = number == ELOOP || number == ENOTDIR || number == ENXIO || number == EISDIR;
  errno = number;
  if (!is_there || !is_wrong) return system_error("open " + path, number);
  return refused("use " + path + ": " + kind_of(info.st_mode) + "; expected " + expected);
}

// Says what is wrong with something that is there. `path` is for messages, here and below.
Result<void> check_owner(const struct stat& info, const std::string& path, const OwnPlace& place) {
  if (!place.is_ours || is_trusted_owner(info.st_uid, place.tree_owner)) return {};
  std::string text = "use " + path + ": it belongs to user " + std::to_string(info.st_uid) +
                     "; expected user " + std::to_string(::geteuid());
  if (place.is_others && place.tree_owner != 0) {
    text += ", user " + std::to_string(place.tree_owner) + ", who owns the build tree,";
  }
  return refused(std::move(text) + " or root");
}

// Whether the only other name of the file is the second name that a lock of ours has
// (os/lock/lock_directory.hpp).
bool has_only_a_spare(const struct stat& info, std::string_view path, const OwnPlace& place) {
  struct stat spare {};
  const std::string name = text_of({last_part_of(path), names::k_spare_suffix});
  return info.st_nlink == 2 &&
         ::fstatat(place.directory.get(), name.c_str(), &spare, AT_SYMLINK_NOFOLLOW) == 0 &&
         id_of(spare) == id_of(info);
}

enum class Access : std::uint8_t { read, write };

Result<void> check_file(const struct stat& info, const std::string& path, Access access,
                        const OwnPlace& place) {
  if (!S_ISREG(info.st_mode)) {
    return refused("use " + path + ": " + kind_of(info.st_mode) + "; expected " + k_file);
  }
  HOLDFAST_DO(check_owner(info, path, place));
  const bool may_be_planted = place.is_ours && place.is_others && info.st_uid != place.tree_owner;
  if (access == Access::read || !may_be_planted || info.st_nlink <= 1) return {};
  if (has_only_a_spare(info, path, place)) return {};
  return refused("use " + path + ": it has another name somewhere (a hard link); expected " +
                 k_file);
}

// Opens the directory `name` there.
Result<UniqueFd> directory_in(const OwnPlace& place, const std::string& name,
                              const std::string& path, int flags) {
  UniqueFd directory(::openat(place.directory.get(), name.c_str(), flags));
  if (!directory.valid()) return cannot_open(place, name, path, k_directory);
  struct stat info {};
  if (::fstat(directory.get(), &info) != 0) return system_error("examine " + path);
  HOLDFAST_DO(check_owner(info, path, place));
  return directory;
}

// Opens the regular file `name` there; open_own() says more.
Result<UniqueFd> file_in(const OwnPlace& place, const std::string& name, const std::string& path,
                         int flags, unsigned mode) {
  // It is emptied only when it is known to be the right one.
  UniqueFd file(retried([&] {
    return ::openat(place.directory.get(), name.c_str(), (flags & ~O_TRUNC) | k_to_use, mode);
  }));
  if (!file.valid()) return cannot_open(place, name, path, k_file);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error("examine " + path);
  const Access access = (flags & O_ACCMODE) == O_RDONLY ? Access::read : Access::write;
  HOLDFAST_DO(check_file(info, path, access, place));
  if ((flags & O_TRUNC) != 0 && ::ftruncate(file.get(), 0) != 0) {
    return system_error("empty " + path);
  }
  return file;
}

// Makes the directory in the place; it may be there already.
Result<void> make_in(const OwnPlace& place, const std::string& path, unsigned mode) {
  if (::mkdirat(place.directory.get(), place.name.c_str(), mode) == 0 || errno == EEXIST) return {};
  return system_error("make " + path);
}

// Goes through all components but the last. With a `mode` it makes those that are missing.
Result<OwnPlace> place_in(const Beginning& begin, std::optional<unsigned> mode = {}) {
  Result<OwnPlace> place = first_place(begin);
  if (!place || enter_at_once(*place, begin.ours)) return place;
  std::string path = begin.above.ends_with('/') ? begin.above : begin.above + "/";
  if (begin.above == ".") path.clear();
  std::string_view rest = begin.ours;
  while (true) {
    place->name = take_part(rest, '/');
    path += place->name;
    if (rest.empty()) return place;
    if (mode) {
      HOLDFAST_DO(make_in(*place, path, *mode));
    }
    HOLDFAST_TRY(place->directory, directory_in(*place, place->name, path, k_to_pass));
    path += '/';
  }
}

// Half a line would spoil the next line. So half a line is cut off if it is still the end of the
// file. The disk is full, so others cannot append between the look and the cut. If room is made
// just then, whole lines of others may be lost, but none is torn.
void take_back(int file, off_t put) {
  const off_t end = ::lseek(file, 0, SEEK_CUR);
  struct stat info {};
  const bool is_last = end >= put && ::fstat(file, &info) == 0 && info.st_size == end;
  if (is_last && ::ftruncate(file, end - put) == 0) return;
  (void)retried([&] { return ::write(file, "\n", 1); });  // keep the damage to this one line
}

Result<void> remove(const std::string& path, int flags) {
  HOLDFAST_TRY(const OwnPlace place, own_place(path));
  if (::unlinkat(place.directory.get(), place.name.c_str(), flags) == 0) return {};
  return system_error("remove " + path);
}

}  // namespace

bool has_own_part(std::string_view path) { return beginning_of(path).in != Beginning::In::nothing; }

Result<OwnPlace> own_place(const std::string& path) { return place_in(beginning_of(path)); }

Result<UniqueFd> open_own(const std::string& path, int flags, unsigned mode) {
  const Result<OwnPlace> place = own_place(path);
  return place ? file_in(*place, place->name, path, flags, mode) : Result<UniqueFd>(place.error());
}

Result<std::string> read_own(const std::string& path, std::size_t limit) {
  HOLDFAST_TRY(const UniqueFd file, open_own(path, O_RDONLY));
  std::string text;
  if (!read_all(file.get(), text, limit)) return system_error("read " + path);
  return text;
}

std::string read_own_link(const std::string& path) {
  const Result<OwnPlace> place = own_place(path);
  std::array<char, PATH_MAX> to{};
  const ssize_t size =
      !place ? -1 : ::readlinkat(place->directory.get(), place->name.c_str(), to.data(), to.size());
  return size > 0 ? std::string(to.data(), static_cast<std::size_t>(size)) : std::string();
}

Result<void> append_line(const std::string& path, std::string_view text) {
  HOLDFAST_TRY(const UniqueFd file, open_own(path, O_WRONLY | O_APPEND | O_CREAT));
  const ssize_t put = retried([&] { return ::write(file.get(), text.data(), text.size()); });
  if (put < 0) return system_error("write " + path);
  if (static_cast<std::size_t>(put) == text.size()) return {};
  take_back(file.get(), put);
  return system_error("write " + path, ENOSPC);
}

Result<OwnDirectory> OwnDirectory::open(const std::string& path) {
  HOLDFAST_TRY(OwnPlace place, own_place(path));
  HOLDFAST_TRY(place.directory, directory_in(place, place.name, path, k_to_list));
  return OwnDirectory(std::move(place), path);
}

Result<OwnDirectory> OwnDirectory::below(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  HOLDFAST_TRY(UniqueFd next, directory_in(place_, name, path, k_to_list));
  return OwnDirectory({std::move(next), {}, place_.is_ours, place_.tree_owner, place_.is_others},
                      path);
}

Result<UniqueFd> OwnDirectory::file(const std::string& name) const {
  return file_in(place_, name, path_ + "/" + name, O_RDONLY, 0);
}

std::vector<std::string> OwnDirectory::names() const {
  return names_in(open_directory(place_.directory.get(), "."));
}

bool OwnDirectory::has_file(const std::string& directory, const std::string& file) const {
  const auto is_there = [&](const std::string& name, mode_t kind) {
    struct stat info {};
    return ::fstatat(place_.directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           (info.st_mode & S_IFMT) == kind && check_owner(info, name, place_);
  };
  return is_there(directory, S_IFDIR) && is_there(directory + "/" + file, S_IFREG);
}

Result<UniqueFd> open_own_directory(const std::string& path) {
  HOLDFAST_TRY(const OwnPlace place, own_place(path));
  return directory_in(place, place.name, path, k_to_list);
}

Result<void> make_own_directories(const std::string& path, unsigned mode) {
  HOLDFAST_TRY(const OwnPlace place, place_in(beginning_of(path), mode));
  HOLDFAST_DO(make_in(place, path, mode));
  const Result<UniqueFd> made = directory_in(place, place.name, path, k_to_pass);
  return made ? Result<void>() : made.error();
}

Result<void> make_new_own_directory(const std::string& path, unsigned mode) {
  HOLDFAST_TRY(const OwnPlace place, own_place(path));
  if (::mkdirat(place.directory.get(), place.name.c_str(), mode) == 0) return {};
  return system_error("make " + path);
}

std::vector<std::string> names_in_own(const std::string& path) {
  const Result<OwnDirectory> directory = OwnDirectory::open(path);
  return directory ? directory->names() : std::vector<std::string>();
}

bool exists_own(const std::string& path) {
  const Result<OwnPlace> place = own_place(path);
  struct stat info {};
  return place &&
         ::fstatat(place->directory.get(), place->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<void> check_own(const std::string& path, Expected expected) {
  const Result<OwnPlace> place = own_place(path);
  if (!place && errno == ENOENT) return {};
  if (!place) return place.error();
  struct stat info {};
  if (::fstatat(place->directory.get(), place->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return system_error("examine " + path);
  }
  if (expected == Expected::file_to_write) return check_file(info, path, Access::write, *place);
  if (!S_ISDIR(info.st_mode)) return check_file(info, path, Access::read, *place);
  return check_owner(info, path, *place);
}

Result<void> rename_own(const std::string& from, const std::string& to) {
  HOLDFAST_TRY(const OwnPlace old_place, own_place(from));
  HOLDFAST_TRY(const OwnPlace new_place, own_place(to));
  if (::renameat(old_place.directory.get(), old_place.name.c_str(), new_place.directory.get(),
                 new_place.name.c_str()) == 0) {
    return {};
  }
  return system_error("make " + to);
}

Result<void> remove_own(const std::string& path) { return remove(path, 0); }
Result<void> remove_own_directory(const std::string& path) { return remove(path, AT_REMOVEDIR); }

Result<void> check_tree(const std::string& tree) {
  const std::string ours = tree + "/" + std::string(names::k_tree_directory);
  const Result<UniqueFd> directory = open_own_directory(ours);
  if (!directory && errno == ENOENT) return {};
  if (!directory) return directory.error();
  for (const std::string& name : names_in_own(ours)) {
    HOLDFAST_DO(check_own(ours + "/" + name, Expected::file_or_directory));
  }
  return {};
}

bool is_tree_of_another(const std::string& tree) {
  struct stat info {};
  return ::stat(tree.c_str(), &info) == 0 && info.st_uid != ::geteuid();
}

}  // namespace holdfast::os
