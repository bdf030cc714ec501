// What Holdfast says to people, as it is written: whole, so that one write(2) keeps what others
// write at the same moment out of it (in a pipe up to PIPE_BUF bytes, pipe(7)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Layout : std::uint8_t {
  one_line,
  // In several of at most 160 columns, as far as its words allow; those after the first go on
  // behind two blanks more.
  folded,
};

// `holdfast: <text>` and a line break. Control characters are shown as core/base/printable.hpp
// does.
std::string said_line(std::string_view text, Layout layout = Layout::one_line);

}  // namespace holdfast
