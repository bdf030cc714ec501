// `holdfast complete WORD...`: which words may follow on a command line. The completions of the
// shells (bash/, zsh/, fish/) ask for them.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "programs/reference.hpp"

namespace holdfast::cli {
namespace {

// A word, and after a tab what it means, in one line.
void print(std::string_view word, std::string meaning = {}) {
  std::ranges::replace_if(meaning, is_control, ' ');
  fmt::print("{}{}{}\n", word, meaning.empty() ? "" : "\t", meaning);
}

// The words that may stand for an option's value, or for a place for words; none: only the user
// knows them.
void print_words_for(const OptionWords& option) {
  std::string_view rest = option.value;
  if (rest.find('|') == std::string_view::npos) return;
  while (!rest.empty()) print(take_part(rest, '|'));
}

const CommandPage* command_in(const CommandPage& page, std::string_view word) {
  const auto is_it = [&](const CommandPage& one) {
    return one.name.substr(one.name.rfind(' ') + 1) == word;
  };
  const auto found = std::ranges::find_if(page.commands, is_it);
  return found == page.commands.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> spellings(const OptionWords& option) {
  std::vector<std::string> all;
  std::string_view names = option.is_positional ? "" : std::string_view(option.names);
  while (!names.empty()) all.emplace_back(take_part(names, ','));
  return all;
}

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
