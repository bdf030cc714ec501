#include "os/memory/memory_cgroups.hpp"

#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::os {
namespace {

// A line of version 2 is `0::/user.slice/…`, one of version 1 is `4:memory:/docker/…` and may name
// several controllers.
void add_line(std::string_view line, std::vector<MemoryCgroup>& second,
              std::vector<MemoryCgroup>& first) {
  const std::size_t controllers_at = line.find(':') + 1;
  const std::size_t path_at = line.find(':', controllers_at) + 1;
  if (controllers_at == 0 || path_at == 0 || line.substr(path_at, 1) != "/") return;
  const std::string controllers =
      "," + std::string(line.substr(controllers_at, path_at - 1 - controllers_at)) + ",";
  const bool is_second = controllers == ",,";
  if (!is_second && controllers.find(",memory,") == std::string::npos) return;
  const std::string top = is_second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
  std::vector<MemoryCgroup>& found = is_second ? second : first;
  std::string_view path = line.substr(path_at);
  while (path.size() > 1) {
    found.push_back({top + std::string(path), !is_second});
    path = path.substr(0, path.rfind('/'));
  }
  found.push_back({top, !is_second});
}

}  // namespace

std::vector<MemoryCgroup> memory_cgroups(std::string_view own_groups) {
  std::vector<MemoryCgroup> second;
  std::vector<MemoryCgroup> first;
  while (!own_groups.empty()) add_line(take_part(own_groups, '\n'), second, first);
  second.insert(second.end(), first.begin(), first.end());
  return second;
}

std::vector<MemoryCgroup> memory_cgroups() {
  const Result<std::string> own = read_file("/proc/self/cgroup");
  return own ? memory_cgroups(*own) : std::vector<MemoryCgroup>{};
}

}  // namespace holdfast::os
