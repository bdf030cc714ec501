#include "core/base/utf8.hpp"

namespace holdfast {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

bool is_continuation(std::string_view bytes, std::size_t i) {
  return i < bytes.size() && (byte_at(bytes, i) & 0xC0U) == 0x80U;
}

std::size_t ascii_length(std::string_view bytes) {
  std::size_t length = 0;
  while (length < bytes.size() && byte_at(bytes, length) < 0x80U) ++length;
  return length;
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const unsigned lead = byte_at(bytes, 0);
  if (lead < 0x80U) return 1;
  if (lead < 0xC2U || lead > 0xF4U || !is_continuation(bytes, 1)) return 0;
  if (lead < 0xE0U) return 2;
  const unsigned second = byte_at(bytes, 1);
  if (!is_continuation(bytes, 2)) return 0;
  if (lead < 0xF0U) {
    const bool overlong = lead == 0xE0U && second < 0xA0U;
    const bool surrogate = lead == 0xEDU && second >= 0xA0U;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = lead == 0xF0U && second < 0x90U;
  const bool beyond = lead == 0xF4U && second >= 0x90U;
  return overlong || beyond || !is_continuation(bytes, 3) ? 0 : 4;
}

std::string_view first_bytes(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && is_continuation(text, size)) --size;
  return text.substr(0, size);
}

std::string_view last_bytes(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  std::size_t begin = text.size() - size;
  while (is_continuation(text, begin)) ++begin;
  return text.substr(begin);
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (true) {
    // Usually this is nearly the whole text.
    const std::size_t plain = ascii_length(bytes);
    text.append(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) return text;
    const std::size_t length = utf8_sequence_length(bytes);
    text.append(length == 0 ? k_utf8_replacement : bytes.substr(0, length));
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace holdfast
