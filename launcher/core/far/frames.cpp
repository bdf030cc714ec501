#include "core/far/frames.hpp"

#include <algorithm>
#include <optional>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_mark = "HF";
constexpr std::size_t k_digits = 8;
constexpr std::size_t k_head = k_mark.size() + 1 + k_digits;

bool is_channel(char letter) {
  return std::string_view("oesbx").find(letter) != std::string_view::npos;
}

// The length of the frame that begins here; none: no frame begins here.
std::optional<std::size_t> length_in(std::string_view head) {
  if (!head.starts_with(k_mark) || !is_channel(head[k_mark.size()])) return std::nullopt;
  const auto length = parse_number<std::uint32_t>(head.substr(k_mark.size() + 1, k_digits), 16);
  if (!length || *length > k_longest_frame) return std::nullopt;
  return *length;
}

}  // namespace

void add_frames(FarChannel channel, std::string_view bytes, std::string& to) {
  do {
    const std::string_view part = bytes.substr(0, k_longest_frame);
    bytes.remove_prefix(part.size());
    to += k_mark;
    to += static_cast<char>(channel);
    for (int shift = 28; shift >= 0; shift -= 4)
      to += "0123456789abcdef"[(part.size() >> shift) & 15U];
    to += part;
    to += '\n';
  } while (!bytes.empty());
}

std::vector<FrameReader::Frame> FrameReader::read(std::string_view bytes) {
  rest_ += bytes;
  std::vector<Frame> frames;
  std::size_t at = 0;
  while (true) {
    const std::string_view left = std::string_view(rest_).substr(at);
    const std::size_t begin = left.find(k_mark);
    if (begin != 0 || left.empty()) {
      // The first byte of a mark may be the last one that has come so far.
      std::size_t strange = begin;
      if (begin == std::string_view::npos) {
        strange = left.size() - (left.ends_with(k_mark[0]) ? 1 : 0);
      }
      at += strange;
      if (begin == std::string_view::npos) break;
      continue;
    }
    if (left.size() < k_head) break;
    const std::optional<std::size_t> length = length_in(left.substr(0, k_head));
    if (!length) {
      ++at;
      continue;
    }
    if (left.size() < k_head + *length + 1) break;
    frames.push_back(
        {static_cast<FarChannel>(left[k_mark.size()]), std::string(left.substr(k_head, *length))});
    at += k_head + *length + 1;
  }
  rest_.erase(0, at);
  return frames;
}

}  // namespace holdfast
