#include "core/json_line.hpp"

#include <charconv>
#include <utility>

#include "core/utf8.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::size_t k_usual_line = 512;

// Filled up with zeros to `width`.
template <typename Number>
void append_number(std::string& out, Number number, std::size_t width = 0) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
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
  append_number(out, microseconds / 1'000'000);
  out += '.';
  append_number(out, microseconds % 1'000'000, 6);
}

JsonLine::JsonLine(std::string_view type, std::int64_t unix_ms, std::string room)
    : line_(std::move(room)) {
  line_.clear();
  line_.reserve(k_usual_line);
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
  append_number(line_, value);
  return *this;
}

JsonLine& JsonLine::seconds(std::string_view name, std::int64_t microseconds) {
  key(name);
  append_seconds(line_, microseconds);
  return *this;
}

JsonLine& JsonLine::numbers(std::string_view name, std::uint64_t first, std::uint64_t second) {
  key(name);
  line_ += '[';
  append_number(line_, first);
  line_ += ',';
  append_number(line_, second);
  line_ += ']';
  return *this;
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value) {
  key(name);
  line_ += value;
  return *this;
}

JsonLine& JsonLine::begin_list(std::string_view name) {
  key(name);
  line_ += '[';
  return *this;
}

JsonLine& JsonLine::begin_object(std::string_view first_key, std::string_view value) {
  line_ += line_.back() == '[' ? "{\"" : ",{\"";
  line_ += first_key;
  line_ += "\":";
  append_json_string(line_, value);
  return *this;
}

JsonLine& JsonLine::end_object() {
  line_ += '}';
  return *this;
}

JsonLine& JsonLine::end_list() {
  line_ += ']';
  return *this;
}

std::string JsonLine::finish() && {
  line_ += "}\n";
  return std::move(line_);
}

}  // namespace holdfast
