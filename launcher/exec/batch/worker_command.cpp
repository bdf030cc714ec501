#include "exec/batch/worker_command.hpp"

#include <algorithm>
#include <utility>

#include "os/file/file_text.hpp"

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
// Of listing(): brief, list, output, and two of a shard.
constexpr std::size_t k_most_own = 5;

constexpr std::string_view k_flag_file = "--gtest_flagfile";

// One with the filter of all cases of a program.
constexpr std::size_t k_longest_flag_file = 64UL * 1024UL * 1024UL;

bool is_variable(std::string_view entry, std::string_view name) {
  return entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=';
}

char** end_of(char** entries) {
  while (*entries != nullptr) ++entries;
  return entries;
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

bool is_flag(std::string_view argument, std::string_view flag) {
  return argument.starts_with(flag) &&
         (argument.size() == flag.size() || argument[flag.size()] == '=');
}

// What GoogleTest takes for its flags, in their order: the arguments, and the lines of flag files
// in their places. One that cannot be read is GoogleTest's to refuse.
std::vector<std::string> flags_of(const os::Command& command) {
  std::vector<std::string> flags;
  for (char** word = command.arguments; *word != nullptr; ++word) {
    if (!is_flag(*word, k_flag_file)) {
      flags.emplace_back(*word);
      continue;
    }
    const Result<std::string> text =
        os::read_file(std::string(value_of(*word)), k_longest_flag_file);
    if (!text) continue;
    for (std::size_t begin = 0; begin < text->size();) {
      const std::size_t end = std::min(text->find('\n', begin), text->size());
      flags.push_back(text->substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return flags;
}

}  // namespace

GtestCommand::GtestCommand(const os::Command& given) : command(given), flags(flags_of(given)) {}

bool GtestCommand::has(std::string_view flag) const {
  return std::any_of(flags.begin(), flags.end(),
                     [flag](const std::string& one) { return is_flag(one, flag); });
}

WorkerCommand::WorkerCommand(const GtestCommand& given) : command_(given.command) {
  own_.reserve(k_most_own);
  for (char** word = command_.arguments; *word != nullptr; ++word) arguments_.push_back(*word);
  for (char** entry = command_.environment; *entry != nullptr; ++entry) {
    environment_.push_back(*entry);
  }
  // Its output is how an unmodified program is followed. Only where it was asked for: a release
  // that does not know the flag would print its help.
  if (given.has(k_brief_flag)) add_argument(std::string(k_brief_flag) + "=0");
  hide_variable(k_brief);
}

WorkerCommand WorkerCommand::serving(const GtestCommand& given, const std::string& file) {
  WorkerCommand made(given);
  made.add_argument(std::string(k_list_flag));
  // In any case: else the list goes over the report of a run.
  made.add_argument("--gtest_output=" + (file.empty() ? file : "json:" + file));
  return made;
}

WorkerCommand WorkerCommand::listing(const GtestCommand& given, const std::string& file) {
  WorkerCommand made = serving(given, file);
  made.hide_shard(given);
  return made;
}

WorkerCommand WorkerCommand::running(const GtestCommand& given, const std::string& filter) {
  WorkerCommand made(given);
  made.add_argument("--gtest_filter=" + filter);
  made.hide_shard(given);
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

void WorkerCommand::hide_shard(const GtestCommand& given) {
  // What makes none is GoogleTest's to refuse.
  if (!selection_of(given).shard) return;
  hide_variable(k_total_shards);
  hide_variable(k_shard_index);
  // They may stand in a file, so they stay; the last one counts, and -1 is GoogleTest's for none.
  for (const std::string_view flag : {k_total_shards_flag, k_shard_index_flag}) {
    if (given.has(flag)) add_argument(std::string(flag) + "=-1");
  }
}

Selection selection_of(const GtestCommand& given) {
  Selection selection;
  char** environment = given.command.environment;
  const bool runs_disabled = std::any_of(environment, end_of(environment), [](const char* entry) {
    return is_variable(entry, k_also_disabled) && value_of(entry) != "0";
  });
  if (runs_disabled) selection.disabled = Disabled::run_too;
  std::string_view total = variable_in(environment, k_total_shards);
  std::string_view index = variable_in(environment, k_shard_index);
  for (const std::string& flag : given.flags) {
    const std::string_view value = value_of(flag);
    if (is_flag(flag, k_also_disabled_flag)) {
      selection.disabled = is_set(flag) ? Disabled::run_too : Disabled::left_out;
    } else if (is_flag(flag, k_total_shards_flag)) {
      total = value;
    } else if (is_flag(flag, k_shard_index_flag)) {
      index = value;
    }
  }
  selection.shard = gtest_shard(total, index);
  return selection;
}

bool only_lists(const GtestCommand& given) {
  bool lists = false;
  for (const std::string& flag : given.flags) {
    if (is_flag(flag, k_list_flag)) lists = is_set(flag);
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
