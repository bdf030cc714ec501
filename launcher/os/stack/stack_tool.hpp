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

// Those found in PATH, the better first.
std::vector<StackTool> find_stack_tools();

// "gdb", "eu-stack"
const char* name_of(StackTool::Kind kind);

// Its own session, so that nothing reaches the terminal and it is ended with what it started; dies
// with us. `tag` as os::Command has it: the keeper's last resort knows it for one of this attempt.
class RunningStackTool {
 public:
  // Not started when that is impossible: `output` is at its end at once.
  RunningStackTool(const StackTool& tool, pid_t process, std::uint64_t tag);
  RunningStackTool(const RunningStackTool&) = delete;
  RunningStackTool& operator=(const RunningStackTool&) = delete;
  // Kills and reaps it. The process it looked at goes on, unless it was caught while stopping: then
  // SIGCONT helps.
  ~RunningStackTool();

  // Readable when there is output or the end of it; never blocks.
  int output() const { return output_.get(); }

 private:
  UniqueFd output_;
  pid_t pid_ = -1;
};

}  // namespace holdfast::os
