#include "exec/batch/worker_command.hpp"

#include <utility>

#include "exec/base/variables.hpp"

namespace holdfast::exec {

WorkerCommand::WorkerCommand(const os::Command& given) : command_(given) {
  for (char** word = given.arguments; *word != nullptr; ++word) arguments_.push_back(*word);
  for (char** entry = given.environment; *entry != nullptr; ++entry) environment_.push_back(*entry);
}

WorkerCommand::WorkerCommand(const os::Command& given, const std::vector<char*>& arguments)
    : WorkerCommand(given) {
  arguments_.resize(1);
  arguments_.insert(arguments_.end(), arguments.begin(), arguments.end());
}

void WorkerCommand::add_argument(std::string text) {
  own_.push_back(std::move(text));
  arguments_.push_back(own_.back().data());
}

void WorkerCommand::add_variable(std::string entry) {
  own_.push_back(std::move(entry));
  environment_.push_back(own_.back().data());
}

void WorkerCommand::hide_variable(std::string_view name) {
  std::erase_if(environment_, [&](const char* entry) { return is_variable(entry, name); });
}

os::Command WorkerCommand::command() {
  arguments_.push_back(nullptr);
  environment_.push_back(nullptr);
  os::Command command = command_;
  command.arguments = arguments_.data();
  command.environment = environment_.data();
  return command;
}

}  // namespace holdfast::exec
