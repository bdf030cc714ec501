// The command of a test, changed for one process of a batch.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "os/process/spawn.hpp"

namespace holdfast::exec {

// A changed command. The given command must outlive this object, because unchanged words are not
// copied.
class WorkerCommand {
 public:
  // The command as it was given.
  explicit WorkerCommand(const os::Command& given);
  // The given program with these arguments.
  WorkerCommand(const os::Command& given, const std::vector<char*>& arguments);
  WorkerCommand(WorkerCommand&&) = default;
  WorkerCommand(const WorkerCommand&) = delete;

  void add_argument(std::string text);
  // `entry` is `NAME=VALUE`. A variable that is there already must be hidden first.
  void add_variable(std::string entry);
  void hide_variable(std::string_view name);

  // Returns the changed command, valid as long as this object. To be called once.
  os::Command command();

 private:
  os::Command command_;
  std::deque<std::string> own_;  // a deque does not move its texts when it grows
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

}  // namespace holdfast::exec
