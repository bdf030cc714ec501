// The words of a command line: commands, their options, and what is wrong with the words. CLI11
// does the work. No other file includes it: it takes seconds to compile, and each file that
// includes it has its own copy of its static objects, which every start of `holdfast` makes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  // What the help calls its value.
  Option type_name(const std::string& name) const;
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
  Option add_option(const std::string& names, int& value, const std::string& help) const;
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

}  // namespace holdfast::cli
