// The line in a log of a service that stands for what the log limit left out: a reader finds the
// parts of the output again by it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

// `[… 123 bytes left out …]` in a line of its own stands between the first and the last part.
std::string mark_of_gap(std::uint64_t left_out);

// How many bytes of output are left out at the mark with which `text` begins. 0: it begins with no
// mark.
std::uint64_t gap_at(std::string_view text);

// No mark is longer.
inline constexpr std::size_t k_longest_mark = 64;

// A log: its first part has `head` bytes; then, if `left_out` is not 0, there is a mark of `mark`
// bytes.
struct LogLayout {
  std::uint64_t head = 0;
  std::uint64_t left_out = 0;
  std::uint64_t mark = 0;
};

// `text`: what the file has behind its first `head` bytes.
LogLayout layout_of(std::uint64_t head, std::string_view text);

// Where in the file of such a log the part of the output begins, or ends, that is `offset` bytes
// behind the beginning of the output. A part that is left out has the mark.
std::uint64_t begin_in_file(const LogLayout& log, std::uint64_t offset);
std::uint64_t end_in_file(const LogLayout& log, std::uint64_t offset);

}  // namespace holdfast
