#include "core/json_line.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
// Source: Unicode 15, table 3-7.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = at(0);
  std::size_t length = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const bool overlong = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool surrogate = lead == 0xED && at(1) > 0x9F;
  const bool too_high = lead == 0xF4 && at(1) > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += k_hex[byte >> 4U];
  out += k_hex[byte & 15U];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += k_replacement;
      text.remove_prefix(1);
      continue;
    }
    if (length == 1) {
      append_escape(out, text[0]);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void append_seconds(std::string& out, std::int64_t microseconds) {
  if (microseconds < 0) microseconds = 0;
  out += std::to_string(microseconds / 1'000'000);
  std::string fraction = std::to_string(microseconds % 1'000'000);
  out += '.';
  out.append(6 - fraction.size(), '0');
  out += fraction;
}

JsonLine::JsonLine(std::string_view type, std::int64_t unix_ms) {
  line_.reserve(512);
  line_ += R"({"v":1,"type":)";
  append_json_string(line_, type);
  seconds("at", unix_ms * 1000);
}

void JsonLine::key(std::string_view name) {
  line_ += ",\"";
  line_ += name;
  line_ += "\":";
}

JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(line_, value);
  return *this;
}

JsonLine& JsonLine::number(std::string_view name, std::int64_t value) {
  key(name);
  line_ += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::seconds(std::string_view name, std::int64_t microseconds) {
  key(name);
  append_seconds(line_, microseconds);
  return *this;
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value) {
  key(name);
  line_ += value;
  return *this;
}

std::string JsonLine::finish() && {
  line_ += "}\n";
  return std::move(line_);
}

}  // namespace holdfast
