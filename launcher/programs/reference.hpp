// Everything that a user can say: commands with their options, keys of holdfast.toml, names of
// CMake, and environment variables.
// The help, the man pages and the completions are made from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/command.hpp"

namespace holdfast::cli {

// The names that users write in CMake, with what they mean: as the heads of the modules of
// ctest-integration declare them, and nowhere else (programs/declared_names.cpp).
struct DeclaredName {
  std::string name;     // HOLDFAST_LOCKS, Holdfast::mark
  std::string section;  // "Variables", "Test properties", "Targets", "Commands"
  std::string text;     // one line, without marks
  std::string usage{};  // of a command: its lines
};

// `module`: the text of a module. An entry that declares several names is one for each. Of a
// command, the text is its first paragraph.
std::vector<DeclaredName> declared_names(std::string_view module);

// `text` without the marks of reStructuredText and Markdown: quotes of code, roles, links. A link
// alone in parentheses, or called "below", becomes the path of its page.
std::string without_marks(std::string_view text);

struct CommandPage {
  std::string name;  // "holdfast service list"
  std::string help;
  std::vector<OptionWords> options;
  std::vector<CommandPage> commands;
};

struct SettingPage {
  std::string key;       // in holdfast.toml
  std::string scope;     // "a test", "a run", "build steps"; or its table: "[service.NAME]"
  std::string property;  // HOLDFAST_LOCKS; empty: there is none
  std::string option;    // of `holdfast run`; empty: there is none
  std::string meaning;   // without marks
};

struct Reference {
  CommandPage program;
  std::vector<SettingPage> settings;
  std::vector<DeclaredName> names;      // of CMake
  std::vector<DeclaredName> variables;  // HOLDFAST_SLOT_<NAME>; section: "a variable that you set"
};

// `app`: with all of its commands. Without the installed Holdfast.cmake there are no names.
Reference reference_of(Command app);

// Each word that `holdfast help` explains, once, sorted.
struct Topics {
  std::vector<std::string> commands;
  std::vector<std::string> keys;
  std::vector<std::string> names;
};
Topics topics_of(const Reference& reference);

// The options of `holdfast run`.
std::vector<OptionWords> options_of_run();

// The text of a page of man(1), and what its file is called: "holdfast-report.1".
struct ManPage {
  std::string file;
  std::string text;
};
std::vector<ManPage> man_pages(const Reference& reference);

// Each spelling of the option: "-C", "--config". None of a place for words.
std::vector<std::string> spellings(const OptionWords& option);

// `words`: those before the word that is to be completed, without the program. Prints one word in
// a line, and after a tab what it means; nothing: only the user knows what may follow. Returns the
// exit code.
int complete(const CommandPage& program, const std::vector<std::string>& words);

}  // namespace holdfast::cli
