#include "values/retry_rules.hpp"

#include <algorithm>

namespace holdfast {

namespace {

// Errors of exec and fork that may be gone a moment later, as Linux numbers them (errno(3)).
constexpr std::array k_passing_errors{
    4,    // EINTR
    5,    // EIO
    11,   // EAGAIN
    12,   // ENOMEM
    16,   // EBUSY
    23,   // ENFILE
    24,   // EMFILE
    26,   // ETXTBSY: somebody is writing the program
    110,  // ETIMEDOUT
    116,  // ESTALE: of a network file system
};

constexpr std::string_view k_blanks = " \t";
constexpr int k_largest_code = 255;

bool may_pass(int error) {
  return std::ranges::find(k_passing_errors, error) != k_passing_errors.end();
}

std::optional<unsigned> number_of(std::string_view text, unsigned largest) {
  const std::optional<unsigned> number = parse_number<unsigned>(text);
  return text.size() <= 6 && number && *number <= largest ? number : std::nullopt;
}

// The rule of that name, without its number of attempts.
std::optional<RetryRule> rule_named(std::string_view name) {
  if (take_words(name, name_of(RetryCause::exit_code))) {
    const std::optional<unsigned> code = number_of(name, k_largest_code);
    if (!code) return std::nullopt;
    return RetryRule{RetryCause::exit_code, static_cast<int>(*code)};
  }
  if (take_words(name, name_of(RetryCause::signal))) {
    const std::optional<int> number = signal_named(name);
    if (!number) return std::nullopt;
    return RetryRule{RetryCause::signal, *number};
  }
  const std::optional<RetryCause> cause = named<RetryCause>(name);
  return cause ? std::optional(RetryRule{*cause}) : std::nullopt;
}

std::string name_of(const RetryRule& rule) {
  std::string name(name_of(rule.cause));
  if (rule.cause == RetryCause::exit_code) name += std::to_string(rule.code);
  if (rule.cause == RetryCause::signal) name += signal_name(rule.code);
  return name;
}

Result<RetryRule> parse_rule(std::string_view text) {
  std::string_view count = text;
  std::optional<RetryRule> rule = rule_named(trimmed(take_part(count, '='), k_blanks));
  if (!rule) {
    return BadValue{brief_in_quotes(text),
                    "exit:CODE=N, signal:NAME=N, crash=N, timeout=N, launch=N, oom=N, node=N, "
                    "any=N or service=N"};
  }
  const std::optional<unsigned> attempts =
      number_of(trimmed(count, k_blanks), k_most_further_attempts);
  if (!attempts) {
    return BadValue{brief_in_quotes(text), text_of({"a number of further attempts, 0 to ",
                                                    std::to_string(k_most_further_attempts),
                                                    ", after `", name_of(*rule), "=`"})};
  }
  rule->attempts = *attempts;
  return *rule;
}

bool fits(const RetryRule& rule, RetryCause cause, const ProcessEnd& main) {
  if (rule.cause == RetryCause::any) return true;
  if (rule.cause == RetryCause::signal) return cause == RetryCause::crash && rule.code == main.code;
  // No end tells that a service was lost.
  return cause == rule.cause && (cause != RetryCause::exit_code || rule.code == main.code);
}

constexpr std::string_view k_exponential = "exponential:";

// SplitMix64 (Steele, Lea, Flood 2014): one step from any seed is well mixed.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

Milliseconds doubled(Milliseconds length, unsigned times, Milliseconds longest) {
  for (; times > 0 && length < longest; --times) length *= 2;
  return std::min(length, longest);
}

}  // namespace

Result<RetryRules> parse_retry_rules(std::string_view text) {
  RetryRules rules;
  for (std::string_view part : TextParts{text, ','}) {
    part = trimmed(part, k_blanks);
    if (part.empty()) continue;
    HOLDFAST_TRY(const RetryRule rule, parse_rule(part));
    const bool is_said = std::ranges::any_of(rules, [&](const RetryRule& other) {
      return other.cause == rule.cause && other.code == rule.code;
    });
    if (is_said) return BadValue{text_of({"\"", name_of(rule), "\" twice"}), "one number for it"};
    rules.push_back(rule);
  }
  return rules;
}

std::string to_text(const RetryRule& rule) {
  return text_of({name_of(rule), "=", std::to_string(rule.attempts)});
}

std::string to_text(const RetryRules& rules) {
  return separated(rules, ",", [](const RetryRule& rule) { return to_text(rule); });
}

std::optional<RetryCause> cause_of(Outcome outcome, const ProcessEnd& main) {
  if (!never_again(outcome, main).empty()) return std::nullopt;
  return facts_of(outcome).cause;
}

const RetryRule* rule_for(const RetryRules& rules, RetryCause cause, const ProcessEnd& main) {
  const RetryRule* best = nullptr;
  for (const RetryRule& rule : rules) {
    if (fits(rule, cause, main) && (best == nullptr || rule.cause < best->cause)) best = &rule;
  }
  return best;
}

const RetryRule* service_rule(const RetryRules& rules) {
  const auto found = std::ranges::find(rules, RetryCause::service, &RetryRule::cause);
  return found == rules.end() ? nullptr : &*found;
}

std::string_view never_again(Outcome outcome, const ProcessEnd& main) {
  if (outcome == Outcome::launch_failed) {
    if (is_missing(main)) return "a command that does not exist";
    if (may_pass(main.code)) return {};
  }
  return facts_of(outcome).never_again;
}

std::string describe_end(Outcome outcome, const ProcessEnd& main) {
  const OutcomeFacts& facts = facts_of(outcome);
  std::string text(facts.end.empty() ? facts.name : facts.end);
  const std::size_t number = text.find('#');
  if (number != std::string::npos) text.replace(number, 1, std::to_string(main.code));
  return text;
}

Result<Backoff> parse_backoff(std::string_view text) {
  const auto refused = [&] {
    return BadValue{text_of({"\"", text, "\""}),
                    "a duration such as 2s, or exponential:500ms..30s"};
  };
  if (!text.starts_with(k_exponential)) {
    const Result<Milliseconds> fixed = parse_duration(text);
    if (!fixed) return refused();
    return Backoff{*fixed, *fixed};
  }
  const std::string_view range = text.substr(k_exponential.size());
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) return refused();
  const Result<Milliseconds> first = parse_duration(range.substr(0, dots));
  const Result<Milliseconds> longest = parse_duration(range.substr(dots + 2));
  if (!first || !longest || first->count() == 0 || *longest < *first) return refused();
  return Backoff{*first, *longest};
}

std::string to_text(const Backoff& backoff) {
  if (backoff.longest <= backoff.first) return to_text(backoff.first);
  return text_of({k_exponential, to_text(backoff.first), "..", to_text(backoff.longest)});
}

Result<PerMille> parse_share(std::string_view text) {
  const Error refused{text_of({"\"", text, "\": expected a number between 0 and 1"})};
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string part(point == std::string_view::npos ? "0" : text.substr(point + 1));
  if (part.empty() || !std::ranges::all_of(part, is_ascii_digit)) return refused;
  const bool is_none = part.find_first_not_of('0') == std::string::npos;
  if (whole != "0" && (whole != "1" || !is_none)) return refused;
  part.resize(3, '0');
  return whole == "1" ? k_whole : *parse_number<PerMille>(part);
}

std::string share_to_text(PerMille share) {
  if (share >= k_whole) return "1";
  if (share == 0) return "0";
  std::string digits = std::to_string(k_whole + share).substr(1);
  while (digits.back() == '0') digits.pop_back();
  return "0." + digits;
}

Milliseconds wait_before(unsigned further, const Backoff& backoff, PerMille jitter,
                         std::uint64_t seed) {
  const unsigned times = further == 0 ? 0 : further - 1;
  const Milliseconds whole =
      doubled(backoff.first, times, std::max(backoff.first, backoff.longest));
  // `most` is the part of the wait that may be left out. It is computed in two steps, so that no
  // product overflows.
  const std::int64_t most = whole.count() / 1000 * std::min(jitter, k_whole) +
                            whole.count() % 1000 * std::min(jitter, k_whole) / 1000;
  if (most == 0) return whole;
  const std::uint64_t chance = mixed(mixed(seed) + further);
  return whole -
         Milliseconds{static_cast<std::int64_t>(chance % (static_cast<std::uint64_t>(most) + 1))};
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

std::string RunRetries::again(std::string_view test) {
  came_out(test, true);
  if (!is_open() && opens()) {
    why_open_ =
        text_of({std::to_string(failures_), " of ", std::to_string(failed_.size()),
                 " tests have failed (retry-breaker ", share_to_text(limits_.breaker), ")"});
  }
  if (is_open()) {
    ++refused_;
    return why_open_;
  }
  if (limits_.budget && granted_ >= *limits_.budget) {
    ++refused_;
    return text_of(
        {"the run's retry-budget of ", counted(*limits_.budget, "further attempt"), " is spent"});
  }
  ++granted_;
  return {};
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
