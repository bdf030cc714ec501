#include "core/json_line.hpp"

#include "core/utf8.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";

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

// How much of it at its start stands for itself.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      out += k_utf8_replacement;
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
