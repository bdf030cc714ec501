// The ninja or make that started a build step, perhaps through a shell or `ctest --instrument`.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "core/base/process_name.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::supervision {

struct BuildTool {
  ProcessName process;
  bool is_parent = false;  // it is our parent; false: another process is between
};

// Finds the nearest ancestor that is not a shell, ctest or cmake. Ninja starts a shell for `: &&
// link … && :`. If one make runs another (CMake's Makefiles do that three deep), finds the
// outermost make. When the outermost make is killed, the inner ones end only because their steps
// fail.
//
// Also finds out that the tool has ended before anybody looked. Then an ancestor in another session
// has adopted the step, and the leader of the step's session is not among its ancestors. A step
// that a user starts by hand has the leader, the user's shell, above it. One case cannot be told
// from that: a first process of a container which is a shell and leads the session of its ninja.
class BuildToolSearch {
 public:
  struct Self {
    pid_t pid;
    pid_t parent;
    pid_t session;  // getsid(2)
  };

  explicit BuildToolSearch(const Self& self) : self_(self), has_leader_(self.pid == self.session) {}

  // Takes the ancestors, one per call, the nearest first. False: no further ancestor is wanted.
  bool take(const ProcessName& ancestor, pid_t session, std::string_view name);
  // Returns the build tool. None: no ancestor is a build tool.
  const std::optional<BuildTool>& tool() const { return tool_; }
  bool tool_has_ended() const { return is_adopted_ && !tool_; }

 private:
  Self self_;
  bool has_leader_;  // the leader of our session is this process or above it
  bool is_adopted_ = false;
  std::optional<BuildTool> tool_;
};

// Finds the build tool among our ancestors.
BuildToolSearch find_build_tool();

// Opens the tool's stderr. A step can say there what it waits for, because the step's own output is
// shown only when the step is over. Writing never blocks. Invalid: it cannot be opened.
os::UniqueFd open_build_tools_stderr(const BuildTool& tool);

}  // namespace holdfast::supervision
