// The lines that stand for output which was not kept: in the file of an output, which ends with
// one, and in the log of a service, where it stands between the first and the last part. Both who
// leaves output out and who reports it have them from here. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

inline constexpr std::string_view k_output_dropped =
    "[... not kept any more: the outputs of later runs needed the room (kept-output-in-all) ...]\n";

inline constexpr std::string_view k_left_out_begin = "\n[... ";
inline constexpr std::string_view k_left_out_end =
    " bytes not kept: the outputs of the run have all the room that they may have "
    "(kept-output) ...]\n";
inline constexpr std::size_t k_longest_left_out =
    k_left_out_begin.size() + 20 + k_left_out_end.size();

inline std::string mark_of_left_out(std::uint64_t bytes) {
  return std::string(k_left_out_begin) + std::to_string(bytes) + std::string(k_left_out_end);
}

// How many bytes such a line takes at the end of a file whose last k_longest_left_out bytes are
// `end`; 0: the file has all that was printed.
inline std::size_t size_of_mark(std::string_view end) {
  const std::size_t begin = end.ends_with(k_left_out_end) ? end.rfind(k_left_out_begin) : end.npos;
  return begin == end.npos ? 0 : end.size() - begin;
}

// What a reader of an output misses, in a few words; empty: nothing.
inline std::string_view missing_in(std::string_view output) {
  if (output == k_output_dropped) return "not kept any more";
  return output.ends_with(k_left_out_end) ? "its end was not kept" : "";
}

// In the log of a service, what the log limit left out. With the help of the line a reader finds
// each part of the output.

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
