// What the shells know of the command line of `holdfast`.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "cli/help/reference.hpp"
#include "core/base/parts.hpp"

namespace holdfast::cli {
namespace {

std::string last_word(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

// Each spelling of each option: "-C", "--config".
std::vector<std::string> spellings(const OptionWords& option) {
  std::vector<std::string> all;
  std::string_view names = option.is_positional ? "" : std::string_view(option.names);
  while (!names.empty()) all.emplace_back(take_part(names, ','));
  return all;
}

std::string words_after(const CommandPage& page) {
  std::string words;
  for (const CommandPage& one : page.commands) words += " " + last_word(one.name);
  for (const OptionWords& option : page.options) {
    for (const std::string& name : spellings(option)) words += " " + name;
  }
  return words.empty() ? words : words.substr(1);
}

// For single quotes of a shell, and for what zsh takes for marks of its own.
std::string quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'') {
      safe += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      safe += c == ':' ? ";" : c == '[' ? "(" : ")";
    } else {
      safe += c == '\n' ? ' ' : c;
    }
  }
  return safe;
}

}  // namespace

std::string bash_completion(const CommandPage& program) {
  std::string text =
      "# bash completion of holdfast. Written by `holdfast help --write`.\n"
      "_holdfast() {\n"
      "  local word command='' words=''\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $word != -* ]] || continue\n"
      "    command=$word\n"
      "    break\n"
      "  done\n"
      "  case $command in\n";
  for (const CommandPage& one : program.commands) {
    text += fmt::format("    {}) words='{}' ;;\n", last_word(one.name), words_after(one));
  }
  text += fmt::format("    '') words='{}' ;;\n", words_after(program));
  return text +
         "  esac\n"
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
    text += fmt::format("  '{}:{}'\n", last_word(one.name), quoted(one.help));
  }
  text +=
      ")\n"
      "if (( CURRENT == 2 )); then\n"
      "  _describe command commands\n"
      "  return\n"
      "fi\n"
      "case $words[2] in\n";
  for (const CommandPage& one : program.commands) {
    text += "  " + last_word(one.name) + ") _arguments";
    for (const OptionWords& option : one.options) {
      for (const std::string& name : spellings(option)) {
        text += fmt::format(" \\\n    '{}[{}]{}'", name, quoted(option.help),
                            option.value.empty() ? "" : ":" + option.value + ":_files");
      }
    }
    std::string below;
    for (const CommandPage& command : one.commands) below += " " + last_word(command.name);
    if (!below.empty()) text += fmt::format(" \\\n    '2: :({})'", below.substr(1));
    text += " \\\n    '*: :_files' ;;\n";
  }
  return text + "esac\n";
}

std::string fish_completion(const CommandPage& program) {
  std::string text = "# fish completion of holdfast. Written by `holdfast help --write`.\n";
  for (const CommandPage& one : program.commands) {
    text += fmt::format("complete -c holdfast -n __fish_use_subcommand -f -a {} -d '{}'\n",
                        last_word(one.name), quoted(one.help));
  }
  for (const CommandPage& one : program.commands) {
    const std::string when = fmt::format("complete -c holdfast -n '__fish_seen_subcommand_from {}'",
                                         last_word(one.name));
    for (const CommandPage& below : one.commands) {
      text += fmt::format("{} -f -a {} -d '{}'\n", when, last_word(below.name), quoted(below.help));
    }
    for (const OptionWords& option : one.options) {
      std::string names;
      for (const std::string& name : spellings(option)) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (names.empty()) continue;
      text += fmt::format("{}{}{} -d '{}'\n", when, names, option.value.empty() ? "" : " -r",
                          quoted(option.help));
    }
  }
  return text;
}

}  // namespace holdfast::cli
