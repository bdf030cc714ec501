// The command of a GoogleTest program, as one process of a batch is to have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/gtest_list.hpp"
#include "os/process/spawn.hpp"

namespace holdfast::exec {

// A command as it was given, and what GoogleTest takes for its flags in that.
struct GtestCommand {
  explicit GtestCommand(const os::Command& given);
  bool has(std::string_view flag) const;

  os::Command command;
  std::vector<std::string> flags;
};

// Owns what its command() points to, but for what it was made from.
class WorkerCommand {
 public:
  // As it was given.
  explicit WorkerCommand(const GtestCommand& given);

  // It prints its cases, writes them into `file` (none: no path), and runs none.
  static WorkerCommand listing(const GtestCommand& given, const std::string& file);
  // The same of one that may be linked with Holdfast's support: then it selects its cases itself,
  // and forks them.
  static WorkerCommand serving(const GtestCommand& given, const std::string& file);
  // It runs those that `filter` selects and nothing else.
  static WorkerCommand running(const GtestCommand& given, const std::string& filter);

  os::Command command();

 private:
  void add_argument(std::string text);
  void hide_variable(std::string_view name);
  // It is the launcher that chooses the shard's cases.
  void hide_shard(const GtestCommand& given);

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
Selection selection_of(const GtestCommand& given);

// Whether it was given with `--gtest_list_tests`: it runs no case in any isolation.
bool only_lists(const GtestCommand& given);

// Of a null-terminated environment; empty when it is not set.
std::string_view variable_in(char** environment, std::string_view name);

}  // namespace holdfast::exec
