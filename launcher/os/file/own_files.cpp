#include "os/file/own_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/resolve.hpp"
#include "os/file/system_call.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {
namespace {

constexpr int k_to_pass = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int k_to_list = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int k_always = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// Where our own part of a path begins.
struct Beginning {
  std::string_view path;  // all of it
  std::string above;      // the directory that it begins in
  std::string_view ours;  // the components from there on
  enum class In : std::uint8_t { tree, users, nothing } in = In::nothing;
};

std::size_t find_tree_directory(std::string_view path) {
  constexpr std::string_view k_name = names::k_tree_directory;
  std::size_t at = path.rfind(k_name);
  while (at != std::string_view::npos) {
    const std::size_t end = at + k_name.size();
    if ((at == 0 || path[at - 1] == '/') && (end == path.size() || path[end] == '/')) return at;
    at = at == 0 ? std::string_view::npos : path.rfind(k_name, at - 1);
  }
  return at;
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

// errno is that of an open that has failed.
Error cannot_open(int above, const std::string& name, const std::string& path,
                  const char* expected) {
  const int number = errno;
  struct stat info {};
  const bool is_there = ::fstatat(above, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  const bool is_wrong = number == ELOOP || number == ENOTDIR || number == ENXIO || number == EISDIR;
  errno = number;
  if (!is_there || !is_wrong) return system_error("open " + path, number);
  return refused("use " + path + ": " + kind_of(info.st_mode) + "; expected " + expected);
}

bool is_trusted(uid_t owner, const OwnPlace& place) {
  if (owner == place.user || !place.is_ours) return true;
  return owner == 0 || owner == place.tree_owner;
}

Error of_stranger(const std::string& path, uid_t owner, const OwnPlace& place) {
  std::string text = "use " + path + ": it belongs to user " + std::to_string(owner) +
                     "; expected user " + std::to_string(place.user);
  if (place.is_others && place.tree_owner != 0) {
    text += " or user " + std::to_string(place.tree_owner) + ", who owns the build tree";
  }
  return refused(std::move(text));
}

constexpr const char* k_directory = "a directory that Holdfast made";
constexpr const char* k_file = "a file that Holdfast made";

// Opens the directory `name`, whose path is `path`.
Result<UniqueFd> directory_in(const OwnPlace& place, const std::string& name,
                              const std::string& path, int flags) {
  UniqueFd next(::openat(place.directory.get(), name.c_str(), flags));
  if (!next.valid()) return cannot_open(place.directory.get(), name, path, k_directory);
  struct stat info {};
  if (::fstat(next.get(), &info) != 0) return system_error("examine " + path);
  if (!is_trusted(info.st_uid, place)) return of_stranger(path, info.st_uid, place);
  return next;
}

// Goes on to that directory.
Result<void> enter(OwnPlace& place, const std::string& name, const std::string& path,
                   int flags = k_to_pass) {
  Result<UniqueFd> next = directory_in(place, name, path, flags);
  if (!next) return next.error();
  place.directory = std::move(*next);
  return {};
}

Result<OwnPlace> first_place(const Beginning& begin) {
  OwnPlace place;
  place.user = ::geteuid();
  place.is_ours = begin.in != Beginning::In::nothing;
  if (begin.in == Beginning::In::users) {
    Result<UniqueFd> users = open_existing_user_directory();
    if (!users) return users.error();
    place.directory = std::move(*users);
    place.tree_owner = place.user;
    return place;
  }
  place.directory = UniqueFd(::open(begin.above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!place.directory.valid() || ::fstat(place.directory.get(), &info) != 0) {
    return system_error("open " + std::string(begin.path));
  }
  place.tree_owner = info.st_uid;
  place.is_others = info.st_uid != place.user;
  return place;
}

// It may be there already.
Result<void> make(const OwnPlace& place, const std::string& name, const std::string& path,
                  unsigned mode) {
  if (::mkdirat(place.directory.get(), name.c_str(), mode) == 0 || errno == EEXIST) return {};
  return system_error("make " + path);
}

enum class Missing : std::uint8_t { stays, is_made };

// Goes through all components but the last.
Result<OwnPlace> place_in(const Beginning& begin, Missing missing = Missing::stays,
                          unsigned mode = 0) {
  Result<OwnPlace> place = first_place(begin);
  if (!place) return place;
  std::string path = begin.above.ends_with('/') ? begin.above : begin.above + "/";
  if (begin.above == ".") path.clear();
  std::string_view rest = begin.ours;
  while (true) {
    const std::string name(take_part(rest, '/'));
    path += name;
    if (rest.empty()) {
      place->name = name;
      return place;
    }
    if (missing == Missing::is_made) {
      if (Result<void> made = make(*place, name, path, mode); !made) return made.error();
    }
    if (Result<void> entered = enter(*place, name, path); !entered) return entered.error();
    path += '/';
  }
}

// Whether the only other name of the file is the second name that a lock of ours has
// (os/lock/lock_directory.hpp).
bool has_only_a_spare(const struct stat& info, const std::string& path) {
  struct stat spare {};
  return info.st_nlink == 2 &&
         ::lstat((path + std::string(names::k_spare_suffix)).c_str(), &spare) == 0 &&
         spare.st_dev == info.st_dev && spare.st_ino == info.st_ino;
}

// What is there must be as it was expected.
Result<void> judge(const struct stat& info, const std::string& path, bool is_to_write,
                   const OwnPlace& place) {
  if (!S_ISREG(info.st_mode)) {
    return refused("use " + path + ": " + kind_of(info.st_mode) + "; expected " + k_file);
  }
  if (!is_trusted(info.st_uid, place)) return of_stranger(path, info.st_uid, place);
  const bool may_be_planted = place.is_ours && place.is_others && info.st_uid != place.tree_owner;
  if (!is_to_write || !may_be_planted || info.st_nlink <= 1) return {};
  if (has_only_a_spare(info, path)) return {};
  return refused("use " + path + ": it has another name somewhere (a hard link); expected " +
                 k_file);
}

// `file` is open.
Result<UniqueFd> checked(UniqueFd file, const std::string& path, int flags, const OwnPlace& place) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error("examine " + path);
  const bool is_to_write = (flags & O_ACCMODE) != O_RDONLY;
  if (Result<void> fits = judge(info, path, is_to_write, place); !fits) return fits.error();
  if ((flags & O_TRUNC) != 0 && ::ftruncate(file.get(), 0) != 0) {
    return system_error("empty " + path);
  }
  return file;
}

// One call for the usual case: each attempt of a test pays for it. It says nothing about the owners
// of the directories on the way: in a tree of this user, they are this user's.
std::optional<Result<UniqueFd>> open_at_once(const Beginning& begin, const std::string& path,
                                             int flags, unsigned mode) {
  Result<OwnPlace> place = first_place(begin);
  if (!place) return place.error();
  // In the tree of another, a directory on the way may be of a third user.
  if (place->is_others) return std::nullopt;
  const std::string ours(begin.ours);
  UniqueFd file = open_resolved(place->directory.get(), ours.c_str(), (flags & ~O_TRUNC) | k_always,
                                (flags & O_CREAT) != 0 ? mode : 0, k_no_symlinks);
  if (!file.valid()) return std::nullopt;
  return checked(std::move(file), path, flags, *place);
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

}  // namespace

bool has_own_part(std::string_view path) { return beginning_of(path).in != Beginning::In::nothing; }

Result<OwnPlace> own_place(const std::string& path) { return place_in(beginning_of(path)); }

Result<UniqueFd> open_own(const std::string& path, int flags, unsigned mode) {
  const Beginning begin = beginning_of(path);
  if (std::optional<Result<UniqueFd>> file = open_at_once(begin, path, flags, mode)) {
    return std::move(*file);
  }
  const Result<OwnPlace> place = place_in(begin);
  if (!place) return place.error();
  UniqueFd file(retried([&] {
    return ::openat(place->directory.get(), place->name.c_str(), (flags & ~O_TRUNC) | k_always,
                    mode);
  }));
  if (!file.valid()) return cannot_open(place->directory.get(), place->name, path, k_file);
  return checked(std::move(file), path, flags, *place);
}

Result<std::string> read_own(const std::string& path, std::size_t limit) {
  const Result<UniqueFd> file = open_own(path, O_RDONLY);
  if (!file) return file.error();
  std::string text;
  if (!read_all(file->get(), text, limit)) return system_error("read " + path);
  return text;
}

Result<void> append_line(const std::string& path, std::string_view text) {
  const Result<UniqueFd> file = open_own(path, O_WRONLY | O_APPEND | O_CREAT);
  if (!file) return file.error();
  const ssize_t put = retried([&] { return ::write(file->get(), text.data(), text.size()); });
  if (put < 0) return system_error("write " + path);
  if (static_cast<std::size_t>(put) == text.size()) return {};
  take_back(file->get(), put);
  return system_error("write " + path, ENOSPC);
}

Result<OwnDirectory> OwnDirectory::open(const std::string& path) {
  Result<OwnPlace> place = own_place(path);
  if (!place) return place.error();
  const std::string name = place->name;
  if (Result<void> entered = enter(*place, name, path, k_to_list); !entered) return entered.error();
  return OwnDirectory(std::move(*place), path);
}

Result<OwnDirectory> OwnDirectory::below(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  Result<UniqueFd> next = directory_in(place_, name, path, k_to_list);
  if (!next) return next.error();
  OwnPlace place;
  place.directory = std::move(*next);
  place.user = place_.user;
  place.is_ours = place_.is_ours;
  place.tree_owner = place_.tree_owner;
  place.is_others = place_.is_others;
  return OwnDirectory(std::move(place), path);
}

std::vector<std::string> OwnDirectory::names() const {
  std::vector<std::string> names;
  UniqueFd own(::openat(place_.directory.get(), ".", k_to_list));
  DIR* const entries = own.valid() ? ::fdopendir(own.get()) : nullptr;
  if (entries == nullptr) return names;
  (void)own.release();  // closedir(3) closes it
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(entries);
  std::ranges::sort(names);
  return names;
}

bool OwnDirectory::has_file(const std::string& directory, const std::string& file) const {
  const auto is_there = [&](const std::string& name, mode_t kind) {
    struct stat info {};
    return ::fstatat(place_.directory.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           (info.st_mode & S_IFMT) == kind && is_trusted(info.st_uid, place_);
  };
  return is_there(directory, S_IFDIR) && is_there(directory + "/" + file, S_IFREG);
}

Result<UniqueFd> open_own_directory(const std::string& path) {
  Result<OwnPlace> place = own_place(path);
  if (!place) return place.error();
  const std::string name = place->name;
  return directory_in(*place, name, path, k_to_list);
}

Result<void> make_own_directories(const std::string& path, unsigned mode) {
  Result<OwnPlace> place = place_in(beginning_of(path), Missing::is_made, mode);
  if (!place) return place.error();
  const std::string name = place->name;
  if (Result<void> made = make(*place, name, path, mode); !made) return made;
  return enter(*place, name, path);
}

Result<void> make_new_own_directory(const std::string& path, unsigned mode) {
  const Result<OwnPlace> place = own_place(path);
  if (!place) return place.error();
  if (::mkdirat(place->directory.get(), place->name.c_str(), mode) == 0) return {};
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
  if (expected == Expected::file_to_write) return judge(info, path, true, *place);
  if (!S_ISDIR(info.st_mode)) return judge(info, path, false, *place);
  if (!is_trusted(info.st_uid, *place)) return of_stranger(path, info.st_uid, *place);
  return {};
}

Result<void> rename_own(const std::string& from, const std::string& to) {
  const Result<OwnPlace> old_place = own_place(from);
  if (!old_place) return old_place.error();
  const Result<OwnPlace> new_place = own_place(to);
  if (!new_place) return new_place.error();
  if (::renameat(old_place->directory.get(), old_place->name.c_str(), new_place->directory.get(),
                 new_place->name.c_str()) == 0) {
    return {};
  }
  return system_error("make " + to);
}

namespace {

Result<void> remove(const std::string& path, int flags) {
  const Result<OwnPlace> place = own_place(path);
  if (!place) return place.error();
  if (::unlinkat(place->directory.get(), place->name.c_str(), flags) == 0) return {};
  return system_error("remove " + path);
}

}  // namespace

Result<void> remove_own(const std::string& path) { return remove(path, 0); }
Result<void> remove_own_directory(const std::string& path) { return remove(path, AT_REMOVEDIR); }

namespace {

// People may put files of their own beside ours.
bool is_of_tree(std::string_view name) {
  for (const std::string_view ours :
       {names::k_project_file, names::k_declared_services_directory, names::k_grace_file,
        names::k_tracked_files_file, names::k_locks_for_ctest, names::k_order_for_ctest,
        names::k_run_lock_directory, names::k_log_lock_directory, names::k_history_file,
        names::k_runs_directory, names::k_by_hand_directory, names::k_kept_directory,
        names::k_build_journal, names::k_selections_directory}) {
    std::string_view rest = ours.substr(names::k_tree_directory.size() + 1);
    if (name.starts_with(take_part(rest, '/'))) return true;
  }
  return false;
}

}  // namespace

Result<void> check_tree(const std::string& tree) {
  const std::string ours = tree + "/" + std::string(names::k_tree_directory);
  const Result<UniqueFd> directory = open_own_directory(ours);
  if (!directory && errno == ENOENT) return {};
  if (!directory) return directory.error();
  for (const std::string& name : names_in_own(ours)) {
    if (!is_of_tree(name)) continue;
    if (Result<void> checked = check_own(ours + "/" + name, Expected::file_or_directory); !checked)
      return checked;
  }
  return {};
}

bool is_tree_of_another(const std::string& tree) {
  struct stat info {};
  return ::stat(tree.c_str(), &info) == 0 && info.st_uid != ::geteuid();
}

}  // namespace holdfast::os
