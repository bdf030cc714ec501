#include "exec/worker_command.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::exec {
namespace {

constexpr std::string_view k_total_shards = "GTEST_TOTAL_SHARDS";
constexpr std::string_view k_shard_index = "GTEST_SHARD_INDEX";
constexpr std::string_view k_shard_file = "GTEST_SHARD_STATUS_FILE";
constexpr std::string_view k_brief = "GTEST_BRIEF";
constexpr std::string_view k_also_disabled = "GTEST_ALSO_RUN_DISABLED_TESTS";
constexpr std::string_view k_brief_flag = "--gtest_brief";
constexpr std::string_view k_also_disabled_flag = "--gtest_also_run_disabled_tests";
constexpr std::string_view k_list_flag = "--gtest_list_tests";
// GoogleTest has them from 1.18 on.
constexpr std::string_view k_total_shards_flag = "--gtest_total_shards";
constexpr std::string_view k_shard_index_flag = "--gtest_shard_index";

bool is_variable(std::string_view entry, std::string_view name) {
  return entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=';
}

// What is behind the first `=`.
std::string_view value_of(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  return equals == std::string_view::npos ? std::string_view() : argument.substr(equals + 1);
}

// As GoogleTest reads a flag of its own: without a value it is set.
bool is_set(std::string_view argument) {
  const std::string_view value = value_of(argument);
  return value.empty() || (value[0] != '0' && value[0] != 'f' && value[0] != 'F');
}

// `flag` with two dashes; GoogleTest takes one as well.
bool is_flag(std::string_view argument, std::string_view flag) {
  if (!argument.starts_with("--")) flag.remove_prefix(1);
  return argument.starts_with(flag) &&
         (argument.size() == flag.size() || argument[flag.size()] == '=');
}

}  // namespace

WorkerCommand::WorkerCommand(const os::Command& command) : command_(command) {
  bool is_brief = false;
  own_.reserve(4);
  for (char** word = command.arguments; *word != nullptr; ++word) {
    arguments_.push_back(*word);
    is_brief = is_brief || is_flag(*word, k_brief_flag);
  }
  for (char** entry = command.environment; *entry != nullptr; ++entry) {
    environment_.push_back(*entry);
  }
  // Its output is how an unmodified program is followed. Only where it was asked for: a release
  // that does not know the flag would print its help.
  if (is_brief) add_argument(std::string(k_brief_flag) + "=0");
  hide_variable(k_brief);
}

WorkerCommand WorkerCommand::serving(const os::Command& command, const std::string& file) {
  WorkerCommand made(command);
  made.add_argument(std::string(k_list_flag));
  // In any case: else the list goes over the report of a run.
  made.add_argument("--gtest_output=" + (file.empty() ? file : "json:" + file));
  return made;
}

WorkerCommand WorkerCommand::listing(const os::Command& command, const std::string& file) {
  WorkerCommand made = serving(command, file);
  made.hide_shard();
  return made;
}

WorkerCommand WorkerCommand::running(const os::Command& command, const std::string& filter) {
  WorkerCommand made(command);
  made.add_argument("--gtest_filter=" + filter);
  made.hide_shard();
  made.hide_variable(k_shard_file);
  return made;
}

os::Command WorkerCommand::command() {
  arguments_.push_back(nullptr);
  environment_.push_back(nullptr);
  os::Command command = command_;
  command.arguments = arguments_.data();
  command.environment = environment_.data();
  return command;
}

void WorkerCommand::add_argument(std::string text) {
  own_.push_back(std::move(text));  // never more than were reserved: pointers stay
  arguments_.push_back(own_.back().data());
}

void WorkerCommand::hide_variable(std::string_view name) {
  std::erase_if(environment_, [&](const char* entry) { return is_variable(entry, name); });
}

void WorkerCommand::hide_shard() {
  // What makes none is GoogleTest's to refuse.
  if (!selection_of(command_).shard) return;
  hide_variable(k_total_shards);
  hide_variable(k_shard_index);
  std::erase_if(arguments_, [](const char* word) {
    return is_flag(word, k_total_shards_flag) || is_flag(word, k_shard_index_flag);
  });
}

Selection selection_of(const os::Command& command) {
  Selection selection;
  const std::string_view also = variable_in(command.environment, k_also_disabled);
  if (!also.empty() && also != "0") selection.disabled = Disabled::run_too;
  std::string_view total = variable_in(command.environment, k_total_shards);
  std::string_view index = variable_in(command.environment, k_shard_index);
  for (char** word = command.arguments; *word != nullptr; ++word) {
    const std::string_view value = value_of(*word);
    if (is_flag(*word, k_also_disabled_flag)) {
      selection.disabled = is_set(*word) ? Disabled::run_too : Disabled::left_out;
    } else if (is_flag(*word, k_total_shards_flag)) {
      total = value;
    } else if (is_flag(*word, k_shard_index_flag)) {
      index = value;
    }
  }
  selection.shard = gtest_shard(total, index);
  return selection;
}

bool only_lists(const os::Command& command) {
  bool lists = false;
  for (char** word = command.arguments; *word != nullptr; ++word) {
    if (is_flag(*word, k_list_flag)) lists = is_set(*word);
  }
  return lists;
}

std::string_view variable_in(char** environment, std::string_view name) {
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (is_variable(*entry, name)) return std::string_view(*entry).substr(name.size() + 1);
  }
  return {};
}

}  // namespace holdfast::exec
