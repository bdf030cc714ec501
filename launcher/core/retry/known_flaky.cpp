#include "core/retry/known_flaky.hpp"

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_number<unsigned>(text.substr(0, 4));
  const auto month = parse_number<unsigned>(text.substr(5, 2));
  const auto day = parse_number<unsigned>(text.substr(8));
  if (!year || !month || !day) return std::nullopt;
  const Day whole{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                  std::chrono::day{*day}};
  return whole.ok() ? std::optional(whole) : std::nullopt;
}

std::string to_text(const Day& day) {
  const auto digits = [](int number, std::size_t width) {
    return padded(std::to_string(number), width, '0');
  };
  return text_of({digits(static_cast<int>(day.year()), 4), "-",
                  digits(static_cast<int>(static_cast<unsigned>(day.month())), 2), "-",
                  digits(static_cast<int>(static_cast<unsigned>(day.day())), 2)});
}

Day day_of(std::int64_t unix_ms) {
  const std::chrono::sys_time<Milliseconds> time{Milliseconds{unix_ms}};
  return std::chrono::floor<std::chrono::days>(time);
}

bool has_expired(const KnownFlaky& entry, const Day& today) { return entry.expires < today; }

}  // namespace holdfast
