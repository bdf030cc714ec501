// The line for output that was not kept, or is not kept any more. Both who leaves it out and who
// reports it have it from here. Pure.
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

}  // namespace holdfast
