#include "os/containment/private_tmp.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "core/base/parts.hpp"
#include "os/containment/mounts.hpp"
#include "os/file/removal.hpp"
#include "os/file/system_call.hpp"
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

std::string without_links(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) != nullptr ? resolved : std::string();
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_below(std::string_view path, std::string_view above) {
  return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

// Whether it has nothing but names between single slashes.
bool is_plain(const std::string& path) {
  const std::string whole = path + "/";
  const auto has = [&](const char* part) { return whole.find(part) != std::string::npos; };
  return !has("//") && !has("/./") && !has("/../");
}

// Makes the directories above `path`, from `top` on, which exists.
Result<void> make_above(const std::string& top, const std::string& path) {
  for (std::size_t at = path.find('/', top.size() + 1); at != std::string::npos;
       at = path.find('/', at + 1)) {
    const std::string above = path.substr(0, at);
    if (::mkdir(above.c_str(), 0755) != 0 && errno != EEXIST) return system_error("make " + above);
  }
  return {};
}

// Makes something at `path` on which `mount` can be put.
Result<void> make_mount_point(const UniqueFd& mount, const std::string& path) {
  struct stat info {};
  const bool is_file = ::fstat(mount.get(), &info) == 0 && !S_ISDIR(info.st_mode);
  const int made = is_file ? ::mknod(path.c_str(), S_IFREG | 0600, 0) : ::mkdir(path.c_str(), 0755);
  if (made != 0 && errno != EEXIST) return system_error("make " + path);
  return {};
}

}  // namespace

Result<PrivateTmp> PrivateTmp::prepare(const std::string& directory,
                                       const std::vector<std::string>& passed_through) {
  PrivateTmp tmp;
  tmp.above_ = directory;
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("make " + directory);
  }
  const ExactModes exact;
  for (const UsualPlace& usual : k_usual_places) {
    const std::string path = without_links(usual.path);
    const bool is_other = !path.empty() && path != "/" && is_directory(path) &&
                          std::ranges::find(tmp.places_, path, &Place::path) == tmp.places_.end();
    if (!is_other) continue;
    const std::string backing = directory + "/" + usual.name;
    if (::mkdir(backing.c_str(), k_mode) != 0 && errno != EEXIST) {
      return system_error("make " + backing);
    }
    tmp.places_.push_back({path, backing});
  }
  for (const std::string& path : passed_through) tmp.pass_through(path);
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) != nullptr && here[0] == '/') {
    tmp.pass_through(here);
    const std::string directory_now = here;
    const bool is_place =
        std::ranges::find(tmp.places_, directory_now, &Place::path) != tmp.places_.end();
    if (is_place || tmp.is_below_a_place(directory_now)) tmp.directory_ = directory_now;
  }
  tmp.drop_passages_in_others();
  return tmp;
}

bool PrivateTmp::is_below_a_place(const std::string& path) const {
  return std::ranges::any_of(places_,
                             [&](const Place& place) { return is_below(path, place.path); });
}

// A path may lead through links. The tree finds it at both names. A place itself is never passed
// through.
void PrivateTmp::pass_through(const std::string& path) {
  const std::string real = without_links(path);
  if (is_below_a_place(real)) passages_.push_back({real, real});
  const bool is_place = std::ranges::find(places_, real, &Place::path) != places_.end();
  if (real.empty() || is_place || path == real || !is_plain(path)) return;
  if (is_below_a_place(path)) passages_.push_back({real, path});
}

void PrivateTmp::drop_passages_in_others() {
  std::ranges::sort(passages_, {}, &Passage::to);
  std::vector<Passage> kept;
  for (Passage& one : passages_) {
    const bool is_in_other = std::ranges::any_of(kept, [&](const Passage& other) {
      return one.to == other.to || is_below(one.to, other.to);
    });
    if (!is_in_other) kept.push_back(std::move(one));
  }
  passages_ = std::move(kept);
}

const PrivateTmp::Place& PrivateTmp::place_of(const Passage& passage) const {
  return *std::ranges::find_if(
      places_, [&](const Place& place) { return is_below(passage.to, place.path); });
}

// `inside` is the path of the directory for the tree, `outside` is its path here. `others`: what to
// do with an entry that no passage needs.
bool PrivateTmp::has_only_passages(const std::string& inside, const std::string& outside,
                                   Others others) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(outside.c_str()), &::closedir);
  if (!entries) return false;
  bool has_other = false;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path_inside = text_of({inside, "/", name});
    const std::string path_outside = text_of({outside, "/", name});
    const bool leads_to_one = std::ranges::any_of(passages_, [&](const Passage& passage) {
      return passage.to == path_inside || is_below(passage.to, path_inside);
    });
    struct stat info {};
    if (::lstat(path_outside.c_str(), &info) != 0) return false;
    const bool is_file = S_ISREG(info.st_mode) && info.st_size == 0;
    if (leads_to_one && (is_file || (S_ISDIR(info.st_mode) &&
                                     has_only_passages(path_inside, path_outside, others)))) {
      continue;
    }
    if (others == Others::remove && ::unlink(path_outside.c_str()) != 0) {
      (void)remove_directory(path_outside);
    }
    has_other = true;
  }
  return !has_other;
}

void PrivateTmp::forget_other_passages() const {
  for (const Place& place : places_) {
    (void)has_only_passages(place.path, place.backing, Others::remove);
  }
}

bool PrivateTmp::is_bare() const {
  const uid_t user = ::geteuid();
  return std::ranges::all_of(places_, [&](const Place& place) {
    struct stat info {};
    return ::lstat(place.backing.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == user && (info.st_mode & 07777U) == k_mode &&
           has_only_passages(place.path, place.backing, Others::tell);
  });
}

Result<void> PrivateTmp::remove() const { return remove_directory(above_); }

Result<void> PrivateTmp::enter() const {
  // Everything is taken before anything is covered.
  std::vector<UniqueFd> backings;
  std::vector<UniqueFd> passages;
  for (const Place& place : places_) {
    backings.push_back(take_mount(place.backing));
    if (!backings.back().valid()) return system_error("take " + place.backing);
  }
  for (const Passage& passage : passages_) {
    passages.push_back(take_mount(passage.from));
    if (!passages.back().valid()) return system_error("take " + passage.from);
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
    const std::string& to = passages_[i].to;
    if (Result<void> made = make_above(place_of(passages_[i]).path, to); !made) return made;
    if (Result<void> made = make_mount_point(passages[i], to); !made) return made;
    if (!put_mount(passages[i], to)) return system_error("mount " + to);
  }
  // Our working directory would still be the covered one.
  if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) {
    return system_error("enter " + directory_);
  }
  return {};
}

}  // namespace holdfast::os
