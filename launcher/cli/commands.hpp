// The command that a person types: `holdfast COMMAND …`. Each command has a file of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

// Each file that includes CLI11 has its own copy of CLI11's static objects, which every start of
// `holdfast` makes. So only files that need CLI11 include it.
namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace holdfast::cli {

int run_command(int count, char** arguments);

// Each function adds its command to `app`. The command that runs sets `exit_code`.
void add_report(CLI::App& app, int& exit_code);
void add_rerun(CLI::App& app, int& exit_code);
void add_debug(CLI::App& app, int& exit_code);
void add_watch(CLI::App& app, int& exit_code);
void add_config(CLI::App& app, int& exit_code);
void add_reap(CLI::App& app, int& exit_code);
void add_locks(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_service(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_history(CLI::App& app, int& exit_code);
// `words`: ctest's own arguments, which came after `--`.
void add_ctest(CLI::App& app, const std::vector<std::string>& words, int& exit_code);
void add_shard(CLI::App& app, const std::vector<std::string>& words, int& exit_code);
void add_affected(CLI::App& app, int& exit_code);
void add_mark(CLI::App& app, int& exit_code);
void add_begin(CLI::App& app, int& exit_code);
void add_end(CLI::App& app, int& exit_code);
void add_keeper(CLI::App& app, int& exit_code);

// `holdfast run`: becomes the launcher, because there is only one supervisor. Returns only on
// failure.
int exec_run(char** arguments);

// Prints the help of `holdfast run` to stdout. Returns the exit code of `holdfast`.
int print_help_of_run();

// `words`: the arguments after `answer`.
int answer(const std::vector<std::string>& words);

// Refuses an empty word (a script's unset variable), which would count as no word.
CLI::Validator expected(const std::string& what);

// `--tree`, for commands that find a build tree by themselves.
CLI::Option* add_tree_option(CLI::App& command, std::string& tree);

// The canonical path of the build tree that `--tree` names, or of the one around here.
Result<std::string> find_tree(const std::string& tree);

// The value of an environment variable; empty: it is not set.
std::string variable(std::string_view name);

// Prints `holdfast: <text>` on stderr, in one line.
void complain(const std::string& text);

}  // namespace holdfast::cli
