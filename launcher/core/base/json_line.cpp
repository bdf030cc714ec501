#include "core/base/json_line.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/utf8.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_hex_digits = "0123456789abcdef";
constexpr std::size_t k_usual_line = 512;

template <typename Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
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
  out += k_hex_digits[byte >> 4U];
  out += k_hex_digits[byte & 15U];
}

// How many bytes at the start need no escape.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

// Appends in one go if the key is short: a record of cases has hundreds of keys.
void append_key(std::string& out, std::string_view before, std::string_view name) {
  char text[48];
  const std::size_t size = before.size() + name.size() + 2;
  if (size > sizeof text) {
    out.append(before).append(name).append("\":");
    return;
  }
  char* end = std::copy(before.begin(), before.end(), text);
  end = std::copy(name.begin(), name.end(), end);
  *end++ = '"';
  *end = ':';
  out.append(text, size);
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
  constexpr std::size_t k_decimals = 6;
  if (microseconds < 0) microseconds = 0;
  char digits[32];
  char* end = std::to_chars(digits, digits + sizeof digits, microseconds / 1'000'000).ptr;
  *end++ = '.';
  std::int64_t rest = microseconds % 1'000'000;
  for (char* digit = end + k_decimals; digit > end; rest /= 10) {
    *--digit = static_cast<char>('0' + rest % 10);
  }
  out.append(digits, static_cast<std::size_t>(end - digits) + k_decimals);
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
  append_key(line_, line_.back() == '{' ? "\"" : ",\"", name);
}

void JsonLine::put(char c) { line_ += c; }

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
  put('[');
  append_number(line_, first);
  put(',');
  append_number(line_, second);
  put(']');
  return *this;
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value) {
  key(name);
  line_ += value;
  return *this;
}

JsonLine& JsonLine::begin_list(std::string_view name) { return raw(name, "["); }

JsonLine& JsonLine::item(std::string_view value) {
  if (line_.back() != '[') put(',');
  append_json_string(line_, value);
  return *this;
}

JsonLine& JsonLine::begin_object(std::string_view name) {
  if (!name.empty()) {
    key(name);
  } else if (line_.back() != '[') {
    put(',');
  }
  put('{');
  return *this;
}

JsonLine& JsonLine::end_object() {
  put('}');
  return *this;
}

JsonLine& JsonLine::end_list() {
  put(']');
  return *this;
}

std::string JsonLine::finish() && {
  line_ += "}\n";
  return std::move(line_);
}

}  // namespace holdfast
