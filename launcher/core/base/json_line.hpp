// One line of JSON, written field by field: the launcher's own records. A full JSON library is
// 200 kB in a program that is mapped once per test, and reading is never needed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

class JsonLine {
 public:
  // Begins a record of docs/reference/journal.md: version, type and time (milliseconds since 1970).
  // `room`: a string that is not needed any more, whose memory it takes.
  JsonLine(std::string_view type, std::int64_t unix_ms, std::string room = {});

  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& number(std::string_view key, std::int64_t value);
  // A length of time given in microseconds, written in seconds with six decimals.
  JsonLine& seconds(std::string_view key, std::int64_t microseconds);
  // An array of two.
  JsonLine& numbers(std::string_view key, std::uint64_t first, std::uint64_t second);
  // `value` is JSON already.
  JsonLine& raw(std::string_view key, std::string_view value);

  // A list of objects: begin_list(), for each of them begin_object() with its first field, its
  // other fields and end_object(), then end_list().
  JsonLine& begin_list(std::string_view key);
  JsonLine& begin_object(std::string_view first_key, std::string_view value);
  JsonLine& end_object();
  JsonLine& end_list();

  // Bytes so far.
  std::size_t size() const { return line_.size(); }

  // The finished record with its newline. The object is used up.
  std::string finish() &&;

 private:
  void key(std::string_view name);
  std::string line_;
};

// A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD: a record stays valid
// whatever a test is called.
void append_json_string(std::string& out, std::string_view text);

// Microseconds as seconds with six decimals.
void append_seconds(std::string& out, std::int64_t microseconds);

}  // namespace holdfast
