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
  bool is_parent = false;  // it is our parent; false: another process is between
};

// Finds the nearest ancestor that is not a shell, ctest or cmake. Ninja starts a shell for `: &&
// link … && :`. If one make runs another (CMake's Makefiles do that three deep), finds the
// outermost make. When the outermost make is killed, the inner ones end only because their steps
// fail.
class BuildToolSearch {
 public:
  explicit BuildToolSearch(pid_t parent) : parent_(parent) {}

  // Takes the ancestors, one per call, the nearest first. False: no further ancestor is wanted.
  bool take(const ProcessName& ancestor, std::string_view name);
  // Returns the build tool. None: no ancestor is a build tool.
  const std::optional<BuildTool>& tool() const { return tool_; }

 private:
  pid_t parent_;
  std::optional<BuildTool> tool_;
};

// Finds the build tool among our ancestors.
Result<BuildTool> find_build_tool();

// Opens the tool's stderr. A step can say there what it waits for, because the step's own output is
// shown only when the step is over. Writing never blocks. Invalid: it cannot be opened.
os::UniqueFd open_build_tools_stderr(const BuildTool& tool);

}  // namespace holdfast::supervision
