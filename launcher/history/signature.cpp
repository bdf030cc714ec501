#include "history/signature.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <vector>

#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// What may stand inside of a path without quotes.
bool is_of_path(char c) {
  return is_digit(c) || is_letter(c) ||
         std::string_view("/.-+@~%#=").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80U;
}

// The length of the number at the start of `text`; 0: there is none. A digit inside a word
// (`int64`) is not the start of one.
std::size_t number_at(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    std::size_t size = 2;
    while (size < text.size() && is_hex(text[size])) ++size;
    if (size > 2) return size;
  }
  std::size_t size = 0;
  while (size < text.size() &&
         (is_digit(text[size]) ||
          (size > 0 && text[size] == '.' && size + 1 < text.size() && is_digit(text[size + 1]))))
    ++size;
  return size;
}

// The length of the directories at the start of `text`; 0: no path with directories begins here.
std::size_t directories_at(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with("./") && !text.starts_with("../")) return 0;
  std::size_t end = 0;
  while (end < text.size() && is_of_path(text[end])) ++end;
  const std::string_view path = text.substr(0, end);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash + 1 == path.size() ? 0 : slash + 1;
}

}  // namespace

std::string bounded_signature(std::string_view text) {
  const std::string line = printable(text);
  std::string result;
  char before = ' ';
  for (std::size_t at = 0; at < line.size() && result.size() <= k_longest;) {
    const std::string_view rest = std::string_view(line).substr(at);
    const bool begins_word = !is_letter(before) && !is_digit(before);
    const std::size_t directories = begins_word ? directories_at(rest) : 0;
    const std::size_t number = begins_word ? number_at(rest) : 0;
    if (directories > 0) {
      at += directories;
      before = '/';
    } else if (number > 0) {
      result += '#';
      at += number;
      before = '0';
    } else {
      result += before = line[at];
      ++at;
    }
  }
  if (result.size() > k_longest) {
    result.resize(k_longest - 3);
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xC0U) == 0x80U)
      result.pop_back();
    if (!result.empty() && static_cast<unsigned char>(result.back()) >= 0xC0U) result.pop_back();
    result += "...";
  }
  return result;
}

std::string signature_of(const Attempt& attempt, std::string_view output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) {
    Excerpt words = said.front();
    const std::string file = words.file.substr(words.file.rfind('/') + 1);
    words.file.clear();
    return bounded_signature(file.empty() ? headline(words) : file + ": " + headline(words));
  }
  Attempt without_time = attempt;
  without_time.wall_s = 0;
  std::string how = ending(without_time);
  how.resize(how.find(" after ") == std::string::npos ? how.size() : how.find(" after "));
  const std::string name(attempt.outcome ? name_of(*attempt.outcome)
                                         : std::string_view("interrupted"));
  return how == name || !attempt.has_ended ? name : fmt::format("{}: {}", name, how);
}

}  // namespace holdfast
