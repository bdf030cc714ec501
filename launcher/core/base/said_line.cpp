#include "core/base/said_line.hpp"

#include <algorithm>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_ours = "holdfast: ";
constexpr std::size_t k_columns = 160;

// How many columns a text in UTF-8 takes. A character that takes no column, or two columns, counts
// as one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

std::string folded(std::string_view rest) {
  std::string text;
  std::string line(k_ours);
  bool begins = true;  // no word of this line yet
  while (true) {
    const std::size_t blank = rest.find(' ');
    const std::string_view word = rest.substr(0, blank);
    if (!begins && columns_of(line) + 1 + columns_of(word) > k_columns) {
      text += line + "\n";
      line = std::string(k_ours) + "  ";
      begins = true;
    }
    if (!begins) line += ' ';
    line += word;
    begins = false;
    if (blank == std::string_view::npos) return text + line + "\n";
    rest.remove_prefix(blank + 1);
  }
}

}  // namespace

std::string said_line(std::string_view text, Layout layout) {
  const std::string shown = printable(text);
  if (layout == Layout::folded) return folded(shown);
  return text_of({k_ours, shown, "\n"});
}

}  // namespace holdfast
