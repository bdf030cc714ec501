#include "forensics/program_probe.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/base/edit_distance.hpp"
#include "core/base/parts.hpp"
#include "os/file/program_identity.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::size_t k_look_alikes = 5;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The nearest directory above that is still there.
std::string what_is_left_of(std::string path) {
  while (path != "/" && path != "." && !is_directory(path)) path = directory_of(path);
  return path;
}

bool is_missing(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

enum class Kind : std::uint8_t { program, input };

Result<std::string> look_at(const std::string& path, const std::optional<ProgramIdentity>& before,
                            Kind kind) {
  if (is_missing(path)) {
    struct stat info {};
    const bool dangling = ::lstat(path.c_str(), &info) == 0;
    return path + (dangling ? " is a link to what does not exist"
                   : before ? " does not exist any more"
                            : " does not exist");
  }
  HOLDFAST_TRY(const ProgramIdentity now, os::identify_program(path));
  std::string text = path + ": " + describe(now);
  if (kind == Kind::program && ::access(path.c_str(), X_OK) != 0) text += ", not executable";
  if (!before) return text;
  const std::string change = describe_change(*before, now);
  return text + (change.empty() ? "\nthe same as before" : "\nchanged: " + change);
}

}  // namespace

Result<std::string> look_at_program(const std::string& path,
                                    const std::optional<ProgramIdentity>& before) {
  return look_at(path, before, Kind::program);
}

Result<std::string> look_at_inputs(const std::vector<KnownFile>& files) {
  std::string text;
  const auto add = [&](const Result<std::string>& found) {
    if (!text.empty()) text += "\n";
    text += found ? *found : to_text(found.error());
  };
  for (const KnownFile& file : files) {
    if (is_directory(file.path)) {
      add(file.path + " is a directory");
      continue;
    }
    add(look_at(file.path, file.before, Kind::input));
    if (is_missing(file.path)) add(look_at_directory(file.path));
  }
  return text;
}

Result<std::string> look_at_directory(const std::string& path, std::size_t most) {
  const std::string directory = directory_of(path);
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::unique_ptr<DIR, CloseDirectory> opened(::opendir(directory.c_str()));
  if (opened == nullptr && (errno == ENOENT || errno == ENOTDIR)) {
    return directory + " does not exist; what is left of the path is " + what_is_left_of(directory);
  }
  if (opened == nullptr) return os::system_error("list " + directory);
  std::size_t count = 0;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string_view found = entry->d_name;
    if (found == "." || found == "..") continue;
    if (++count > most) break;
    names.emplace_back(found);
  }
  std::string text = directory + " has " + (count > most ? "more than " : "") +
                     counted(std::min(count, most), "entry", "entries");
  std::string before = "; like " + name + ": ";
  for (const std::string& alike : look_alikes(name, names, k_look_alikes)) {
    text += before + alike;
    before = ", ";
  }
  return text;
}

}  // namespace holdfast::forensics
