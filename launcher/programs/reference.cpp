#include "programs/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "attempt/programs.hpp"
#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::cli {
namespace {

CommandPage page_of(Command command, const std::string& name) {
  CommandPage page{name, without_marks(command.help()), command.options(), {}};
  for (const Command one : command.subcommands()) {
    if (!one.is_hidden()) page.commands.push_back(page_of(one, name + " " + one.name()));
  }
  if (name == "holdfast run") page.options = options_of_run();
  for (OptionWords& option : page.options) option.help = without_marks(option.help);
  return page;
}

std::vector<SettingPage> keys_of_file() {
  std::vector<SettingPage> all;
  const auto add = [&](const std::string& key, const char* scope, const std::string& meaning,
                       const std::string& property = {}, const std::string& option = {}) {
    if (key.empty()) return;
    const std::string prefix = property.empty() ? "" : "HOLDFAST_";
    all.push_back({key, scope, prefix + property, option, without_marks(meaning)});
  };
#define HOLDFAST_SETTING(id, field, kind, toml, since, nothing, meaning, property, option, ...) \
  add(toml, "a test", meaning, property, option);
#define HOLDFAST_RUN_SETTING(id, field, kind, toml, since, nothing, meaning) \
  add(toml, "a run", meaning);
#define HOLDFAST_STEP_SETTING(id, field, kind, toml, since, nothing, meaning) \
  add(toml, "build steps", meaning);
#include "values/table.def"
#define HOLDFAST_TABLE_KEY(table, key, form, nothing, meaning) add(key, table, meaning);
#define HOLDFAST_SERVICE_KEY(field, key, nothing, meaning) add(key, "[service.NAME]", meaning);
#include "values/service_keys.def"
#define HOLDFAST_PREFLIGHT_KEY(field, key, meaning) \
  add(key, "[preflight] and [preflight.warn]", meaning);
#include "values/table_keys.def"
  return all;
}

std::vector<DeclaredName> variables_for_users() {
  const auto section_of = [](std::string_view whose) {
    if (whose == "user") return "a variable that you set";
    return whose == "hook" ? "a variable that a hook gets" : "a variable that a test gets";
  };
  std::vector<DeclaredName> all;
#define HOLDFAST_VARIABLE(id, whose, name, rest, column, meaning) \
  all.push_back({name rest, section_of(#whose), without_marks(meaning)});
#define HOLDFAST_SERVICE_VARIABLE(id, word, column, meaning)                                    \
  all.push_back({"HOLDFAST_SERVICE_<NAME>_" word, "a variable that a test with a service gets", \
                 without_marks(meaning)});
#include "base/variables.def"
  std::ranges::stable_sort(all, {}, &DeclaredName::section);
  return all;
}

std::vector<std::string> sorted_once(std::vector<std::string> words) {
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  return words;
}

std::vector<DeclaredName> names_of_modules() {
  const Result<std::string> installed = supervision::installation();
  if (!installed) return {};
  std::vector<DeclaredName> all;
  for (const char* const name : {"Holdfast", "gtest_discovery", "services"}) {
    const Result<std::string> module =
        os::read_file(fmt::format("{}/lib/cmake/Holdfast/{}.cmake", *installed, name), 1024 * 1024);
    if (!module) continue;
    std::ranges::move(declared_names(*module), std::back_inserter(all));
  }
  return all;
}

// A word, and after a tab what it means, in one line.
void print(std::string_view word, std::string meaning = {}) {
  std::ranges::replace_if(meaning, is_control, ' ');
  fmt::print("{}{}{}\n", word, meaning.empty() ? "" : "\t", meaning);
}

// The words that may stand for an option's value, or for a place for words; none: only the user
// knows them.
void print_words_for(const OptionWords& option) {
  if (option.value.find('|') == std::string::npos) return;
  for (const std::string_view word : TextParts{option.value, '|'}) print(word);
}

const CommandPage* command_in(const CommandPage& page, std::string_view word) {
  const auto is_it = [&](const CommandPage& one) {
    return one.name.substr(one.name.rfind(' ') + 1) == word;
  };
  const auto found = std::ranges::find_if(page.commands, is_it);
  return found == page.commands.end() ? nullptr : &*found;
}

}  // namespace

Reference reference_of(Command app) {
  return {page_of(app, "holdfast"), keys_of_file(), names_of_modules(), variables_for_users()};
}

Topics topics_of(const Reference& reference) {
  Topics topics;
  for (const CommandPage& one : reference.program.commands) {
    topics.commands.push_back(one.name.substr(one.name.find(' ') + 1));
  }
  for (const SettingPage& one : reference.settings) topics.keys.push_back(one.key);
  for (const DeclaredName& one : reference.names) topics.names.push_back(one.name);
  for (const DeclaredName& one : reference.variables) topics.names.push_back(one.name);
  return {sorted_once(topics.commands), sorted_once(topics.keys), sorted_once(topics.names)};
}

std::vector<std::string> spellings(const OptionWords& option) {
  if (option.is_positional) return {};
  return collected(TextParts{option.names, ','}, [](auto name) { return std::string(name); });
}

// `holdfast complete WORD...`: which words may follow on a command line. The completions of the
// shells (shells/) ask for them.
int complete(const CommandPage& program, const std::vector<std::string>& words) {
  const CommandPage* page = &program;
  for (const std::string& word : words) {
    // What follows is a command of its own, or ctest's.
    if (word == "--") return exit_codes::k_success;
    if (const CommandPage* const below = command_in(*page, word)) page = below;
  }
  for (const OptionWords& option : page->options) {
    if (words.empty() || option.value.empty()) continue;
    if (std::ranges::count(spellings(option), words.back()) == 0) continue;
    print_words_for(option);
    return exit_codes::k_success;
  }
  for (const CommandPage& one : page->commands) {
    print(one.name.substr(one.name.rfind(' ') + 1), one.help);
  }
  for (const OptionWords& option : page->options) {
    for (const std::string& name : spellings(option)) print(name, option.help);
    if (option.is_positional) print_words_for(option);
  }
  return exit_codes::k_success;
}

}  // namespace holdfast::cli
