// A line that Holdfast says to people, in its final form. It is complete, so that one write(2)
// keeps the output of others out of it (in a pipe up to PIPE_BUF bytes, pipe(7)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Layout : std::uint8_t {
  one_line,
  // Several lines of at most 160 columns, unless a word is longer. Later lines have two more blanks
  // in front.
  folded,
};

// `holdfast: <text>` and a line break. Control characters are shown as in core/base/printable.hpp.
std::string said_line(std::string_view text, Layout layout = Layout::one_line);

}  // namespace holdfast
