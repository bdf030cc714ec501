// A line that Holdfast says to people, in its final form. One write(2) writes the whole line, so
// that no other process's output gets into it (in a pipe up to PIPE_BUF bytes, pipe(7)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Layout : std::uint8_t {
  one_line,
  // Several lines of at most 160 columns, unless a word is longer. All lines but the first are
  // indented by two blanks.
  folded,
};

// `holdfast: <text>` and a line break. Control characters are shown as in core/base/printable.hpp.
std::string said_line(std::string_view text, Layout layout = Layout::one_line);

}  // namespace holdfast
