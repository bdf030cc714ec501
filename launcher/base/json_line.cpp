#include "base/json_line.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_usual_line = 512;

void append_byte(std::string& out, char c) {
  constexpr std::string_view k_escaped = "\"\\\n\t";
  constexpr std::string_view k_letters = "\"\\nt";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && c != '"' && c != '\\') {
    out += c;
  } else if (const std::size_t which = k_escaped.find(c); which != std::string_view::npos) {
    out += '\\';
    out += k_letters[which];
  } else {
    out += "\\u" + hexadecimal(byte, 4);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : valid_utf8(text)) append_byte(out, c);
  out += '"';
}

JsonLine::JsonLine(std::string_view type, std::int64_t unix_ms) {
  line_.reserve(k_usual_line);
  line_ += R"({"v":1,"type":)";
  append_json_string(line_, type);
  seconds("at", unix_ms * 1000);
}

void JsonLine::key(std::string_view name) {
  line_.append(line_.back() == '{' ? "\"" : ",\"").append(name).append("\":");
}

void JsonLine::put(char c) { line_ += c; }

JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(line_, value);
  return *this;
}

JsonLine& JsonLine::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonLine& JsonLine::seconds(std::string_view name, std::int64_t microseconds) {
  constexpr std::int64_t k_second = 1'000'000;
  const std::int64_t all = std::max<std::int64_t>(microseconds, 0);
  // Without the 1 that keeps the zeros of the decimals.
  const std::string decimals = std::to_string(k_second + all % k_second).substr(1);
  return raw(name, text_of({std::to_string(all / k_second), ".", decimals}));
}

JsonLine& JsonLine::numbers(std::string_view name, std::uint64_t first, std::uint64_t second) {
  return raw(name, text_of({"[", std::to_string(first), ",", std::to_string(second), "]"}));
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
