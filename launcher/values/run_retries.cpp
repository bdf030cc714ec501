#include "values/run_retries.hpp"

#include "base/number.hpp"
#include "base/strings.hpp"

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

void RunRetries::came_out(std::string_view test, bool failed) {
  bool& has_failed = failed_[std::string(test)];  // false for a test that is new
  failures_ += failed ? 1 : 0;
  failures_ -= has_failed ? 1 : 0;
  has_failed = failed;
}

bool RunRetries::opens() const {
  return failed_.size() >= k_breaker_tests &&
         std::uint64_t{failures_} * k_whole > std::uint64_t{limits_.breaker} * failed_.size();
}

RunAnswer RunRetries::again(std::string_view test) {
  came_out(test, true);
  if (!is_open() && opens()) {
    why_open_ =
        text_of({std::to_string(failures_), " of ", std::to_string(failed_.size()),
                 " tests have failed (retry-breaker ", share_to_text(limits_.breaker), ")"});
  }
  if (is_open()) {
    ++refused_;
    return {false, why_open_};
  }
  if (limits_.budget && granted_ >= *limits_.budget) {
    ++refused_;
    return {false, text_of({"the run's retry-budget of ",
                            counted(*limits_.budget, "further attempt"), " is spent"})};
  }
  ++granted_;
  return {true, {}};
}

std::string RunRetries::summary() const {
  if (granted_ == 0 && refused_ == 0) return {};
  std::string text = counted(granted_, "further attempt");
  if (limits_.budget) text += " of " + std::to_string(*limits_.budget);
  if (refused_ > 0) text += ", " + std::to_string(refused_) + " refused";
  if (is_open()) text += "; retries stopped: " + why_open_;
  return text;
}

}  // namespace holdfast
