#include "doctor/machine/space.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "doctor/base/silent_paths.hpp"
#include "doctor/machine/limits.hpp"
#include "os/file/system_call.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::uint64_t k_few_inodes = 1000;

void look_at(Place& place) {
  struct stat info {};
  if (::stat(place.path.c_str(), &info) != 0) {
    place.is_missing = errno == ENOENT;
    place.trouble = to_text(os::system_error("look at " + place.path));
    return;
  }
  if (!S_ISDIR(info.st_mode)) {
    place.trouble = place.path + " is no directory";
    return;
  }
  place.device = info.st_dev;
  if (::access(place.path.c_str(), W_OK | X_OK) != 0) {
    place.no_writing = errno == EROFS ? "its file system is read-only" : "this user may not";
  }
  if (const Result<os::DiskSpace> space = os::disk_space(place.path)) {
    place.space = *space;
  } else {
    place.trouble = to_text(space.error());
  }
}

void look_at(std::vector<Place>& places, Milliseconds patience) {
  std::vector<std::string> paths;
  for (const Place& place : places) paths.push_back(place.path);
  const std::vector<std::string> silent = silent_among(paths, patience);
  for (Place& place : places) {
    if (std::ranges::find(silent, place.path) == silent.end()) {
      look_at(place);
    } else {
      place.trouble = say_silent(place.path, patience);
    }
  }
}

void look_at_user_directory(Places& places) {
  places.user_directory = os::user_directory_path();
  struct stat info {};
  const bool is_there = ::lstat(places.user_directory.c_str(), &info) == 0;
  places.user_directory_is_ours = is_there && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
  places.all.push_back({"the directory of Holdfast's locks",
                        is_there ? places.user_directory : std::string("/tmp")});
  if (!is_there) return;  // opening it would make it
  const Result<os::UniqueFd> opened = os::open_user_directory();
  if (!opened) places.user_directory_trouble = to_text(opened.error());
}

Finding finding_of_user_directory(const Places& places) {
  const std::string& path = places.user_directory;
  Finding finding{Kind::directory_refused,
                  "no test can take a lock: " + places.user_directory_trouble, path};
  if (places.user_directory_is_ours) {
    finding.advice = "let nobody else in";
    finding.command = "chmod 700 " + for_shell(path);
  } else {
    // If it were removed while somebody has locks in it, two could have the same lock.
    finding.advice = "find out who made it, and why; nobody but this user may have this path";
  }
  return finding;
}

Finding finding_of_trouble(const Place& place) {
  const bool is_variable = place.use == "TMPDIR";
  std::string advice = place.is_missing ? "make it" : "see what is there";
  if (is_variable)
    advice = "unset TMPDIR, or " + (place.is_missing ? "make the directory" : advice);
  return {Kind::directory_missing, fmt::format("{} cannot be used: {}", place.use, place.trouble),
          place.path, advice, place.is_missing ? "mkdir -p " + for_shell(place.path) : ""};
}

std::string free_of(const Place& place) { return describe_size(place.space.free_kb * 1024); }

void check_space(const Place& place, Findings& all) {
  const os::DiskSpace& space = place.space;
  const std::string size = describe_size(space.size_kb * 1024);
  const std::string what =
      fmt::format("{} has {} of {} left: {}", place.use, free_of(place), size, place.path);
  const Supply supply = supply_of(space.free_kb, space.size_kb);
  if (supply != Supply::enough) {
    all.push_back({supply == Supply::out ? Kind::disk_full : Kind::disk_low, what, place.path,
                   "remove what is not needed", "df -h " + for_shell(place.path)});
  }
  if (space.inodes > 0 && space.free_inodes < k_few_inodes) {
    all.push_back(
        {Kind::no_inodes,
         fmt::format("{} has room for {} more files: {}", place.use, space.free_inodes, place.path),
         place.path, "remove files that are not needed", "df -i " + for_shell(place.path)});
  }
}

void check_place(const Place& place, Findings& all) {
  if (!place.no_writing.empty()) {
    all.push_back({Kind::read_only,
                   fmt::format("nothing can be written to {}, {}: {}", place.use, place.path,
                               place.no_writing),
                   place.path, "make it writable, or choose another directory"});
  }
  if (place.has_programs && place.space.forbids_execution) {
    all.push_back({Kind::no_execution,
                   fmt::format("no program can be started from {}: its file system is mounted "
                               "with noexec",
                               place.use),
                   place.path, "build elsewhere, or mount it without noexec"});
  }
}

}  // namespace

Places look_at_places(const std::string& tree, Milliseconds patience) {
  Places places;
  if (!tree.empty()) places.all.push_back({"the build tree", tree, true});
  const char* own = std::getenv("TMPDIR");
  if (own != nullptr && *own != '\0') places.all.push_back({"TMPDIR", own});
  look_at_user_directory(places);
  look_at(places.all, patience);
  return places;
}

Findings check_places(const Places& places) {
  Findings all;
  std::vector<dev_t> seen;
  for (const Place& place : places.all) {
    if (!place.trouble.empty()) {
      all.push_back(finding_of_trouble(place));
      continue;
    }
    check_place(place, all);
    // Several directories on one file system are full together.
    if (std::ranges::find(seen, place.device) == seen.end()) check_space(place, all);
    seen.push_back(place.device);
  }
  if (!places.user_directory_trouble.empty()) {
    all.push_back(finding_of_user_directory(places));
  }
  return all;
}

std::string describe(const Places& places) {
  std::string text;
  std::vector<std::string> said;
  for (const Place& place : places.all) {
    if (!place.trouble.empty() || std::ranges::find(said, place.path) != said.end()) continue;
    said.push_back(place.path);
    text += fmt::format("{}{} has {} free", text.empty() ? "" : ", ", place.path, free_of(place));
  }
  return text;
}

}  // namespace holdfast::doctor
