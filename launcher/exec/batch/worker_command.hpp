// The command of a test, changed for one process of a batch.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "os/process/spawn.hpp"

namespace holdfast::exec {

// Owns what its command() points to, but for what it was made from.
class WorkerCommand {
 public:
  // As it was given.
  explicit WorkerCommand(const os::Command& given);
  // The same with these arguments behind the program's name.
  WorkerCommand(const os::Command& given, const std::vector<char*>& arguments);
  WorkerCommand(WorkerCommand&&) = default;
  WorkerCommand(const WorkerCommand&) = delete;

  void add_argument(std::string text);
  void hide_variable(std::string_view name);

  // To be called once.
  os::Command command();

 private:
  os::Command command_;
  std::deque<std::string> own_;  // their texts stay where they are
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

// Whether it is `<name>=…`.
bool is_variable(std::string_view entry, std::string_view name);
// Of a null-terminated environment; empty when it is not set.
std::string_view variable_in(char** environment, std::string_view name);

}  // namespace holdfast::exec
