// The ninja or make that started a build step, by way of a shell, of `ctest --instrument`, or not.
#pragma once

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

struct BuildTool {
  ProcessName process;
  bool is_parent = false;  // ours; else something is between
};

// The nearest ancestor that is no shell (ninja has one run `: && link … && :`), no ctest and no
// cmake. Of makes that run each other, as CMake's Makefiles do three deep, the outermost: the inner
// ones do not end when it is killed, but of steps that fail.
Result<BuildTool> find_build_tool();

// Its stderr, where what a step waits for can be told while it waits: what the step itself prints
// is shown when it is over. Never waits for who does not read; invalid: it cannot be had.
os::UniqueFd open_build_tools_stderr(const BuildTool& tool);

}  // namespace holdfast::supervision
