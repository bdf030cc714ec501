#include "retry/retry_decision.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace holdfast {
namespace {

// What counts for one failure: a known flake or a rule. If neither is set, nothing fits the
// failure.
struct Grounds {
  const KnownFlake* flake = nullptr;
  const RetryRule* rule = nullptr;

  unsigned attempts() const { return flake != nullptr ? flake->attempts : rule->attempts; }
  std::string text() const {
    return flake != nullptr ? "known flaky, " + flake->issue : to_text(*rule);
  }
  explicit operator bool() const { return flake != nullptr || rule != nullptr; }
  friend bool operator==(const Grounds&, const Grounds&) = default;
};

Grounds grounds_for(const RetryPolicy& policy, const AttemptResult& attempt) {
  const std::optional<RetryCause> cause = cause_of(attempt.outcome, attempt.main);
  if (!cause) return {};
  if (attempt.known && *attempt.known < policy.known.size()) {
    return {&policy.known[*attempt.known], nullptr};
  }
  return {nullptr, rule_for(policy.rules, *cause, attempt.main)};
}

// Goes through the failures in order, because which grounds count for a failure depends on what the
// earlier failures have used up.
class Account {
 public:
  explicit Account(const RetryQuestion& question) : policy_(question.policy) {
    const auto& attempts = question.attempts;
    std::for_each(attempts.begin(), attempts.end() - 1,
                  [this](const AttemptResult& attempt) { granted_.push_back(next_for(attempt)); });
  }

  // The grounds for another attempt after this one. Empty: there are none, or they are spent.
  Grounds next_for(const AttemptResult& attempt) const {
    for (const Grounds& grounds : all_for(attempt)) {
      if (grounds && granted_by(grounds) < grounds.attempts()) return grounds;
    }
    return {};
  }

  unsigned granted_by(const Grounds& grounds) const {
    return static_cast<unsigned>(std::count(granted_.begin(), granted_.end(), grounds));
  }

  // Why there is no other attempt after this one.
  std::string why_none(const AttemptResult& attempt) const {
    std::string text;
    for (const Grounds& grounds : all_for(attempt)) {
      if (grounds) text += (text.empty() ? "" : ", ") + spent(grounds);
    }
    return text.empty() ? "no rule fits" : text;
  }

 private:
  // The failure's own grounds, and what counts besides if a service was lost.
  std::array<Grounds, 2> all_for(const AttemptResult& attempt) const {
    const RetryRule* const rule = attempt.lost_service ? service_rule(policy_.rules) : nullptr;
    return {grounds_for(policy_, attempt), Grounds{nullptr, rule}};
  }

  static std::string spent(const Grounds& grounds) {
    const unsigned attempts = grounds.attempts();
    if (attempts == 0) return grounds.text();
    return text_of({grounds.text(), ": ", std::to_string(attempts),
                    attempts == 1 ? " further attempt is spent" : " further attempts are spent"});
  }

  const RetryPolicy& policy_;
  std::vector<Grounds> granted_;  // of each earlier failure
};

RetryDecision done(std::string end, std::string reason) {
  return {.end = std::move(end), .reason = std::move(reason)};
}

RetryDecision not_again(std::string end, std::string_view why) {
  return done(std::move(end), text_of({"not tried again: ", why}));
}

std::string again_reason(const RetryDecision& decision, const Grounds& grounds, unsigned number) {
  return text_of({"tried again ",
                  decision.wait.count() == 0 ? "at once" : "in " + describe(decision.wait), " (",
                  grounds.text(), ": ", std::to_string(number), " of ",
                  std::to_string(grounds.attempts()), decision.alone ? ", alone)" : ")"});
}

}  // namespace

RetryDecision decide_retry(const RetryQuestion& question) {
  const std::vector<AttemptResult>& attempts = question.attempts;
  if (attempts.empty()) return done({}, "nothing was tried");
  const AttemptResult& last = attempts.back();
  const std::string end = describe_end(last.outcome, last.main);
  if (last.verdict == MirroredVerdict::passed) {
    return done(end, is_flaky(attempts)
                         ? "flaky: passed on attempt " + std::to_string(attempts.size())
                         : "passed");
  }
  if (last.verdict == MirroredVerdict::skipped) return done(end, "skipped");
  const std::string_view never = never_again(last.outcome, last.main);
  if (!never.empty()) return not_again(end, never);
  if (last.told_to_end) return not_again(end, "it was told to end");
  if (last.has_no_node) return not_again(end, "there is no node for it");
  if (question.failure_is_looked_for) return not_again(end, "ctest repeats it until it fails");
  const Account account(question);
  const Grounds grounds = account.next_for(last);
  if (!grounds) return not_again(end, account.why_none(last));
  const unsigned granted = account.granted_by(grounds);
  RetryDecision decision;
  decision.step = RetryDecision::Step::again;
  decision.end = end;
  decision.wait = wait_before(static_cast<unsigned>(attempts.size()), question.policy.backoff,
                              question.policy.jitter, question.seed);
  decision.alone = question.policy.last_alone && granted + 1 == grounds.attempts();
  if (question.time_left && *question.time_left <= decision.wait) {
    return not_again(end,
                     text_of({"ctest ends the test in ", describe(*question.time_left),
                              ", the wait before another attempt is ", describe(decision.wait)}));
  }
  decision.reason = again_reason(decision, grounds, granted + 1);
  return decision;
}

RetryDecision with_answer(RetryDecision decision, std::string_view refusal) {
  if (decision.step == RetryDecision::Step::done || refusal.empty()) return decision;
  return not_again(std::move(decision.end), refusal);
}

bool is_flaky(const std::vector<AttemptResult>& attempts) {
  return attempts.size() > 1 && attempts.back().verdict == MirroredVerdict::passed &&
         std::any_of(attempts.begin(), attempts.end() - 1, [](const AttemptResult& attempt) {
           return attempt.verdict == MirroredVerdict::failed;
         });
}

}  // namespace holdfast
