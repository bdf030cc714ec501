#include "os/file/own_files.hpp"

#include <fcntl.h>
#include <limits.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/names.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {
namespace {

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
  HOLDFAST_TRY(place.directory, directory_in(place, place.name, path, OpenTo::list));
  return OwnDirectory(std::move(place), path);
}

Result<OwnDirectory> OwnDirectory::below(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  HOLDFAST_TRY(UniqueFd next, directory_in(place_, name, path, OpenTo::list));
  return OwnDirectory({std::move(next), {}, place_.is_ours, place_.tree_owner, place_.is_others},
                      path);
}

Result<UniqueFd> OwnDirectory::file(const std::string& name) const {
  return file_in(place_, name, path_ + "/" + name, O_RDONLY, 0);
}

std::vector<std::string> OwnDirectory::names() const {
  std::vector<std::string> names;
  const UniqueFd own = open_directory(place_.directory.get(), ".");
  for_each_name(own, 0, [&](const char* name) {
    names.emplace_back(name);
    return true;
  });
  std::ranges::sort(names);
  return names;
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
  return directory_in(place, place.name, path, OpenTo::list);
}

Result<void> make_own_directories(const std::string& path, unsigned mode) {
  HOLDFAST_TRY(const OwnPlace place, made_own_place(path, mode));
  HOLDFAST_DO(make_in(place, path, mode));
  const Result<UniqueFd> made = directory_in(place, place.name, path, OpenTo::pass);
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

namespace {

Result<void> remove(const std::string& path, int flags) {
  HOLDFAST_TRY(const OwnPlace place, own_place(path));
  if (::unlinkat(place.directory.get(), place.name.c_str(), flags) == 0) return {};
  return system_error("remove " + path);
}

}  // namespace

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
