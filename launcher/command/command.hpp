// The words of a command line: commands, their options, and what is wrong with the words. CLI11
// does the work. No other file includes it: it takes seconds to compile, and each file that
// includes it has its own copy of its static objects, which every start of `holdfast` makes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_codes.hpp"
#include "base/result.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
class Option;
}  // namespace CLI

namespace holdfast::cli {

// Says what is wrong with a word; empty: nothing is.
using Check = std::function<std::string(const std::string& word)>;

// An option of a command, or a place for words without an option. The parser owns it; a copy means
// the same option.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option required() const;
  // The message names the option, and then has the text of `check`.
  Option check(const Check& check) const;
  // The message has only the text of `check`.
  Option check_without_name(const Check& check) const;
  Option takes(int words) const;
  // Both ways.
  Option excludes(const std::vector<Option>& others) const;
  // Its value is one of these words. The message names the option, the value and the words.
  template <typename Words>
  Option one_of(const Words& words) const {
    return one_of(std::vector<std::string>(words.begin(), words.end()));
  }
  Option one_of(std::vector<std::string> words) const;

 private:
  CLI::Option* option_;
};

// What the help says of an option.
struct OptionWords {
  std::string names;  // "-C,--config"; of a place for words: "RUN"
  std::string value;  // what its value is called; empty: it takes none; `a|b`: one of these words
  std::string help;
  bool is_positional = false;
  bool is_required = false;
  bool takes_many = false;  // further words may follow
};

// A command, or the command line as a whole. The parser owns it; a copy means the same command.
class Command {
 public:
  Command(CLI::App& app, int& exit_code) : app_(&app), exit_code_(&exit_code) {}

  const std::string& name() const;
  bool is_hidden() const;
  std::vector<Command> subcommands() const;
  std::string help() const;  // in one line, as the list of commands has it
  std::vector<OptionWords> options() const;
  // What its --help prints. `above`: the names of the commands above it.
  std::string page(const std::string& above) const;

  Command add_subcommand(const std::string& word, const std::string& help) const;
  // `names`: as in `-C,--config`; without a dash: a place for words. The value must outlive the
  // parser.
  Option add_option(const std::string& names, std::string& value,
                    const std::string& help = {}) const;
  Option add_option(const std::string& names, std::vector<std::string>& values,
                    const std::string& help) const;
  Option add_flag(const std::string& names, bool& value, const std::string& help = {}) const;

  // One of its subcommands must follow.
  void require_subcommand() const;
  // The options of the command above may also follow this one.
  void fall_through() const;
  // Checks words without an option before it takes them.
  void validate_positionals() const;
  // Keeps words that it does not know for remaining().
  void allow_extras() const;
  // Leaves it out of the help.
  void hide() const;
  // The last line of its help.
  void footer(const std::string& text) const;
  // What parse() calls if the command line has this command. Returns the exit code.
  void callback(std::function<int()> act) const;

  // The words that nothing has taken.
  std::vector<std::string> remaining() const;

 private:
  CLI::App* app_;
  int* exit_code_;
};

struct Parsed {
  std::optional<std::string> wanted = {};   // the text that --help or --version asks for
  std::optional<std::string> trouble = {};  // what is wrong with the words
  int exit_code = 0;                        // of the command, if it was called
};

class Parser {
 public:
  // Knows --help and --version.
  Parser(const std::string& help, const std::string& name, const std::string& version);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Command command() { return Command(*app_, exit_code_); }

  // Calls the callback of the command if the words are in order. Throws what that throws.
  Parsed parse(int count, char** arguments) const;

 private:
  std::unique_ptr<CLI::App> app_;
  int exit_code_ = 0;
};

// What each command of `holdfast` is made of: how it is added, finds its tree, and says what is
// wrong.

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

// Names of tests as ctest takes them.

// For `--format ctest`: a line with one regular expression that matches these names. Fails if ctest
// takes no expression for so many.
Result<std::string> names_as_expression(const std::vector<std::string>& names);

// For `--format names`: each name in a line, as `ctest --tests-from-file` reads them (CMake 3.29).
// A name of more than a line is left out, and a line on stderr says so.
std::string names_as_lines(const std::vector<std::string>& names);

}  // namespace holdfast::cli
