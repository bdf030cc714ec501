#include "core/folded_line.hpp"

#include <algorithm>

#include "core/printable.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_columns = 160 - std::string_view("holdfast: ").size();

// Of UTF-8; a character that takes no column, or two, counts as one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

std::vector<std::string> folded_line(std::string_view text) {
  const std::string shown = printable(text);
  std::string_view rest = shown;
  std::vector<std::string> lines{{}};
  bool begins = true;  // no word of this line yet
  while (true) {
    const std::size_t blank = rest.find(' ');
    const std::string_view word = rest.substr(0, blank);
    if (!begins && columns_of(lines.back()) + 1 + columns_of(word) > k_columns) {
      lines.emplace_back("  ");
      begins = true;
    }
    if (!begins) lines.back() += ' ';
    lines.back() += word;
    begins = false;
    if (blank == std::string_view::npos) return lines;
    rest.remove_prefix(blank + 1);
  }
}

}  // namespace holdfast
