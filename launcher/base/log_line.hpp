// A line of a run's log (docs/reference/log.md). The log says why, for people; no report is made
// from it. The launchers write such lines by text_of(); spdlog writes the same form
// (launcher/journal/log.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace holdfast {

// A log of one level has the lines of that level and of those after it.
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
constexpr auto words_of(LogLevel) {
  return word_list("trace", "debug", "info", "warn", "error", "off");
}

struct LogLine {
  std::int64_t at_us = 0;  // since 1970
  LogLevel level = LogLevel::info;
  std::string part = {};  // of Holdfast: `launcher`, `keeper`, `host db#2`
  int pid = 0;
  std::string test = {};     // empty: it is about none
  std::string attempt = {};  // its id; empty: it is about none
  std::string message = {};

  friend bool operator==(const LogLine&, const LogLine&) = default;
};

// `2026-11-29T14:05:33.123456Z`
std::string log_time(std::int64_t at_us);

// The last three parts of a line: test, attempt and message with tabs between. Control characters
// are shown as in base/text.hpp, so no part has a tab or a line break in it. A message of
// more than 16 KiB is cut, and ends in "...".
std::string log_text(std::string_view test, std::string_view attempt, std::string_view message);

// The whole line with its line break: the seven parts in the order of LogLine, with tabs between.
std::string text_of(const LogLine& line);

// `text`: a line without its line break. None: it is no line of a log.
std::optional<LogLine> parse_log_line(std::string_view text);

// Where a process of Holdfast logs.
struct LogTarget {
  std::string file;  // empty: nowhere
  LogLevel level = LogLevel::off;
  std::string part = {};
  // What its lines are about, unless a line says something else; empty: no test.
  std::string test = {};
  std::string attempt = {};
  // The keeper: it makes room when the file is large. The others open the file for each line, so
  // they find the new one.
  bool rotates = false;
};

}  // namespace holdfast
