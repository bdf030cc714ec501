// `holdfast help [TOPIC]`. With `--json` it prints all that a user can say, and with `--write DIR`
// it writes man pages, which the build installs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "attempt/programs.hpp"
#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "programs/commands.hpp"
#include "programs/reference.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const CommandPage& page) {
  Json options = Json::array();
  for (const OptionWords& option : page.options) {
    options.push_back({{"names", option.names}, {"value", option.value}, {"help", option.help}});
  }
  Json commands = Json::array();
  for (const CommandPage& one : page.commands) commands.push_back(json_of(one));
  return {{"name", page.name}, {"help", page.help}, {"options", options}, {"commands", commands}};
}

Json json_of(const std::vector<DeclaredName>& names) {
  Json all = Json::array();
  for (const DeclaredName& one : names) {
    all.push_back({{"name", one.name}, {"section", one.section}, {"meaning", one.text}});
    if (!one.usage.empty()) all.back()["usage"] = one.usage;
  }
  return all;
}

Json json_of(const Reference& reference) {
  Json settings = Json::array();
  for (const SettingPage& one : reference.settings) {
    settings.push_back({{"key", one.key},
                        {"scope", one.scope},
                        {"property", one.property},
                        {"option", one.option},
                        {"meaning", one.meaning}});
  }
  Json all = json_of(reference.program);
  all["settings"] = std::move(settings);
  all["cmake"] = json_of(reference.names);
  all["variables"] = json_of(reference.variables);
  return all;
}

std::string wrapped(std::string_view text) { return folded(text, "  ", "  ", 80); }

std::string text_of(const SettingPage& setting) {
  const bool is_table = setting.scope.starts_with('[');
  std::string text = fmt::format("{}: a key of holdfast.toml, {} {}\n", setting.key,
                                 is_table ? "in" : "for", setting.scope);
  if (!setting.property.empty()) text += "  test property " + setting.property + "\n";
  if (!setting.option.empty()) text += "  holdfast run " + setting.option + "\n";
  return text + wrapped(setting.meaning);
}

// `HOLDFAST_SLOT_db` is HOLDFAST_SLOT_<NAME>.
bool is_called(const DeclaredName& name, std::string_view word) {
  const std::size_t open = name.name.find('<');
  if (open == std::string::npos || name.name == word) return name.name == word;
  const std::string_view rest = std::string_view(name.name).substr(name.name.find('>') + 1);
  return word.size() > open + rest.size() && word.starts_with(name.name.substr(0, open)) &&
         word.ends_with(rest);
}

std::string text_of(const DeclaredName& name) {
  std::string text = name.name + ": " + name.section + "\n" + wrapped(name.text);
  for (const std::string_view line : TextParts{name.usage, '\n'}) {
    text.append("  ").append(line).append("\n");
  }
  return text;
}

// Topics that are not commands: keys by any of their names, the names of CMake, and variables.
std::string topic(const Reference& reference, const std::string& word) {
  std::string text;
  if (word.empty()) return text;
  for (const SettingPage& setting : reference.settings) {
    if (setting.key == word || setting.option == word || setting.property == word) {
      text += text_of(setting);
    }
  }
  for (const auto* names : {&reference.names, &reference.variables}) {
    for (const DeclaredName& name : *names) {
      if (is_called(name, word)) text += text_of(name);
    }
  }
  return text;
}

std::string near_topics(const Reference& reference, const std::string& word) {
  const Topics topics = topics_of(reference);
  for (const auto* words : {&topics.commands, &topics.keys, &topics.names}) {
    if (std::string found = suggestion(word, *words); !found.empty()) return found;
  }
  return {};
}

// Packages have the pages that the texts name.
std::string where_docs_are() {
  const Result<std::string> installed = supervision::installation();
  if (!installed) return {};
  const std::filesystem::path above = *installed + "/share/doc/holdfast";
  std::error_code failed;
  if (!std::filesystem::is_directory(above / "docs", failed)) return {};
  return "docs is in " + above.string() + "\n";
}

std::string all_topics(const Reference& reference) {
  const Topics topics = topics_of(reference);
  return fmt::format("Commands:\n{}Keys of holdfast.toml:\n{}Names in CMake, and variables:\n{}",
                     wrapped(separated(topics.commands, " ")), wrapped(separated(topics.keys, " ")),
                     wrapped(separated(topics.names, " ")));
}

std::optional<Command> command_named(Command app, const std::string& word) {
  for (const Command one : app.subcommands()) {
    if (!one.is_hidden() && one.name() == word) return one;
  }
  return std::nullopt;
}

// `service list`: the page of the last command.
int print_command(Command command, const std::vector<std::string>& words) {
  std::string above = "holdfast";
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::optional<Command> below = command_named(command, words[i]);
    if (!below)
      return refused("help: \"" + above + " " + command.name() + "\" has no command " +
                     brief_in_quotes(words[i]));
    above += " " + command.name();
    command = *below;
  }
  fmt::print("{}", command.page(above));
  return exit_codes::k_success;
}

Result<void> write(const std::filesystem::path& file, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) return os::system_error("write " + file.string());
  return {};
}

// The program's page, where `holdfast help` takes one of its topics.
CommandPage with_topics(const Reference& reference) {
  const auto can_be_typed = [](const std::string& word) {
    return word.find_first_of("<:") == std::string::npos;
  };
  const Topics topics = topics_of(reference);
  std::vector<std::string> words;
  for (const auto* some : {&topics.commands, &topics.keys, &topics.names}) {
    std::ranges::copy_if(*some, std::back_inserter(words), can_be_typed);
  }
  CommandPage program = reference.program;
  for (CommandPage& command : program.commands) {
    if (command.name != "holdfast help") continue;
    for (OptionWords& option : command.options) {
      if (option.is_positional) option.value = separated(words, "|");
    }
  }
  return program;
}

int write_pages(const Reference& reference, const std::filesystem::path& share) {
  for (const ManPage& page : man_pages(reference)) {
    const std::string section = "man" + page.file.substr(page.file.rfind('.') + 1);
    const Result<void> written = write(share / "man" / section / page.file, page.text);
    if (!written) return refused(written.error());
  }
  return exit_codes::k_success;
}

}  // namespace

int complete_words(Command app, const std::vector<std::string>& words) {
  return complete(with_topics(reference_of(app)), words);
}

int help(Command app, const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    fmt::print(
        "{}\nholdfast help TOPIC says what a command, a key of holdfast.toml, a test property "
        "or a\nvariable means; holdfast help topics lists them.\n",
        app.page(""));
    return exit_codes::k_success;
  }
  if (words[0] == "run") return print_help_of_run();
  const Reference reference = reference_of(app);
  if (const std::optional<Command> command = command_named(app, words[0])) {
    const int code = print_command(*command, words);
    if (words.size() == 1) fmt::print("{}", topic(reference, words[0]));  // `locks` is a key, too
    return code;
  }
  if (words[0] == "--write" && words.size() == 2) return write_pages(reference, words[1]);
  if (words[0] == "--json") {
    fmt::print("{}\n", json_of(reference).dump(2));
    return exit_codes::k_success;
  }
  const std::string text =
      words[0] == "topics" ? all_topics(reference) : topic(reference, words[0]);
  if (text.empty()) {
    return refused("help " + brief_in_quotes(words[0]) +
                   ": expected a command, a key of holdfast.toml, a test property or a variable" +
                   near_topics(reference, words[0]) + "; holdfast help topics lists them");
  }
  fmt::print("{}", text);
  if (text.find("docs/") != std::string::npos) fmt::print("{}", where_docs_are());
  return exit_codes::k_success;
}

}  // namespace holdfast::cli
