// Writes one line of JSON, field by field, for the launcher's own records. A full JSON library
// would add 200 kB to a program that every test maps, and the launcher never reads JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

class JsonLine {
 public:
  // Begins a record (docs/reference/journal.md) with version, type and time. `unix_ms`: since 1970.
  JsonLine(std::string_view type, std::int64_t unix_ms);

  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& number(std::string_view key, std::int64_t value);
  // Takes microseconds and writes seconds with six decimals.
  JsonLine& seconds(std::string_view key, std::int64_t microseconds);
  // An array of two.
  JsonLine& numbers(std::string_view key, std::uint64_t first, std::uint64_t second);
  // `value` is JSON already.
  JsonLine& raw(std::string_view key, std::string_view value);

  // What is written between a begin and its end belongs to the list or object. An object with no
  // key is an item of a list.
  JsonLine& begin_list(std::string_view key);
  JsonLine& item(std::string_view value);
  JsonLine& begin_object(std::string_view key = {});
  JsonLine& end_object();
  JsonLine& end_list();

  // Bytes so far.
  std::size_t size() const { return line_.size(); }

  // The finished record with its newline. The object must not be used afterwards.
  std::string finish() &&;

 private:
  void key(std::string_view name);
  [[gnu::noinline]] void put(char c);  // inlined, it would take 300 bytes in each place
  std::string line_;
};

// Writes a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so a record stays
// valid whatever the name of a test is.
void append_json_string(std::string& out, std::string_view text);

}  // namespace holdfast
