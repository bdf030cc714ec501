#include "programs/reference.hpp"

#include <algorithm>
#include <cstddef>

#include "base/text.hpp"

namespace holdfast::cli {
namespace {

constexpr std::string_view k_quote = "``";

// ``A``, ``B``
std::vector<std::string> names_in(std::string_view line) {
  std::vector<std::string> names;
  while (line.starts_with(k_quote)) {
    line.remove_prefix(k_quote.size());
    const std::size_t end = line.find(k_quote);
    if (end == std::string_view::npos) return {};
    names.emplace_back(line.substr(0, end));
    line.remove_prefix(end + k_quote.size());
    if (line.starts_with(", ")) line.remove_prefix(2);
  }
  return line.empty() ? names : std::vector<std::string>();
}

bool is_underline(std::string_view line, char mark) {
  return line.size() > 2 && line.find_first_not_of(mark) == std::string_view::npos;
}

// A role before a quoted word: `:prop_test:`.
std::size_t role_at(std::string_view text) {
  if (!text.starts_with(':')) return 0;
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  const bool is_role = end != std::string_view::npos && end > 1 && text.substr(end, 2) == ":`";
  return is_role ? end + 1 : 0;
}

struct Link {
  std::size_t size = 0;  // 0: it is none
  std::string_view text;
  std::string_view address;
};

// `[text](address)`
Link link_at(std::string_view text) {
  if (!text.starts_with('[')) return {};
  const std::size_t middle = text.find("](");
  if (middle == std::string_view::npos || text.find('[', 1) < middle) return {};
  const std::size_t end = text.find(')', middle);
  if (end == std::string_view::npos) return {};
  return {end + 1, text.substr(1, middle - 1), text.substr(middle + 2, end - middle - 2)};
}

// The addresses begin at docs/reference.
std::string page_at(std::string_view address) {
  address = address.substr(0, address.find('#'));
  if (address.empty()) return "docs/reference/config.md";
  constexpr std::string_view k_above = "../";
  if (address.starts_with(k_above))
    return holdfast::text_of({"docs/", address.substr(k_above.size())});
  return holdfast::text_of({"docs/reference/", address});
}

// The lines up to one that is not empty and does not begin with `indent`, without it.
std::string indented_lines(std::string_view& module, std::string_view indent) {
  std::string lines;
  while (module.starts_with('\n') || module.starts_with(indent)) {
    const std::string_view line = take_part(module, '\n');
    lines.append(line.substr(std::min(line.size(), indent.size()))).append("\n");
  }
  while (lines.ends_with("\n\n")) lines.pop_back();
  return lines.substr(std::min(lines.find_first_not_of('\n'), lines.size()));
}

// `module` begins after the line with the command's name.
DeclaredName declared_command(std::string_view name, std::string_view module) {
  DeclaredName command{std::string(name), "Commands", {}};
  std::string all = indented_lines(module, "  ");
  const std::size_t end = std::min(all.find("\n\n"), all.size());
  command.text = without_marks(std::string_view(all).substr(0, end));
  std::ranges::replace(command.text, '\n', ' ');
  if (!command.text.ends_with("::")) return command;
  command.text.pop_back();
  std::string_view rest = std::string_view(all).substr(end);
  command.usage = indented_lines(rest, "  ");
  return command;
}

}  // namespace

std::vector<DeclaredName> declared_names(std::string_view module) {
  std::vector<DeclaredName> all;
  module = module.substr(0, module.find("#]==="));
  std::string section;
  std::string_view before;
  std::vector<DeclaredName> entry;
  const auto end_entry = [&] {
    for (DeclaredName& one : entry) all.push_back(std::move(one));
    entry.clear();
  };
  while (!module.empty()) {
    const std::string_view line = take_part(module, '\n');
    if (is_underline(line, '^')) section = before;
    constexpr std::string_view k_command = ".. command:: ";
    if (line.starts_with(k_command)) {
      all.push_back(declared_command(line.substr(k_command.size()), module));
    }
    if (const std::vector<std::string> names = names_in(line); !names.empty()) {
      end_entry();
      for (const std::string& name : names) entry.push_back({name, section, {}});
    } else if (line.starts_with("  ")) {
      for (DeclaredName& one : entry) {
        if (!one.text.empty()) one.text += ' ';
        one.text += without_marks(line.substr(2));
      }
    } else {
      end_entry();
    }
    before = line;
  }
  end_entry();
  return all;
}

std::string without_marks(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (const std::size_t role = role_at(text); role > 0) {
      text.remove_prefix(role);
    } else if (const Link link = link_at(text); link.size > 0) {
      // A link that says no more than where to read on.
      const bool is_place = plain.ends_with('(') || link.text == "below";
      plain += is_place ? page_at(link.address) : without_marks(link.text);
      text.remove_prefix(link.size);
    } else {
      if (text[0] != '`') plain += text[0];
      text.remove_prefix(1);
    }
  }
  return plain;
}

}  // namespace holdfast::cli
