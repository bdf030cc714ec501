// The line in a log of a service that stands for what the log limit left out. With its help a
// reader finds each part of the output. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

// `[… 123 bytes left out …]` in a line of its own stands between the first and the last part.
std::string mark_of_gap(std::uint64_t left_out);

// Returns how many bytes are left out at the mark with which `text` begins. 0: it begins with no
// mark.
std::uint64_t gap_at(std::string_view text);

// No mark is longer.
inline constexpr std::size_t k_longest_mark = 64;

// The first part of a log has `head` bytes. If `left_out` is not 0, a mark of `mark` bytes follows.
struct LogLayout {
  std::uint64_t head = 0;
  std::uint64_t left_out = 0;
  std::uint64_t mark = 0;
};

// `text` is what follows the first `head` bytes of the file.
LogLayout layout_of(std::uint64_t head, std::string_view text);

// Return the place in the file for a part of the output that begins, or ends, at `offset` of the
// output. If the offset was left out, the part has the mark.
std::uint64_t begin_in_file(const LogLayout& log, std::uint64_t offset);
std::uint64_t end_in_file(const LogLayout& log, std::uint64_t offset);

}  // namespace holdfast
