// The ninja or make that started a build step, perhaps through a shell or `ctest --instrument`.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

struct BuildTool {
  ProcessName process;
  bool is_parent = false;  // our parent; false: something is between
};

// Finds the nearest ancestor that is no shell (ninja has one run `: && link … && :`), no ctest and
// no cmake. Where makes run each other, as CMake's Makefiles do three deep, finds the outermost.
// When that one is killed, the inner ones do not end by themselves, but because their steps fail.
class BuildToolSearch {
 public:
  explicit BuildToolSearch(pid_t parent) : parent_(parent) {}

  // Takes the ancestors, the nearest first. False: no further one is wanted.
  bool take(const ProcessName& ancestor, std::string_view name);
  // None: it was not among them.
  const std::optional<BuildTool>& tool() const { return tool_; }

 private:
  pid_t parent_;
  std::optional<BuildTool> tool_;
};

// The same among our ancestors.
Result<BuildTool> find_build_tool();

// Opens the tool's stderr, where a step can say what it waits for: the step's own output is shown
// only when it is over. Writing never blocks. Invalid: it cannot be opened.
os::UniqueFd open_build_tools_stderr(const BuildTool& tool);

}  // namespace holdfast::supervision
