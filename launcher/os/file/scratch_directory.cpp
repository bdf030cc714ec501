#include "os/file/scratch_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/trusted_directory.hpp"

namespace holdfast::os {
namespace {

constexpr int k_most_claims = 3;

const char* marker_directory() { return names::k_marker_directory.data(); }

bool is_private(const UniqueFd& directory, uid_t user) {
  struct stat info {};
  return ::fstat(directory.get(), &info) == 0 && info.st_uid == user &&
         (info.st_mode & 07777U) == 0700;
}

// How many bytes getdents64(2) returns for a directory with only the marker directory in it.
constexpr long k_size_with_markers = k_size_of_no_entries + 32;

bool make_marker_directory(const UniqueFd& scratch) {
  return ::mkdirat(scratch.get(), marker_directory(), 0700) == 0;
}

// The directory itself may belong to anybody: a test may give it to another user.
UniqueFd open_scratch(const std::string& path) {
  const Result<OwnPlace> place = own_place(path);
  return place ? open_directory(place->directory.get(), place->name.c_str()) : UniqueFd();
}

// Completes a directory that we have just made; the umask may have narrowed its mode.
Result<void> furnish(const std::string& path) {
  HOLDFAST_TRY(const UniqueFd scratch, open_own_directory(path));
  if (make_marker_directory(scratch)) return {};
  return system_error("make the marker directory of " + path);
}

Error cannot_read() { return ErrorInWords{std::string("cannot be read: ") + std::strerror(errno)}; }

}  // namespace

Result<void> make_scratch_directory(const std::string& path) {
  Result<void> made = make_new_own_directory(path, 0700);
  if (!made && errno == ENOENT) {
    made = make_own_directories(path.substr(0, path.rfind('/')), 0755);
    if (made) made = make_new_own_directory(path, 0700);
  }
  return made ? furnish(path) : made;
}

ScratchContent look_into_scratch(const std::string& path) {
  ScratchContent content;
  const UniqueFd scratch = open_scratch(path);
  content.holds_files = !scratch.valid() && errno != ENOENT;
  if (!scratch.valid()) return content;
  for_each_name(scratch, k_size_with_markers, [&](const char* name) {
    content.holds_files = name != names::k_marker_directory;
    return !content.holds_files;
  });
  content.markers = open_directory(scratch.get(), marker_directory());
  if (!content.markers.valid()) return content;
  for_each_name(content.markers, k_size_of_no_entries, [&](const char* name) {
    content.marker_files.emplace_back(name);
    return content.marker_files.size() < k_most_marker_files;
  });
  if (content.holds_files || !content.marker_files.empty()) return content;
  const uid_t user = ::geteuid();
  content.is_as_made = is_private(scratch, user) && is_private(content.markers, user);
  return content;
}

Result<void> renew_scratch_directory(const std::string& path) {
  if (make_new_own_directory(path, 0700)) return furnish(path);  // the test has removed it
  HOLDFAST_DO(empty_directory(path));
  HOLDFAST_TRY(const UniqueFd scratch, open_unmounted(path));
  if (::fchmod(scratch.get(), 0700) == 0 && make_marker_directory(scratch) &&
      look_into_scratch(path).is_as_made) {
    return {};
  }
  return system_error("make " + path + " as new");
}

Result<void> remove_marker_directory(const std::string& path) {
  HOLDFAST_TRY(const UniqueFd scratch, open_unmounted(path));
  return remove_directory(scratch, path, std::string(names::k_marker_directory));
}

void remove_empty_scratch(const std::string& path) {
  (void)remove_marker_directory(path);
  // rmdir(2) fails if the directory is not empty. This is intended.
  (void)remove_own_directory(path);
}

Result<UniqueFd> make_claimed_scratch(const std::string& path) {
  // A sweeper may remove the directory before we have claimed it. Then we make it again.
  for (int attempt = 0; attempt < k_most_claims; ++attempt) {
    HOLDFAST_DO(make_scratch_directory(path));
    UniqueFd claim = open_scratch(path);
    struct stat info {};
    if (claim.valid() && retried([&] { return ::flock(claim.get(), LOCK_SH); }) == 0 &&
        ::fstat(claim.get(), &info) == 0 && info.st_nlink > 0) {
      return claim;
    }
    remove_empty_scratch(path);
  }
  return system_error("claim " + path);
}

void sweep_empty_scratch(const std::string& path, FilesInTmp files) {
  const UniqueFd claim = open_scratch(path);
  if (!claim.valid() || ::flock(claim.get(), LOCK_EX | LOCK_NB) != 0) return;
  const std::string tmp = path + std::string(names::k_private_tmp_suffix);
  const std::string link = path + "/" + std::string(names::k_private_tmp_link);
  // A launcher that keeps the directory removes the markers. So this one was killed.
  struct stat info {};
  const bool was_killed =
      ::fstatat(claim.get(), marker_directory(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (was_killed || files == FilesInTmp::none) {
    const bool is_gone = static_cast<bool>(remove_directory(tmp));
    if (is_gone && read_own_link(link) == tmp) (void)remove_own(link);
  }
  remove_empty_scratch(path);
}

Result<std::string> read_private_file(int directory, const std::string& name, std::size_t limit) {
  // This look comes before the open, because opening a device can have an effect.
  struct stat info {};
  if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return cannot_read();
  if (!S_ISREG(info.st_mode)) return ErrorInWords{"is not a regular file"};
  const UniqueFd file(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return cannot_read();
  if (!S_ISREG(info.st_mode)) return ErrorInWords{"is not a regular file"};
  if (info.st_uid != ::geteuid()) return ErrorInWords{"belongs to another user"};
  if (info.st_nlink != 1) return ErrorInWords{"has another name somewhere (a hard link)"};
  std::string text;
  if (!read_all(file.get(), text, std::min(limit, static_cast<std::size_t>(info.st_size)))) {
    return cannot_read();
  }
  return text;
}

std::vector<MarkerFile> read_marker_files(int directory, const std::vector<std::string>& names) {
  return collected(names, [&](const std::string& name) {
    // We read one byte more than the longest marker has, so that we see whether a file is too long.
    return MarkerFile{name, read_private_file(directory, name, k_longest_marker + 1)};
  });
}

Result<void> leave_marker(const std::string& directory, const Marker& marker) {
  const std::string path = directory + "/" + marker_file_name(marker.process.pid);
  const Result<UniqueFd> file = open_own(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) {
    if (errno == EEXIST) return {};
    return ErrorInWords{"make the marker: " + file.error().message};
  }
  if (write_all(file->get(), marker_text(marker))) return {};
  const int trouble = errno;
  (void)remove_own(path);  // a part of a marker is none, and would keep another one out
  return system_error("write the marker " + path, trouble);
}

}  // namespace holdfast::os
