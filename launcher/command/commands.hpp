// What each command of `holdfast` is made of: how it is added, finds its tree, and says what is
// wrong.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_codes.hpp"
#include "base/result.hpp"
#include "command/command.hpp"

namespace holdfast::cli {

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
