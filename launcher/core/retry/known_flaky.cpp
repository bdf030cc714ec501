#include "core/retry/known_flaky.hpp"

#include <algorithm>
#include <cstdint>

namespace holdfast {
namespace {

constexpr std::string_view k_form = "0000-00-00";

std::string padded(unsigned number, std::size_t width) {
  std::string text = std::to_string(number);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != k_form.size()) return std::nullopt;
  unsigned numbers[3] = {0, 0, 0};
  unsigned* number = numbers;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (k_form[i] == '-' ? text[i] != '-' : !is_digit) return std::nullopt;
    if (is_digit) {
      *number = *number * 10 + static_cast<unsigned>(text[i] - '0');
    } else {
      ++number;
    }
  }
  const Day day{std::chrono::year{static_cast<int>(numbers[0])}, std::chrono::month{numbers[1]},
                std::chrono::day{numbers[2]}};
  if (!day.ok()) return std::nullopt;
  return day;
}

std::string to_text(const Day& day) {
  const int year = static_cast<int>(day.year());
  return padded(static_cast<unsigned>(year), 4) + "-" +
         padded(static_cast<unsigned>(day.month()), 2) + "-" +
         padded(static_cast<unsigned>(day.day()), 2);
}

Day day_of(std::int64_t unix_ms) {
  const std::chrono::sys_time<Milliseconds> time{Milliseconds{unix_ms}};
  return std::chrono::floor<std::chrono::days>(time);
}

bool has_expired(const KnownFlaky& entry, const Day& today) { return entry.expires < today; }

}  // namespace holdfast
