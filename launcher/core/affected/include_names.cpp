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

std::string_view without_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(k_blanks_in_line), text.size()));
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
    line = without_blanks(line);
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
    if (is_import(without_blanks(line))) return std::nullopt;
    // What stands before may be a comment, or a byte order mark.
    for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#')) {
      const bool is_first = without_blanks(line).starts_with('#');
      line = without_blanks(line.substr(at + 1));
      // The directive is in the next line, or after a comment.
      if (is_first && (line.starts_with('\\') || line.starts_with("/*"))) return std::nullopt;
      std::string_view rest = line;
      if (std::ranges::find(k_directives, take_word(rest)) == k_directives.end()) continue;
      rest = without_blanks(rest);
      const char open = rest.empty() ? '\0' : rest[0];
      const std::size_t end = open == '<' ? rest.find('>') : rest.find('"', 1);
      if ((open == '<' || open == '"') && end != std::string_view::npos) {
        names.push_back(rest.substr(1, end - 1));
      } else if (is_first) {
        return std::nullopt;
      }
    }
    if (without_blanks(line).starts_with("%:")) return std::nullopt;  // another way to write `#`
  }
  return names;
}

bool is_named_like_source(std::string_view path) {
  constexpr std::array<std::string_view, 24> k_suffixes{
      "h",   "hh",  "hpp", "hxx", "h++", "H",   "inc", "inl", "ipp", "tpp", "tcc", "txx",
      "def", "cuh", "c",   "cc",  "cpp", "cxx", "C",   "m",   "mm",  "cu",  "S",   "cppm"};
  const std::size_t dot = path.rfind('.');
  return dot != std::string_view::npos && path.find('/', dot) == std::string_view::npos &&
         std::ranges::find(k_suffixes, path.substr(dot + 1)) != k_suffixes.end();
}

}  // namespace holdfast
