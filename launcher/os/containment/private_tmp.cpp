#include "os/containment/private_tmp.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {
namespace {

struct UsualPlace {
  const char* path;
  const char* name;  // of the directory that is there instead
};
constexpr UsualPlace k_usual_places[] = {
    {"/tmp", "tmp"}, {"/var/tmp", "var-tmp"}, {"/dev/shm", "dev-shm"}};

constexpr unsigned k_mode = 01777;  // as they have it in every Linux
constexpr unsigned k_mode_above_passage = 0755;

// Whether it has nothing but names between single slashes.
bool is_plain(const std::string& path) {
  const std::string whole = path + "/";
  const auto has = [&](const char* part) { return whole.find(part) != std::string::npos; };
  return !has("//") && !has("/./") && !has("/../");
}

// Of ioctl_iflags(2); the headers of Linux and of C libraries do not go together.
constexpr int k_get_flags = static_cast<int>(0x80086601U);  // musl's ioctl() takes an int
constexpr unsigned k_immutable_or_append = 0x10 | 0x20;

// Whether the directory is ours, and has that mode and nothing that is kept beside a mode: flags
// (chattr(1)), access lists, attributes. Labels of a security module are usual.
bool is_as_made(const UniqueFd& directory, unsigned mode) {
  struct stat info {};
  if (::fstat(directory.get(), &info) != 0) return false;
  if (info.st_uid != ::geteuid() || (info.st_mode & 07777U) != mode) return false;
  unsigned flags = 0;
  const bool has_flags = ::ioctl(directory.get(), k_get_flags, &flags) == 0;
  if (has_flags && (flags & k_immutable_or_append) != 0) return false;
  char names[256];
  const ssize_t length = ::flistxattr(directory.get(), names, sizeof names);
  if (length < 0) return errno == ENOTSUP;
  for (std::string_view rest(names, static_cast<std::size_t>(length)); !rest.empty();) {
    if (!take_part(rest, '\0').starts_with("security.")) return false;
  }
  return true;
}

// Makes the directories above `path`, from `top` on, which exists.
Result<void> make_above(const std::string& top, const std::string& path) {
  for (std::size_t at = path.find('/', top.size() + 1); at != std::string::npos;
       at = path.find('/', at + 1)) {
    const std::string above = path.substr(0, at);
    if (::mkdir(above.c_str(), k_mode_above_passage) != 0 && errno != EEXIST)
      return system_error("make " + above);
  }
  return {};
}

// Makes something at `path` on which `mount` can be put.
Result<void> make_mount_point(const UniqueFd& mount, const std::string& path) {
  struct stat info {};
  const bool is_file = ::fstat(mount.get(), &info) == 0 && !S_ISDIR(info.st_mode);
  const int made = is_file ? ::mknod(path.c_str(), S_IFREG | 0600, 0)
                           : ::mkdir(path.c_str(), k_mode_above_passage);
  if (made != 0 && errno != EEXIST) return system_error("make " + path);
  return {};
}

// The path without links; empty: nothing is there. realpath(3) asks for each part of the path.
std::string without_links(const std::string& path) {
  const UniqueFd there(::openat(AT_FDCWD, path.c_str(), O_PATH | O_CLOEXEC));
  if (!there.valid()) return {};
  return read_link("/proc/self/fd/" + std::to_string(there.get()));
}

// The numbers are those of all architectures (linux/mount.h).
constexpr long k_open_tree = 428;
constexpr long k_move_mount = 429;
constexpr unsigned k_open_tree_clone = 1;
constexpr unsigned k_recursive = 0x8000;
constexpr unsigned k_move_from_empty_path = 0x4;

}  // namespace

Result<PrivateTmp> PrivateTmp::prepare(const std::string& directory,
                                       const std::vector<Passed>& passed_through) {
  PrivateTmp tmp;
  tmp.above_ = directory;
  HOLDFAST_DO(make_own_directories(directory, 0700));
  HOLDFAST_TRY(const UniqueFd above, open_own_directory(directory));
  const ExactModes exact;
  for (const UsualPlace& usual : k_usual_places) {
    const std::string path = without_links(usual.path);
    struct stat info {};
    const bool is_other = !path.empty() && path != "/" && ::stat(path.c_str(), &info) == 0 &&
                          S_ISDIR(info.st_mode) && !tmp.has_path(path);
    if (!is_other) continue;
    const std::string backing = directory + "/" + usual.name;
    if (Result<UniqueFd> made = open_below(above, usual.name, k_mode); !made) return made.error();
    tmp.places_.push_back({path, backing, id_of(info)});
  }
  for (const Passed& passed : passed_through) tmp.pass_through(passed);
  if (const std::string here = working_directory(); here.starts_with('/')) {
    tmp.pass_through(here, here);
    if (tmp.has_path(here) || tmp.is_below_a_place(here)) tmp.directory_ = here;
  }
  tmp.drop_passages_in_others();
  return tmp;
}

bool PrivateTmp::is_place(const std::string& directory) const {
  const std::optional<FileId> there = file_at(directory);
  return there && std::ranges::find(places_, *there, &Place::covered) != places_.end();
}

bool PrivateTmp::has_path(const std::string& path) const {
  return std::ranges::find(places_, path, &Place::path) != places_.end();
}

bool PrivateTmp::is_below_a_place(const std::string& path) const {
  return std::ranges::any_of(places_,
                             [&](const Place& place) { return is_path_below(path, place.path); });
}

void PrivateTmp::pass_through(const Passed& passed) {
  const std::string real = without_links(passed.path);
  if (!passed.with_neighbours) return pass_through(passed.path, real);
  // What is beside it may be there without the file itself.
  for (const std::string& file : {passed.path, real}) {
    if (file.empty()) return;
    const std::string directory = file.substr(0, file.rfind('/'));
    if (is_place(directory)) {
      pass_through(file, real);
    } else {
      pass_through(directory, file == real ? directory : without_links(directory));
    }
    if (file == real) return;
  }
}

// A path may lead through links. The tree finds it at both names. A place itself is never passed
// through.
void PrivateTmp::pass_through(std::string path, const std::string& real) {
  if (real.empty() || has_path(real)) return;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool is_below = is_below_a_place(real);
  const bool is_link_below = path != real && is_plain(path) && is_below_a_place(path);
  const bool leads_to_directory = is_directory(real);
  if (is_below) passages_.push_back({real, real, leads_to_directory});
  if (is_link_below) passages_.push_back({real, path, leads_to_directory});
}

void PrivateTmp::drop_passages_in_others() {
  std::ranges::sort(passages_, {}, &Passage::to);
  std::vector<Passage> kept;
  for (Passage& one : passages_) {
    const bool is_in_other = std::ranges::any_of(kept, [&](const Passage& other) {
      return one.to == other.to || is_path_below(one.to, other.to);
    });
    if (!is_in_other) kept.push_back(std::move(one));
  }
  passages_ = std::move(kept);
}

const PrivateTmp::Place& PrivateTmp::place_of(const Passage& passage) const {
  return *std::ranges::find_if(
      places_, [&](const Place& place) { return is_path_below(passage.to, place.path); });
}

// What is as we have made it for a passage, or above one. A test as root may have put something
// else there. `inside` is the path for the tree.
bool PrivateTmp::leads_to_a_passage(const UniqueFd& above, const char* name,
                                    const std::string& inside, Others others) const {
  const auto passage = std::ranges::find(passages_, inside, &Passage::to);
  if (passage != passages_.end() && !passage->is_directory) {
    struct stat info {};
    return ::fstatat(above.get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
           info.st_size == 0;
  }
  const bool is_above = std::ranges::any_of(
      passages_, [&](const Passage& one) { return is_path_below(one.to, inside); });
  if (!is_above && passage == passages_.end()) return false;
  const UniqueFd directory = open_directory(above.get(), name);
  return is_as_made(directory, k_mode_above_passage) &&
         has_only_passages(directory, inside, others);
}

// `inside` is the path of the directory for the tree. `others`: what to do with an entry that no
// passage needs.
bool PrivateTmp::has_only_passages(const UniqueFd& directory, const std::string& inside,
                                   Others others) const {
  bool has_other = false;
  for_each_name(directory, k_size_of_no_entries, [&](const char* name) {
    if (leads_to_a_passage(directory, name, text_of({inside, "/", name}), others)) return true;
    has_other = true;
    if (others == Others::tell) return false;
    if (::unlinkat(directory.get(), name, 0) != 0) (void)remove_directory(directory, inside, name);
    return true;
  });
  return !has_other;
}

void PrivateTmp::forget_other_passages() const {
  for (const Place& place : places_) {
    const UniqueFd backing = open_directory(AT_FDCWD, place.backing.c_str());
    (void)has_only_passages(backing, place.path, Others::remove);
  }
}

std::string PrivateTmp::conflict() const {
  for (const Passage& passage : passages_) {
    const Place& place = place_of(passage);
    for (std::size_t at = place.path.size(); at != std::string::npos;) {
      at = passage.to.find('/', at + 1);
      const std::string part = passage.to.substr(place.path.size(), at - place.path.size());
      struct stat info {};
      if (::lstat((place.backing + part).c_str(), &info) != 0) break;
      const bool must_be_directory = at != std::string::npos || passage.is_directory;
      if (must_be_directory ? !S_ISDIR(info.st_mode) : S_ISDIR(info.st_mode)) {
        return text_of({passage.to,
                        " is passed through, and another test has put something else at ",
                        place.path, part});
      }
    }
  }
  return {};
}

bool PrivateTmp::is_bare() const {
  return std::ranges::all_of(places_, [&](const Place& place) {
    const UniqueFd backing = open_directory(AT_FDCWD, place.backing.c_str());
    return is_as_made(backing, k_mode) && has_only_passages(backing, place.path, Others::tell);
  });
}

Result<void> PrivateTmp::remove() const { return remove_directory(above_); }

Result<void> PrivateTmp::enter() const {
  const ExactModes exact;
  // Everything is taken before anything is covered.
  std::vector<UniqueFd> backings;
  std::vector<UniqueFd> passages;
  for (const Place& place : places_) {
    backings.push_back(take_mount(place.backing));
    if (!backings.back().valid()) return system_error("take " + place.backing);
  }
  for (const Passage& passage : passages_) {
    passages.push_back(take_mount(passage.from));
    const bool is_gone = !passages.back().valid() && errno == ENOENT;
    if (!passages.back().valid() && !is_gone) return system_error("take " + passage.from);
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::string& path = places_[i].path;
    // A place inside another one is empty there.
    if (!is_directory(path) && ::mkdir(path.c_str(), k_mode) != 0) {
      return system_error("make " + path);
    }
    if (!put_mount(backings[i], path)) return system_error("mount a private " + path);
  }
  for (std::size_t i = 0; i < passages_.size(); ++i) {
    if (!passages[i].valid()) continue;
    const std::string& to = passages_[i].to;
    HOLDFAST_DO(make_above(place_of(passages_[i]).path, to));
    HOLDFAST_DO(make_mount_point(passages[i], to));
    if (!put_mount(passages[i], to)) return system_error("mount " + to);
  }
  // Our working directory would still be the covered one.
  if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) {
    return system_error("enter " + directory_);
  }
  return {};
}

UniqueFd take_mount(const std::string& path) {
  return UniqueFd(static_cast<int>(
      ::syscall(k_open_tree, AT_FDCWD, path.c_str(), k_open_tree_clone | k_recursive | O_CLOEXEC)));
}

bool put_mount(const UniqueFd& mount, const std::string& path) {
  return ::syscall(k_move_mount, mount.get(), "", AT_FDCWD, path.c_str(), k_move_from_empty_path) ==
         0;
}

}  // namespace holdfast::os
