// The stacks of a process tree that is about to be ended: by gdb or eu-stack where they are
// installed and may trace, else what /proc tells. For a poll loop: nothing here waits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "os/process/process_set.hpp"
#include "os/stack/stack_tool.hpp"

namespace holdfast::os {

class StackDump {
 public:
  // Of these, in this order, by `until` on the clock of monotonic_now().
  StackDump(std::vector<NamedProcess> processes, Milliseconds until, std::uint64_t tag);

  // Readable when go_on() has something to do; -1: nothing but the time.
  int fd() const { return running_ ? running_->output() : -1; }
  // When go_on() is to be called at the latest.
  Milliseconds deadline() const;
  // Takes what there is. True when all is done; then text() is whole.
  bool go_on();
  // Stops where it is: kills the tool. What /proc tells stands for the rest.
  void finish();
  // Lines of ours begin with "holdfast: ", between them are the tool's as they are. 64 KiB at most.
  const std::string& text() const { return text_; }

 private:
  bool has_stacks() const;
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
  std::size_t tool_ = 0;        // of tools_, for this process
  std::size_t first_tool_ = 0;  // for the next one
  std::unique_ptr<RunningStackTool> running_;
  const char* running_name_ = "";
  std::string output_;  // of the running tool
  std::string text_;
};

// Writes to a descriptor that may be a pipe nobody reads: what does not go in time is dropped.
void write_within(int fd, const std::string& text, Milliseconds time);

}  // namespace holdfast::os
