#include "launcher/build_tool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "os/process.hpp"

namespace holdfast::launcher {
namespace {

// Shells, and ctest: `ctest --instrument` and `ctest --launch`, which do not end with the build
// tool.
bool stands_between(std::string_view name) {
  constexpr std::string_view k_names[] = {"sh", "dash", "bash", "ksh", "zsh", "busybox", "ctest"};
  return std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
}

}  // namespace

Result<BuildTool> find_build_tool() {
  const pid_t parent = ::getppid();
  pid_t pid = parent;
  while (pid > 1) {
    const Result<os::ProcessStat> stat = os::read_process_stat(pid);
    if (!stat) return stat.error();
    if (!stands_between(stat->name)) return BuildTool{{pid, stat->start}, pid == parent};
    pid = stat->parent;
  }
  return Error{"find the build tool among the ancestors"};
}

os::UniqueFd open_build_tools_stderr(const BuildTool& tool) {
  const std::string path = "/proc/" + std::to_string(tool.process.pid) + "/fd/2";
  return os::UniqueFd(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace holdfast::launcher
