#include "base/log_line.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_time_form = "0000-00-00T00:00:00.000000Z";
constexpr std::size_t k_longest_message = 16 * 1024;

// None: it does not look like log_time().
std::optional<std::int64_t> parse_time(std::string_view text) {
  if (text.size() != k_time_form.size()) return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t size) {
    return parse_number<int>(text.substr(from, size)).value_or(0);
  };
  const std::optional<Day> day = parse_day(text.substr(0, text.find('T')));
  if (!day) return std::nullopt;
  const std::chrono::sys_time<std::chrono::microseconds> at =
      std::chrono::sys_days{*day} + std::chrono::hours{number(11, 2)} +
      std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)} +
      std::chrono::microseconds{number(20, 6)};
  const std::int64_t at_us = at.time_since_epoch().count();
  if (log_time(at_us) != text) return std::nullopt;
  return at_us;
}

}  // namespace

std::string log_time(std::int64_t at_us) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds{at_us}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::hh_mm_ss time{at - day};
  return text_of({to_text(Day(day)), "T", zero_padded(time.hours().count(), 2), ":",
                  zero_padded(time.minutes().count(), 2), ":",
                  zero_padded(time.seconds().count(), 2), ".",
                  zero_padded(time.subseconds().count(), 6), "Z"});
}

std::string log_text(std::string_view test, std::string_view attempt, std::string_view message) {
  const std::string_view whole = first_bytes(message, k_longest_message);
  return text_of({printable(test), "\t", printable(attempt), "\t", printable(whole),
                  whole.size() < message.size() ? "..." : ""});
}

std::string text_of(const LogLine& line) {
  return text_of({log_time(line.at_us), "\t", name_of(line.level), "\t", printable(line.part), "\t",
                  std::to_string(line.pid), "\t", log_text(line.test, line.attempt, line.message),
                  "\n"});
}

std::optional<LogLine> parse_log_line(std::string_view text) {
  const std::optional<std::int64_t> at_us = parse_time(take_part(text, '\t'));
  const std::optional<LogLevel> level = named<LogLevel>(take_part(text, '\t'));
  if (!at_us || !level || *level == LogLevel::off) return std::nullopt;
  LogLine line{*at_us, *level};
  line.part = take_part(text, '\t');
  const std::optional<int> pid = parse_number<int>(take_part(text, '\t'));
  if (!pid || line.part.empty()) return std::nullopt;
  line.pid = *pid;
  line.test = take_part(text, '\t');
  line.attempt = take_part(text, '\t');
  line.message = text;
  return line;
}

}  // namespace holdfast
