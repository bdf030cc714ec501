#include "affected/include_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_blanks_in_line = " \t\r\f\v";
constexpr std::array<std::string_view, 4> k_directives{"include", "include_next", "import",
                                                       "embed"};

std::string_view without_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(k_blanks_in_line), text.size()));
}

// Without blanks and whole comments at its beginning.
std::string_view without_space(std::string_view text) {
  text = without_blanks(text);
  while (text.starts_with("/*")) {
    const std::size_t end = text.find("*/", 2);
    if (end == std::string_view::npos) break;
    text = without_blanks(text.substr(end + 2));
  }
  return text;
}

// A `\` at the end of a line joins it with the next one, within a word, too.
std::string without_splices(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  for (std::string_view line : TextParts{text, '\n'}) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    joined += line;
    if (!goes_on) joined += '\n';
  }
  return joined;
}

std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && (is_ascii_letter(text[end]) || text[end] == '_')) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// `import` or `export import`, of a module.
bool is_import(std::string_view line) {
  std::string_view word = take_word(line);
  if (word == "export") {
    line = without_space(line);
    word = take_word(line);
  }
  return word == "import" &&
         (line.empty() || k_blanks_in_line.find(line[0]) != std::string_view::npos ||
          line[0] == '<' || line[0] == '"');
}

}  // namespace

std::optional<std::vector<std::string>> included_names(std::string_view text) {
  const std::string spliced = without_splices(text);
  std::vector<std::string> names;
  for (std::string_view line : TextParts{spliced, '\n'}) {
    if (is_import(without_space(line))) return std::nullopt;
    // What stands before may be a comment, or a byte order mark.
    for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#')) {
      const bool is_first = without_space(line).starts_with('#');
      line = without_space(line.substr(at + 1));
      if (is_first && line.starts_with("/*")) return std::nullopt;  // it goes on in the next line
      std::string_view rest = line;
      if (std::ranges::find(k_directives, take_word(rest)) == k_directives.end()) continue;
      rest = without_space(rest);
      const char open = rest.empty() ? '\0' : rest[0];
      const std::size_t end = open == '<' ? rest.find('>') : rest.find('"', 1);
      if ((open == '<' || open == '"') && end != std::string_view::npos) {
        names.emplace_back(rest.substr(1, end - 1));
      } else if (is_first) {
        return std::nullopt;
      }
    }
    if (without_space(line).starts_with("%:")) return std::nullopt;  // another way to write `#`
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
