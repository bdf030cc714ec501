// How often each kind of failure is tried again:
// `exit:4=3,signal:SIGSEGV=2,crash=2,timeout=1,launch=1,oom=1,node=1,any=1,service=1`.
//
// Each rule says for how many failures of its kind there is one further attempt. The most specific
// rule that fits a failure counts; `any` counts only if no other fits. `any=3,crash=0` means all
// failures but crashes.
//
// `service` is for failures of tests whose service was lost under them. It counts beside the rule
// for the failure itself, and only if that rule gives no further attempt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "values/outcome.hpp"

namespace holdfast {

struct RetryRule {
  RetryCause cause = RetryCause::any;
  int code = 0;           // with exit_code: 0…255; with signal: its number
  unsigned attempts = 0;  // further ones

  friend bool operator==(const RetryRule&, const RetryRule&) = default;
};

using RetryRules = std::vector<RetryRule>;

// A larger number is a typing error, or a test that nobody waits for.
inline constexpr unsigned k_most_further_attempts = 1000;

// Reads rules separated by commas, with or without blanks around them. An empty text has no rules.
// Refuses two rules for one cause. The error says what was found and what was expected.
Result<RetryRules> parse_retry_rules(std::string_view text);

std::string to_text(const RetryRule& rule);
std::string to_text(const RetryRules& rules);

// How a failed attempt ended, in the words of the rules. None: no rule fits, and never_again() says
// why.
std::optional<RetryCause> cause_of(Outcome outcome, const ProcessEnd& main);

// The rule that counts for such an end; null: none fits.
const RetryRule* rule_for(const RetryRules& rules, RetryCause cause, const ProcessEnd& main);

// The rule for attempts whose service was lost; null: none is said.
const RetryRule* service_rule(const RetryRules& rules);

// Why another attempt cannot help after such a failure; empty: another attempt may help.
std::string_view never_again(Outcome outcome, const ProcessEnd& main);

// `exit 4`, `crashed (signal 11)`, `timed out`: for people.
std::string describe_end(Outcome outcome, const ProcessEnd& main);

// How long to wait before a further attempt.

// A share in thousandths, 0…1000. People write it as 0.25.
using PerMille = unsigned;

inline constexpr PerMille k_whole = 1000;

struct Backoff {
  Milliseconds first{0};    // 0: at once
  Milliseconds longest{0};  // more than `first`: each further wait doubles, up to this

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// `2s` is always the same; `exponential:500ms..30s` doubles.
Result<Backoff> parse_backoff(std::string_view text);
std::string to_text(const Backoff& backoff);

// Takes a number between 0 and 1: `0.25`.
Result<PerMille> parse_share(std::string_view text);
std::string share_to_text(PerMille share);

// The wait before further attempt number `further`, from 1. With a jitter of 0.25, the wait is
// between three quarters and all of the backoff. `seed` and `further` alone decide how long it is.
// Tests have different seeds, so tests that failed together do not start again together.
Milliseconds wait_before(unsigned further, const Backoff& backoff, PerMille jitter,
                         std::uint64_t seed);

// When a failed attempt is tried again, as properties, holdfast.toml and the command line say.
// retry/retry_decision.hpp applies it.

// The result of a test that passed after a failed attempt.
enum class FlakyResult : std::uint8_t { pass, fail };

constexpr auto words_of(FlakyResult) { return word_list("pass", "fail"); }

// A known failure, which excuses `attempts` further attempts.
struct KnownFlake {
  std::string signature;  // found in a line of the attempt's output (settings/pattern.hpp)
  std::string issue;      // where somebody works on it
  unsigned attempts = 0;

  friend bool operator==(const KnownFlake&, const KnownFlake&) = default;
};

struct RetryPolicy {
  RetryRules rules;
  Backoff backoff;
  PerMille jitter = 0;
  bool last_alone = false;  // the last possible attempt runs with nothing beside it
  FlakyResult flaky_result = FlakyResult::pass;
  std::vector<KnownFlake> known = {};  // the known flakes of this test that have not expired

  // Whether a failure may be tried again at all. If not, the attempt can be a plain one.
  bool may_retry() const { return !rules.empty() || !known.empty(); }

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// Grants the further attempts of a whole run, up to a budget. A breaker stops them when most tests
// fail, because then flakiness is not the cause. The keeper has one such object per run. No clock,
// no process.

// An entry of [[known-flaky]] in holdfast.toml.

inline constexpr unsigned k_default_flaky_attempts = 2;

struct KnownFlaky {
  std::string tests;  // a regular expression; a match anywhere in the test's name counts
  KnownFlake flake;
  Day expires{};  // the last day on which the entry holds
  std::string origin;
};

bool has_expired(const KnownFlaky& entry, const Day& today);

struct RunRetryLimits {
  std::optional<unsigned> budget;  // further attempts in the whole run; none: no limit
  PerMille breaker = 500;  // no retries once a larger share of the tests has failed; 1000: never

  friend bool operator==(const RunRetryLimits&, const RunRetryLimits&) = default;
};

// With fewer tests, the breaker stays closed: they say nothing about a run.
inline constexpr unsigned k_breaker_tests = 20;

class RunRetries {
 public:
  explicit RunRetries(const RunRetryLimits& limits) : limits_(limits) {}

  // Notes how the latest attempt of a test came out. `test` is the test's key, the same for all its
  // attempts. Not called for skipped attempts.
  void came_out(std::string_view test, bool failed);

  // Asks for another attempt of a failed test; counts as came_out(test, true). Returns why there is
  // none, in a whole clause; empty: it is granted, and counts as used.
  std::string again(std::string_view test);

  // One sentence about what was granted and refused; empty: nothing was asked.
  std::string summary() const;

  unsigned granted() const { return granted_; }
  bool is_open() const { return !why_open_.empty(); }

 private:
  bool opens() const;

  RunRetryLimits limits_;
  std::unordered_map<std::string, bool> failed_;  // each test's latest attempt
  unsigned failures_ = 0;
  unsigned granted_ = 0;
  unsigned refused_ = 0;
  std::string why_open_;  // for the rest of the run; empty: it is not
};

}  // namespace holdfast
