// The command of a GoogleTest program, as one process of a batch is to have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/gtest_list.hpp"
#include "os/spawn.hpp"

namespace holdfast::exec {

// Owns what its command() points to, but for what it was made from.
class WorkerCommand {
 public:
  // As it was given.
  explicit WorkerCommand(const os::Command& command);

  // It prints its cases, writes them into `file` (none: no path), and runs none.
  static WorkerCommand listing(const os::Command& command, const std::string& file);
  // The same of one that may be linked with Holdfast's support: then it selects its cases itself,
  // and forks them.
  static WorkerCommand serving(const os::Command& command, const std::string& file);
  // It runs those that `filter` selects and nothing else.
  static WorkerCommand running(const os::Command& command, const std::string& filter);

  os::Command command();

 private:
  void add_argument(std::string text);
  void hide_variable(std::string_view name);
  // It is the launcher that chooses the shard's cases.
  void hide_shard();

  os::Command command_;
  std::vector<std::string> own_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

// What of a run's selection its list does not show.
struct Selection {
  Disabled disabled = Disabled::left_out;
  std::optional<GtestShard> shard;
};
Selection selection_of(const os::Command& command);

// Whether it was given with `--gtest_list_tests`: it runs no case in any isolation.
bool only_lists(const os::Command& command);

// Of a null-terminated environment; empty when it is not set.
std::string_view variable_in(char** environment, std::string_view name);

}  // namespace holdfast::exec
