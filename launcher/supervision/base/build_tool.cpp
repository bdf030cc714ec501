#include "supervision/base/build_tool.hpp"

#include <fcntl.h>

#include <algorithm>
#include <iterator>

#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// True: `name` is the name of a shell, a ctest (`ctest --instrument`, `ctest --launch`) or a cmake
// (`cmake -E cmake_link_script` of a Makefile, `cmake --build` of a project inside). None of these
// ends with the build tool.
bool stands_between(std::string_view name) {
  constexpr std::string_view k_names[] = {"sh",  "dash",    "bash",  "ksh",
                                          "zsh", "busybox", "ctest", "cmake"};
  return std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
}

bool is_make(std::string_view name) { return name == "make" || name == "gmake"; }

}  // namespace

bool BuildToolSearch::take(const ProcessName& ancestor, pid_t session, std::string_view name) {
  if (session != self_.session) {
    is_adopted_ = !has_leader_;
    return false;
  }
  if (ancestor.pid == 1) return false;
  has_leader_ = has_leader_ || ancestor.pid == session;
  if (stands_between(name)) return true;
  const bool may_have_another_above = is_make(name);
  if (!tool_ || may_have_another_above) tool_ = BuildTool{ancestor, ancestor.pid == self_.parent};
  return may_have_another_above;
}

BuildToolSearch find_build_tool() {
  const BuildToolSearch::Self self{::getpid(), ::getppid(), ::getsid(0)};
  BuildToolSearch search(self);
  os::walk_up(self.parent, [&](pid_t pid, const os::ProcessStat& stat) {
    return search.take({pid, stat.start}, ::getsid(pid), stat.name);
  });
  return search;
}

os::UniqueFd open_build_tools_stderr(const BuildTool& tool) {
  const std::string path = os::in_proc(tool.process.pid, "fd/2");
  return os::UniqueFd(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace holdfast::supervision
