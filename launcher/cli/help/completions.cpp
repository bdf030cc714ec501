// What the shells know of the command line of `holdfast`.
#include <fmt/format.h>
#include <fmt/ranges.h>  // join(), which only this header has from fmt 11 on

#include <string>
#include <string_view>
#include <vector>

#include "cli/help/reference.hpp"
#include "core/base/parts.hpp"

namespace holdfast::cli {
namespace {

std::string last_word(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

// The words that may stand for an option's value, or for a place for words; none: only the user
// knows them.
std::vector<std::string> words_for_value(const OptionWords& option) {
  std::vector<std::string> words;
  std::string_view rest = option.value;
  if (rest.find('|') == std::string_view::npos) return words;
  while (!rest.empty()) words.emplace_back(take_part(rest, '|'));
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string words_after(const CommandPage& page) {
  std::string words;
  for (const CommandPage& one : page.commands) words += " " + last_word(one.name);
  for (const OptionWords& option : page.options) {
    for (const std::string& name : spellings(option)) words += " " + name;
    if (!option.is_positional) continue;
    for (const std::string& word : words_for_value(option)) words += " " + word;
  }
  return words.empty() ? words : words.substr(1);
}

// Within single quotes of a shell.
std::string quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'') {
      safe += "'\\''";
    } else {
      safe += c == '\n' ? ' ' : c;
    }
  }
  return safe;
}

// Also for what zsh takes for marks of its own.
std::string quoted_for_zsh(std::string_view text) {
  std::string safe;
  for (const char c : quoted(text)) {
    if (c == '[' || c == ']' || c == ':') safe += '\\';
    safe += c;
  }
  return safe;
}

// Options whose value follows as a word of its own: "-C|--config".
std::string with_values(const CommandPage& page) {
  std::string names;
  for (const OptionWords& option : page.options) {
    if (option.value.empty()) continue;
    for (const std::string& name : spellings(option)) names += "|" + name;
  }
  return names.empty() ? names : names.substr(1);
}

// "service list"; of the program: nothing.
std::string words_of_command(const CommandPage& page) {
  const std::size_t blank = page.name.find(' ');
  return blank == std::string::npos ? "" : page.name.substr(blank + 1);
}

void add_bash_case(const CommandPage& page, std::string& text) {
  text += fmt::format("    '{}') words='{}' values='{}' ;;\n", words_of_command(page),
                      words_after(page), with_values(page));
  for (const CommandPage& one : page.commands) add_bash_case(one, text);
}

// The words for the value of each option that takes some.
void add_bash_values(const CommandPage& page, std::string& text) {
  for (const OptionWords& option : page.options) {
    const std::vector<std::string> words = words_for_value(option);
    if (words.empty()) continue;
    for (const std::string& name : spellings(option)) {
      text += fmt::format("    '{} {}') words='{}' values='' ;;\n", words_of_command(page), name,
                          joined(words));
    }
  }
  for (const CommandPage& one : page.commands) add_bash_values(one, text);
}

void add_zsh_arguments(const CommandPage& page, std::string_view indent, std::string& text) {
  text += fmt::format("{}_arguments", indent);
  std::string others = "_files";
  for (const OptionWords& option : page.options) {
    const std::vector<std::string> words = words_for_value(option);
    const std::string value = words.empty() ? option.value + ":_files" : ":(" + joined(words) + ")";
    if (option.is_positional && !words.empty()) others = "(" + joined(words) + ")";
    for (const std::string& name : spellings(option)) {
      text += fmt::format(" \\\n{}  '{}[{}]{}'", indent, name, quoted_for_zsh(option.help),
                          option.value.empty() ? "" : ":" + value);
    }
  }
  text += fmt::format(" \\\n{}  '*: :{}'\n", indent, others);
}

// `when`: the condition for the page's own words; empty: the program's.
void add_fish(const CommandPage& page, const std::string& when, std::string& text) {
  std::string names;
  for (const CommandPage& one : page.commands) names += " " + last_word(one.name);
  std::string here = "__fish_use_subcommand";
  if (!when.empty()) {
    here = names.empty() ? when : when + "; and not __fish_seen_subcommand_from" + names;
  }
  for (const CommandPage& one : page.commands) {
    const std::string name = last_word(one.name);
    text += fmt::format("complete -c holdfast -n '{}' -f -a {} -d '{}'\n", here, name,
                        quoted(one.help));
    add_fish(one,
             when.empty() ? "__holdfast_command_is " + name
                          : when + "; and __fish_seen_subcommand_from " + name,
             text);
  }
  for (const OptionWords& option : page.options) {
    std::string spelt;
    for (const std::string& name : spellings(option)) {
      spelt += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    const std::string words = joined(words_for_value(option));
    if (spelt.empty() && words.empty()) continue;
    std::string value = option.value.empty() || spelt.empty() ? "" : " -r";
    if (!words.empty()) value += " -f -a '" + words + "'";
    text += fmt::format("complete -c holdfast -n '{}'{}{} -d '{}'\n", here, spelt, value,
                        quoted(option.help));
  }
}

}  // namespace

std::vector<std::string> spellings(const OptionWords& option) {
  std::vector<std::string> all;
  std::string_view names = option.is_positional ? "" : std::string_view(option.names);
  while (!names.empty()) all.emplace_back(take_part(names, ','));
  return all;
}

std::string bash_completion(const CommandPage& program) {
  std::string text =
      "# bash completion of holdfast. Written by `holdfast help --write`.\n"
      "_holdfast() {\n"
      "  local word command='' first='' words='' values='' before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    # What follows is a command of its own, or ctest's.\n"
      "    [[ $word != -- ]] || return 0\n"
      "    [[ $word != -* ]] || continue\n"
      "    case \"$first $word\" in\n";
  for (const CommandPage& one : program.commands) {
    for (const CommandPage& below : one.commands) {
      text += fmt::format("      '{0} {1}') command='{0} {1}' ;;\n", last_word(one.name),
                          last_word(below.name));
    }
  }
  text +=
      "      *) [[ -n $first ]] || first=$word command=$word ;;\n"
      "    esac\n"
      "  done\n"
      "  case $command in\n";
  add_bash_case(program, text);
  text +=
      "  esac\n"
      "  case \"$command $before\" in\n";
  add_bash_values(program, text);
  return text +
         "  esac\n"
         "  # The value of another option is a file, or something that only the user knows.\n"
         "  [[ \"|$values|\" != *\"|$before|\"* ]] || return 0\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _holdfast holdfast\n";
}

std::string zsh_completion(const CommandPage& program) {
  std::string text =
      "#compdef holdfast\n"
      "# Written by `holdfast help --write`.\n"
      "local -a commands\n"
      "commands=(\n";
  for (const CommandPage& one : program.commands) {
    text += fmt::format("  '{}:{}'\n", last_word(one.name), quoted_for_zsh(one.help));
  }
  text +=
      ")\n"
      "if (( CURRENT == 2 )); then\n"
      "  _describe command commands\n"
      "  return\n"
      "fi\n"
      "case $words[2] in\n";
  for (const CommandPage& one : program.commands) {
    text += "  " + last_word(one.name) + ")\n";
    if (!one.commands.empty()) {
      std::string names;
      for (const CommandPage& below : one.commands) names += " " + last_word(below.name);
      text += "    case $words[3] in\n";
      for (const CommandPage& below : one.commands) {
        text += "      " + last_word(below.name) + ")\n";
        add_zsh_arguments(below, "        ", text);
        text += "        return ;;\n";
      }
      text += fmt::format("    esac\n    (( CURRENT == 3 )) && compadd --{}\n", names);
    }
    add_zsh_arguments(one, "    ", text);
    text += "    ;;\n";
  }
  return text + "esac\n";
}

std::string fish_completion(const CommandPage& program) {
  std::string text =
      "# fish completion of holdfast. Written by `holdfast help --write`.\n"
      "# The first word is the command: a later one may have the name of another.\n"
      "function __holdfast_command_is\n"
      "  set -l words (commandline -opc)\n"
      "  test (count $words) -gt 1; and test $words[2] = $argv[1]; and not contains -- -- $words\n"
      "end\n";
  add_fish(program, "", text);
  return text;
}

}  // namespace holdfast::cli
