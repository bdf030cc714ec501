// Pages of man(1): holdfast(1), one for each command, and holdfast.toml(5). groff_man(7) says what
// the marks mean.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "programs/reference.hpp"

namespace holdfast::cli {
namespace {

std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\\') {
      line += "\\e";
    } else if (c == '-') {
      line += "\\-";
    } else {
      line += c == '\n' ? ' ' : c;
    }
  }
  return line.starts_with('.') || line.starts_with('\'') ? "\\&" + line : line;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

// holdfast service list -> holdfast-service-list
std::string page_name(std::string name) {
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string usage_lines(std::string_view usage) {
  std::string text;
  for (const std::string_view line : TextParts{usage, '\n'}) text += escaped(line) + "\n";
  return text;
}

std::string head(const std::string& name, const char* section, const std::string& help) {
  return ".TH " + escaped(upper(name)) + " " + section +
         " \"\" \"Holdfast " HOLDFAST_VERSION "\" \"Holdfast\"\n.SH NAME\n" + escaped(name) +
         " \\- " + escaped(help) + "\n";
}

std::string item(const std::string& what, std::string_view text) {
  return ".TP\n" + what + "\n" + escaped(text) + "\n";
}

std::string names_of(const OptionWords& option) {
  if (option.is_positional) return italic(option.names);
  const std::string text = separated(spellings(option), ", ", bold);
  return option.value.empty() ? text : text + " " + italic(option.value);
}

std::string synopsis(const CommandPage& page) {
  std::string text = ".SH SYNOPSIS\n" + bold(page.name) + " [" + italic("OPTION") + "]...";
  // A command that shows something by itself may also have commands.
  const bool may_be_alone = page.name == "holdfast report";
  if (!page.commands.empty()) {
    text += may_be_alone ? " [" + italic("COMMAND") + "]" : " " + italic("COMMAND");
  }
  for (const OptionWords& option : page.options) {
    if (!option.is_positional) continue;
    const std::string word = italic(option.names) + (option.takes_many ? "..." : "");
    text += option.is_required ? " " + word : " [" + word + "]";
  }
  if (page.name == "holdfast run") {
    text += " \\-\\- " + italic("COMMAND") + " [" + italic("ARGUMENT") + "]...";
  }
  if (page.name == "holdfast ctest" || page.name == "holdfast shard")
    text += " [\\-\\- " + italic("ARGUMENT") + "...]";
  return text + "\n";
}

std::string see_also(const char* rest) {
  return std::string(".SH SEE ALSO\n.BR holdfast (1),\n.BR holdfast.toml (5)") + rest + "\n";
}

std::string exit_status(const CommandPage& page) {
  if (page.name == "holdfast run") {
    return ".SH EXIT STATUS\nThat of " + italic("COMMAND") +
           ". Holdfast's own: 75 locks not free in time, 124 timeout, 125 Holdfast itself failed, "
           "126 the command cannot be executed, 127 it is not found.\n";
  }
  if (page.name == "holdfast ctest" || page.name == "holdfast rerun") {
    return ".SH EXIT STATUS\nThat of ctest. Holdfast's own: 2 wrong arguments or files, 125 "
           "Holdfast itself failed.\n";
  }
  return ".SH EXIT STATUS\n0 success; 1 the answer is bad, as the reference of the command says; 2 "
         "wrong arguments or files; 125 Holdfast itself failed.\n";
}

std::string options_and_commands(const CommandPage& page) {
  std::string text = ".SH OPTIONS\n";
  for (const OptionWords& option : page.options) text += item(names_of(option), option.help);
  if (!page.commands.empty()) text += ".SH COMMANDS\n";
  for (const CommandPage& one : page.commands) text += item(bold(one.name), one.help);
  return text;
}

void add_pages(const CommandPage& page, std::vector<ManPage>& pages) {
  const std::string name = page_name(page.name);
  pages.push_back({name + ".1", head(name, "1", page.help) + synopsis(page) +
                                    options_and_commands(page) + exit_status(page) + see_also("")});
  for (const CommandPage& one : page.commands) add_pages(one, pages);
}

void add_names(const std::vector<DeclaredName>& names, std::string& text) {
  std::string section;
  for (const DeclaredName& name : names) {
    if (name.section != section) {
      section = name.section;
      text += ".SH \"" + escaped(upper(section)) + "\"\n";
    }
    text += item(bold(name.name), name.text);
    if (!name.usage.empty()) text += ".PP\n.nf\n" + usage_lines(name.usage) + ".fi\n";
  }
}

ManPage program_page(const Reference& reference) {
  const CommandPage& program = reference.program;
  std::string text =
      head("holdfast", "1", "a plugin for CTest and Ninja: locks, cleanup, retries, reports") +
      synopsis(program) +
      ".SH DESCRIPTION\nA project attaches to Holdfast by a line of CMake, "
      "find_package(Holdfast). Its tests then run under a launcher, and users go on typing " +
      bold("ctest") + " and " + bold("ninja") + ". This program has the rest.\n" +
      options_and_commands(program);
  add_names(reference.names, text);
  add_names(reference.variables, text);
  text += exit_status(program) + see_also(",\n.BR ctest (1)");
  return {"holdfast.1", text};
}

ManPage settings_page(const Reference& reference) {
  std::string text =
      head("holdfast.toml", "5", "settings of Holdfast for a project") +
      ".SH DESCRIPTION\nA file in the top source directory of a project. It is TOML: tables " +
      bold("[profile.NAME]") + ", " + bold("[[override]]") + ", " + bold("[build-steps]") +
      " and others have the keys below. " + bold("holdfast config --check") +
      " says what is wrong in it, and " + bold("holdfast config --explain TEST") +
      " where each value of a test comes from. The reference, docs/reference/config.md, has the "
      "forms of the values.\n";
  std::string scope;
  for (const SettingPage& setting : reference.settings) {
    if (setting.scope != scope) {
      scope = setting.scope;
      text +=
          (scope.starts_with('[') ? ".SH \"KEYS IN " : ".SH \"KEYS FOR ") + escaped(scope) + "\"\n";
    }
    std::string meaning = setting.meaning;
    if (!setting.property.empty()) meaning += " (test property " + setting.property + ")";
    text += item(bold(setting.key), meaning);
  }
  return {"holdfast.toml.5", text + ".SH SEE ALSO\n.BR holdfast (1)\n"};
}

}  // namespace

std::vector<ManPage> man_pages(const Reference& reference) {
  std::vector<ManPage> pages{program_page(reference), settings_page(reference)};
  for (const CommandPage& one : reference.program.commands) add_pages(one, pages);
  return pages;
}

}  // namespace holdfast::cli
