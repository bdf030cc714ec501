// One run of gdb or eu-stack on one process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "os/file/unique_fd.hpp"

namespace holdfast::os {

struct StackTool {
  enum class Kind : std::uint8_t { gdb, eu_stack } kind;
  std::string path;
};

// Returns the tools in PATH, the better one first.
std::vector<StackTool> find_stack_tools();

// Returns "gdb" or "eu-stack".
const char* name_of(StackTool::Kind kind);

// The tool has a session of its own, so that nothing of it reaches the terminal. It is ended with
// all that it started, and it dies with us. `tag`: as in os::Command. The keeper uses the tag to
// recognise the tool as part of this attempt.
class RunningStackTool {
 public:
  // If the tool cannot be started, `output` is at its end at once.
  RunningStackTool(const StackTool& tool, pid_t process, std::uint64_t tag);
  RunningStackTool(const RunningStackTool&) = delete;
  RunningStackTool& operator=(const RunningStackTool&) = delete;
  // Kills and reaps the tool. The process that it looked at goes on. If that process was caught
  // while it was stopping, SIGCONT makes it go on.
  ~RunningStackTool();

  // Readable when there is output or its end; reading never blocks.
  int output() const { return output_.get(); }

 private:
  UniqueFd output_;
  pid_t pid_ = -1;
};

}  // namespace holdfast::os
