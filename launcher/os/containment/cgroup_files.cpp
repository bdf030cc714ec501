#include "os/containment/cgroup_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::os {
namespace {

void append_members(int directory, std::vector<pid_t>& members) {
  const std::string text = read_cgroup_file(directory, "cgroup.procs");
  for (std::string_view rest = text; !rest.empty();) {
    const pid_t pid = leading_number<pid_t>(take_part(rest, '\n')).value_or(0);
    // 0 stands for a process that our PID namespace does not see.
    if (pid > 0) members.push_back(pid);
  }
  for (const std::string& name : cgroups_below(directory)) {
    const UniqueFd below = open_cgroup(directory, name);
    if (below.valid()) append_members(below.get(), members);
  }
}

}  // namespace

std::string read_cgroup_file(int directory, const char* name) {
  const UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  std::string text;
  (void)read_all(file.get(), text);
  return text;
}

bool write_cgroup_file(int directory, const char* name, std::string_view text) {
  const UniqueFd file(::openat(directory, name, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return false;
  return retried([&] { return ::write(file.get(), text.data(), text.size()); }) ==
         static_cast<ssize_t>(text.size());
}

std::vector<pid_t> cgroup_members(int directory) {
  std::vector<pid_t> members;
  append_members(directory, members);
  return members;
}

bool is_populated(int directory) {
  return read_cgroup_file(directory, "cgroup.events").find("populated 1") != std::string::npos;
}

std::int64_t memory_peak_kb(int directory) {
  return leading_number<std::int64_t>(read_cgroup_file(directory, "memory.peak")).value_or(0) /
         1024;
}

std::vector<std::string> cgroups_below(int directory) {
  std::vector<std::string> names;
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (entries == nullptr) return names;
  while (const dirent* entry = ::readdir(entries)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(entries);
  return names;
}

UniqueFd open_cgroup(int above, const std::string& name) {
  return UniqueFd(::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace holdfast::os
