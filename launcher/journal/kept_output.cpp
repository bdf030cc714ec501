#include "journal/kept_output.hpp"

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_before = "\n[… ";
constexpr std::string_view k_after = " bytes left out …]\n";

}  // namespace

std::string mark_of_gap(std::uint64_t left_out) {
  return std::string(k_before) + std::to_string(left_out) + std::string(k_after);
}

std::uint64_t gap_at(std::string_view text) {
  if (!text.starts_with(k_before)) return 0;
  text.remove_prefix(k_before.size());
  const std::size_t end = text.find(k_after);
  if (end == std::string_view::npos) return 0;
  return parse_number<std::uint64_t>(text.substr(0, end)).value_or(0);
}

LogLayout layout_of(std::uint64_t head, std::string_view text) {
  const std::uint64_t left_out = gap_at(text);
  return {head, left_out, left_out == 0 ? 0 : mark_of_gap(left_out).size()};
}

std::uint64_t begin_in_file(const LogLayout& log, std::uint64_t offset) {
  if (offset < log.head) return offset;
  return offset < log.head + log.left_out ? log.head : offset - log.left_out + log.mark;
}

std::uint64_t end_in_file(const LogLayout& log, std::uint64_t offset) {
  if (offset <= log.head) return offset;
  return offset < log.head + log.left_out ? log.head + log.mark : offset - log.left_out + log.mark;
}

}  // namespace holdfast
