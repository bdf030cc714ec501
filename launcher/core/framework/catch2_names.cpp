#include "core/framework/catch2_names.hpp"

#include <algorithm>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

// Each of these has a meaning in a selection, unless there is a `\` before it.
constexpr std::string_view k_with_meaning = "\\,[]\"~";
constexpr std::string_view k_blanks = "\t\n\r ";
constexpr std::string_view k_exclude = "exclude:";

// Does the same as tolower(3) in the locale "C", in which Catch2's programs run.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool are_same(char one, char other) { return lower(one) == lower(other); }

bool is_begin_of(std::string_view part, std::string_view text) {
  return part.size() <= text.size() && std::equal(part.begin(), part.end(), text.begin(), are_same);
}

bool is_in(std::string_view part, std::string_view text) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), are_same) != text.end();
}

}  // namespace

std::optional<std::string> catch2_selection(std::string_view name) {
  const std::string_view bare = trimmed(name, k_blanks);
  if (bare.empty()) return std::nullopt;
  std::string text;
  if (bare.starts_with(k_exclude)) text = "*";
  for (const char c : bare) {
    // An argument that begins with `-` is an option.
    const bool is_option = c == '-' && text.empty();
    if (is_option || k_with_meaning.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

bool catch2_selects(std::string_view name, std::string_view other) {
  std::string_view wanted = trimmed(name, k_blanks);
  const std::string_view text = trimmed(other, k_blanks);
  const bool from_any = wanted.starts_with('*') || wanted.starts_with(k_exclude);
  if (wanted.starts_with('*')) wanted.remove_prefix(1);
  const bool to_any = wanted.ends_with('*');
  if (to_any) wanted.remove_suffix(1);
  if (wanted.size() > text.size()) return false;
  if (from_any && to_any) return is_in(wanted, text);
  if (from_any) return is_begin_of(wanted, text.substr(text.size() - wanted.size()));
  return is_begin_of(wanted, text) && (to_any || wanted.size() == text.size());
}

}  // namespace holdfast
