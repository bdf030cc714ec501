#include "core/affected/word_paths.hpp"

#include <algorithm>
#include <cstddef>

namespace holdfast {
namespace {

constexpr std::string_view k_separators = " \t\r\n\"'`=:;,|&()<>[]{}!#?@";
constexpr std::size_t k_most_ends = 8;
constexpr std::size_t k_short_option = 2;  // -fdata/in.txt

bool is_separator(char c) { return k_separators.find(c) != std::string_view::npos; }

std::size_t end_of_part(std::string_view word, std::size_t from) {
  return std::min(word.find_first_of(k_separators, from), word.size());
}

// `data` of `-Idata`; empty: it is something else.
std::string_view value_of_short_option(std::string_view part) {
  const bool is_short = part.size() > k_short_option && part[0] == '-' && part[1] != '-';
  return is_short ? part.substr(k_short_option) : std::string_view();
}

// Where the part ends that was taken; `start`: none was.
std::size_t take_path(std::string_view word, std::size_t start,
                      const std::function<bool(std::string_view)>& try_path) {
  std::size_t end = end_of_part(word, start);
  for (std::size_t i = 0; i < k_most_ends; ++i) {
    const std::string_view part = word.substr(start, end - start);
    const bool is_new = part.size() < word.size() && !is_separator(part.back());
    if (is_new && try_path(part)) return end;
    if (end == word.size()) break;
    end = end_of_part(word, end + 1);
  }
  return start;
}

}  // namespace

void find_paths(std::string_view word, const std::function<bool(std::string_view)>& try_path) {
  for (std::size_t at = word.find('='); at != std::string_view::npos; at = word.find('=', at + 1)) {
    if (at + 1 < word.size()) try_path(word.substr(at + 1));
  }
  std::size_t at = 0;
  while (at < word.size()) {
    std::size_t start = at;
    const std::size_t end = end_of_part(word, at);
    const std::size_t slash = word.substr(at, end - at).find('/');
    at = end + 1;
    if (slash == std::string_view::npos) {
      const std::string_view value = value_of_short_option(word.substr(start, end - start));
      if (!value.empty()) try_path(value);
      continue;
    }
    if (word[start] == '-') {
      if (slash > k_short_option) {
        at = std::max(at, take_path(word, start + k_short_option, try_path));
      }
      start += slash;
    }
    at = std::max(at, take_path(word, start, try_path));
  }
}

}  // namespace holdfast
