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

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/outcome/outcome.hpp"

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

}  // namespace holdfast
