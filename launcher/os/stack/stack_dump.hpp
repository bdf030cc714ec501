// One run of gdb or eu-stack on one process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::os {

struct StackTool {
  std::string_view name;  // `gdb`, `eu-stack`
  std::string path;
};

// The tool has a session of its own, so that nothing of it reaches the terminal. It is ended with
// all that it started, and it dies with us. `tag`: as in os::Command. The keeper uses the tag to
// recognise the tool as part of this attempt.
class RunningStackTool {
 public:
  // If the tool cannot be started, `output` is at its end at once.
  RunningStackTool(const StackTool& tool, pid_t process, std::uint64_t tag);
  // Kills and reaps the tool. The process that it looked at goes on. If that process was caught
  // while it was stopping, SIGCONT makes it go on.
  ~RunningStackTool();

  // Readable when there is output or its end; reading never blocks.
  int output() const { return output_.get(); }

 private:
  UniqueFd output_;
  pid_t pid_ = -1;
};

// The stacks of a process tree that is about to be ended. gdb or eu-stack shows them if it is
// installed and may trace; otherwise /proc says what it can. Made for a poll loop: nothing here
// waits.
class StackDump {
 public:
  // Dumps these processes, in this order, by `until` on the clock of monotonic_now().
  StackDump(std::vector<NamedProcess> processes, Milliseconds until, std::uint64_t tag);

  // Readable when go_on() has something to do; -1: only the deadline counts.
  int fd() const { return running_ ? running_->output() : -1; }
  // Returns the latest time for the next go_on().
  Milliseconds deadline() const;
  // Takes what there is. True: all is done, and text() is complete.
  bool go_on();
  // Stops now and kills the tool. What /proc tells stands in for the rest.
  void finish();
  // Our own lines begin with "holdfast: "; the tool's lines are unchanged. 64 KiB at most.
  const std::string& text() const { return text_; }

 private:
  void read_output();
  void start_tool();
  enum class ToolEnd : std::uint8_t { through, too_late };
  void tool_ended(ToolEnd how);
  void give_up_tool(ToolEnd how);
  void describe_here();
  void next_process();

  std::vector<NamedProcess> processes_;
  std::vector<StackTool> tools_;
  Milliseconds until_;
  std::uint64_t tag_;
  std::size_t process_ = 0;
  std::size_t tool_ = 0;        // in tools_, for this process
  std::size_t first_tool_ = 0;  // for the next one
  std::unique_ptr<RunningStackTool> running_;
  std::string_view running_name_;
  std::string output_;  // of the running tool
  std::string text_;
};

// Writes to a descriptor that may be a pipe that nobody reads. Drops what cannot be written in
// time.
void write_within(int fd, const std::string& text, Milliseconds time);

}  // namespace holdfast::os
