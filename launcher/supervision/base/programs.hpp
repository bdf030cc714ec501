// Finds the other programs of this installation. They are beside this one, in the layout that
// cmake/Layout.cmake describes. A program that was copied elsewhere does not find them.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/step/build_step.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::supervision {

// Returns <prefix>: the directory of this installation.
Result<std::string> installation();

// Returns <prefix>/bin/holdfast. Fails if the file is readable but not a whole program. A file that
// is missing or unreadable is no failure here: execve(2) will fail for it.
Result<std::string> main_program();

// Returns <prefix>/libexec/holdfast/holdfast-exec, checked in the same way.
Result<std::string> exec_program();

// Returns <prefix>/libexec/holdfast/holdfast-launcher, which is not checked.
Result<std::string> launcher_program();

// Returns <prefix>/libexec/holdfast/holdfast-archive. Fails if it is not there: not every Holdfast
// is built with it (HOLDFAST_COMPONENTS).
Result<std::string> archive_program();

// The ninja or make that started a build step, perhaps through a shell or `ctest --instrument`.
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

// The files that a build step makes. A step that is cut short may leave half a file, which the next
// build would take for newer than its sources.

// `command` is the step's null-terminated command. It may name the file into which a compiler
// writes the dependencies.
std::vector<std::string> files_made_by(const BuildStep& step, char** command);

class StepOutputs {
 public:
  // To be made before the step begins, in its working directory.
  StepOutputs(const BuildStep& step, char** command);

  // Returns to the working directory that the constructor saw.
  void go_there() const;

  // Removes those of the step's files that are regular and were written to since the constructor
  // ran.
  void remove() const;

 private:
  os::UniqueFd directory_;
  timespec begun_{};
  std::vector<std::string> files_;
};

}  // namespace holdfast::supervision
