#include "core/affected/include_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_blanks_in_line = " \t\r\f\v";
constexpr std::array<std::string_view, 4> k_directives{"include", "include_next", "import",
                                                       "embed"};

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(k_blanks_in_line), text.size()));
}

std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '_')) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// `import` or `export import`, of a module.
bool is_import(std::string_view line) {
  std::string_view word = take_word(line);
  if (word == "export") {
    skip_blanks(line);
    word = take_word(line);
  }
  return word == "import" &&
         (line.empty() || k_blanks_in_line.find(line[0]) != std::string_view::npos ||
          line[0] == '<' || line[0] == '"');
}

}  // namespace

std::optional<std::vector<std::string_view>> included_names(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    std::string_view line = take_part(text, '\n');
    skip_blanks(line);
    if (!line.starts_with('#')) {
      if (is_import(line)) return std::nullopt;
      continue;
    }
    line.remove_prefix(1);
    skip_blanks(line);
    if (line.starts_with('\\')) return std::nullopt;  // the directive is in the next line
    if (std::ranges::find(k_directives, take_word(line)) == k_directives.end()) continue;
    skip_blanks(line);
    const char open = line.empty() ? '\0' : line[0];
    if (open != '<' && open != '"') return std::nullopt;
    const std::size_t end = line.find(open == '<' ? '>' : '"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    names.push_back(line.substr(1, end - 1));
  }
  return names;
}

}  // namespace holdfast
