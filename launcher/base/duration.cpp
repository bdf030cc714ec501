#include "base/duration.hpp"

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::int64_t k_limit = k_longest.count();

std::optional<std::int64_t> unit_in_ms(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1000;
  if (unit == "ms") return 1;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return std::nullopt;
}

std::string_view take_ascii_digits(std::string_view& text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  text.remove_prefix(digits.size());
  return digits;
}

// a * b + c, but never more than k_limit. None of them is negative.
std::int64_t saturated(std::int64_t a, std::int64_t b, std::int64_t c) {
  return a > (k_limit - c) / b ? k_limit : a * b + c;
}

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  const auto refused = [&] {
    return BadValue{brief_in_quotes(text), "a duration such as 500ms, 5s, 2m or 1.5"};
  };
  std::string_view rest = text;
  const std::string_view digits = take_ascii_digits(rest);
  std::string_view decimals;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    decimals = take_ascii_digits(rest);
  }
  const std::optional<std::int64_t> unit = unit_in_ms(rest);
  if ((digits.empty() && decimals.empty()) || !unit) return refused();
  std::int64_t whole = 0;
  for (const char digit : digits) whole = saturated(whole, 10, digit - '0');
  std::int64_t fraction = 0;
  std::int64_t scale = 1;
  // Nine digits are nanoseconds. Finer digits only tell whether the value is zero.
  for (const char digit : decimals.substr(0, 9)) {
    fraction = fraction * 10 + (digit - '0');
    scale *= 10;
  }
  std::int64_t part = fraction * *unit / scale;
  // Zero means "none", so a tiny positive time becomes the shortest time that we can express.
  const bool has_decimals = decimals.find_first_not_of('0') != std::string_view::npos;
  if (whole == 0 && part == 0 && has_decimals) part = 1;
  return Milliseconds{saturated(whole, *unit, part)};
}

std::string to_text(Milliseconds length) {
  for (const std::string_view unit : {"h", "m", "s"}) {
    const std::int64_t ms = *unit_in_ms(unit);
    const bool fits = length.count() % ms == 0 && (length.count() > 0 || unit == "s");
    if (fits) return text_of({std::to_string(length.count() / ms), unit});
  }
  return std::to_string(length.count()) + "ms";
}

std::string describe(Milliseconds length) {
  const auto shown = [](std::int64_t whole, std::string_view between, std::int64_t part,
                        std::string_view unit) {
    return text_of({std::to_string(whole), between, std::to_string(part), unit});
  };
  const std::int64_t ms = length.count();
  const std::int64_t tenths = (ms + 50) / 100;
  if (ms < 60'000) return shown(tenths / 10, ".", tenths % 10, " s");
  const std::int64_t seconds = ms / 1000;
  if (seconds < 3600) return shown(seconds / 60, " min ", seconds % 60, " s");
  return shown(seconds / 3600, " h ", seconds % 3600 / 60, " min");
}

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
  return text_of({zero_padded(static_cast<int>(day.year()), 4), "-",
                  zero_padded(static_cast<unsigned>(day.month()), 2), "-",
                  zero_padded(static_cast<unsigned>(day.day()), 2)});
}

Day day_of(std::int64_t unix_ms) {
  const std::chrono::sys_time<Milliseconds> time{Milliseconds{unix_ms}};
  return std::chrono::floor<std::chrono::days>(time);
}

}  // namespace holdfast
