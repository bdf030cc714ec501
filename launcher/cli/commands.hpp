// The command that a person types: `holdfast COMMAND …`. Each command has a file of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/parser/command.hpp"
#include "core/base/result.hpp"
#include "core/outcome/exit_codes.hpp"

namespace holdfast::cli {

int run_command(int count, char** arguments);

// Each function adds its command to `app`.
void add_report(Command app);
void add_rerun(Command app);
void add_debug(Command app);
void add_watch(Command app);
void add_config(Command app);
void add_log(Command app);
void add_reap(Command app);
void add_locks(Command app);
void add_status(Command app);
void add_service(Command app);
void add_doctor(Command app);
void add_history(Command app);
// `words`: ctest's own arguments, which came after `--`.
void add_ctest(Command app, const std::vector<std::string>& words);
void add_shard(Command app, const std::vector<std::string>& words);
void add_affected(Command app);
void add_mark(Command app);
void add_begin(Command app);
void add_end(Command app);
void add_keeper(Command app);

// `holdfast run`: becomes the launcher, because there is only one supervisor. Returns only on
// failure. `words` came after `run`.
int exec_run(const std::vector<std::string>& words);

// `holdfast help`: `words` came after `help`. `app`: with all of its commands.
int help(Command app, const std::vector<std::string>& words);

// `holdfast complete`, for the completions of shells: `words` came after `complete`.
int complete_words(Command app, const std::vector<std::string>& words);

// Prints the help of `holdfast run` to stdout. Returns the exit code of `holdfast`.
int print_help_of_run();

// `words`: the arguments after `answer`.
int answer(const std::vector<std::string>& words);

// Refuses an empty word (a script's unset variable), which would count as no word.
Check expected(const std::string& what);

// `--tree`, for commands that find a build tree by themselves.
Option add_tree_option(Command command, std::string& tree);

// The canonical path of the build tree that `--tree` names, or of the one around here.
Result<std::string> find_tree(const std::string& tree);

// The value of an environment variable; empty: it is not set.
std::string variable(std::string_view name);

// Prints `holdfast: <text>` on stderr, for each line of the text.
void complain(const std::string& text);
// Complains, and returns the exit code.
int refused(const std::string& text, int exit_code = exit_codes::k_usage);
int refused(const Error& error, int exit_code = exit_codes::k_usage);
// The exit code for what a command returned. Complains if that is an error.
int exit_code_of(const Result<int>& ended);

// Prints the text, if it is one, and returns success. Returns an error as it is.
Result<int> print_or_fail(const Result<std::string>& text);

// A command and its options, which live as long as the parser.
template <typename Options>
struct AddedCommand {
  Command command;
  std::shared_ptr<Options> options;
};

// Adds a command that does `act`.
template <typename Options>
AddedCommand<Options> add_command(Command app, const std::string& word, const std::string& help,
                                  Result<int> (*act)(const Options&)) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(word, help);
  command.callback([options, act] { return exit_code_of(act(*options)); });
  return {command, options};
}

}  // namespace holdfast::cli
