#include "settings/retry_keys.hpp"

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast {
namespace {

constexpr unsigned k_largest_budget = 1'000'000;

// Errors of core read `<found>: expected <expected>`.
void complain(const NamedTable& named, std::string_view key, const toml::node& value,
              const std::string& error, Complaints& complaints) {
  constexpr std::string_view k_middle = ": expected ";
  const std::size_t middle = error.rfind(k_middle);
  complaints.add(place_of(value.source()), std::string(key) + " in " + named.name,
                 error.substr(0, middle), error.substr(middle + k_middle.size()));
}

void complain_of_type(const NamedTable& named, std::string_view key, const toml::node& value,
                      const std::string& expected, Complaints& complaints) {
  complaints.add(place_of(value.source()), std::string(key) + " in " + named.name,
                 describe_type(value), expected);
}

// A text that `parse` understands.
template <typename T>
std::optional<Said<T>> read_parsed(const NamedTable& named, std::string_view key,
                                   Result<T> (*parse)(std::string_view),
                                   const std::string& expected, Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->as_string();
  if (text == nullptr) {
    complain_of_type(named, key, *value, expected, complaints);
    return std::nullopt;
  }
  Result<T> parsed = parse(text->get());
  if (parsed) return Said<T>{std::move(*parsed), origin_of(*value, named)};
  complain(named, key, *value, parsed.error().message, complaints);
  return std::nullopt;
}

std::optional<Said<Backoff>> read_backoff(const NamedTable& named, Complaints& complaints) {
  const toml::node* value = named.table.get("backoff");
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const Result<Milliseconds> fixed = duration_of(*value);
    if (fixed) return Said<Backoff>{{*fixed, *fixed}, origin_of(*value, named)};
  }
  return read_parsed<Backoff>(named, "backoff", parse_backoff,
                              "a duration such as 2s, or exponential:500ms..30s", complaints);
}

std::optional<Said<PerMille>> read_share(const NamedTable& named, std::string_view key,
                                         Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const std::optional<double> number = value->value<double>();
  if (value->is_number() && number && *number >= 0 && *number <= 1) {
    return Said<PerMille>{static_cast<PerMille>(std::lround(*number * k_whole)),
                          origin_of(*value, named)};
  }
  complaints.add(place_of(value->source()), std::string(key) + " in " + named.name,
                 value->is_number() ? "a number outside of it" : describe_type(*value),
                 "a number between 0 and 1");
  return std::nullopt;
}

std::optional<Said<bool>> read_boolean(const NamedTable& named, std::string_view key,
                                       Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* boolean = value->as_boolean()) {
    return Said<bool>{boolean->get(), origin_of(*value, named)};
  }
  complain_of_type(named, key, *value, "true or false", complaints);
  return std::nullopt;
}

std::optional<Said<std::string>> read_command(const NamedTable& named, std::string_view key,
                                              Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->as_string();
  if (text != nullptr && text->get().find('\0') == std::string::npos) {
    return Said<std::string>{text->get(), origin_of(*value, named)};
  }
  complaints.add(place_of(value->source()), std::string(key) + " in " + named.name,
                 text != nullptr ? in_quotes(text->get()) : describe_type(*value),
                 "a command for /bin/sh (an empty one: none)");
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& retry_keys() {
  static const std::vector<std::string> keys{
      "retry", "backoff", "jitter", "retry-alone", "flaky-result", "on-failure", "before-kill"};
  return keys;
}

const std::vector<std::string>& run_retry_keys() {
  static const std::vector<std::string> keys{"retry-budget", "retry-breaker"};
  return keys;
}

std::optional<Said<unsigned>> read_count(const NamedTable& named, std::string_view key,
                                         unsigned largest, Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const auto* number = value->as_integer();
  if (number != nullptr && number->get() >= 0 && number->get() <= largest) {
    return Said<unsigned>{static_cast<unsigned>(number->get()), origin_of(*value, named)};
  }
  complaints.add(place_of(value->source()), std::string(key) + " in " + named.name,
                 number != nullptr ? std::to_string(number->get()) : describe_type(*value),
                 "a number of further attempts, 0 to " + std::to_string(largest));
  return std::nullopt;
}

RetryValues read_retry_values(const NamedTable& named, Complaints& complaints) {
  RetryValues values;
  values.rules = read_parsed<RetryRules>(named, "retry", parse_retry_rules,
                                         R"(rules such as "exit:4=3,crash=2,any=1")", complaints);
  values.backoff = read_backoff(named, complaints);
  values.jitter = read_share(named, "jitter", complaints);
  values.last_alone = read_boolean(named, "retry-alone", complaints);
  values.flaky_result =
      read_word(named, "flaky-result", flaky_result_named, R"("pass" or "fail")", complaints);
  values.on_failure = read_command(named, "on-failure", complaints);
  values.before_kill = read_command(named, "before-kill", complaints);
  return values;
}

RunRetryValues read_run_retry_values(const NamedTable& named, Complaints& complaints) {
  RunRetryValues values;
  values.budget = read_count(named, "retry-budget", k_largest_budget, complaints);
  values.breaker = read_share(named, "retry-breaker", complaints);
  return values;
}

}  // namespace holdfast
