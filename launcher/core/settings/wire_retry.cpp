#include "core/settings/wire_retry.hpp"

#include "core/base/file_name.hpp"

namespace holdfast::wire {
namespace {

Error unreadable(std::string_view key) {
  return Error{"read `" + std::string(key) + "` of a grant message"};
}

// An issue, attempts and a signature, which follow each other.
void add_known(Message& message, const KnownFlake& known) {
  message.add("known_issue", known.issue);
  message.add("known_attempts", std::to_string(known.attempts));
  message.add("known_signature", known.signature);
}

Result<void> read_known(const Message& message, std::vector<KnownFlake>& all) {
  KnownFlake known;
  for (const auto& [key, value] : message.fields) {
    if (key == "known_issue") {
      known.issue = value;
    } else if (key == "known_attempts") {
      // Rules have the one reader of such numbers.
      const Result<RetryRules> number = parse_retry_rules("any=" + value);
      if (!number || number->empty()) return unreadable(key);
      known.attempts = number->front().attempts;
    } else if (key == "known_signature") {
      known.signature = value;
      all.push_back(std::move(known));
      known = {};
    }
  }
  return {};
}

}  // namespace

void add_retry(Message& message, const Policy& policy) {
  const RetryPolicy built_in;
  const RetryPolicy& retry = policy.retry;
  if (retry.rules != built_in.rules) message.add("retry", to_text(retry.rules));
  if (retry.backoff != built_in.backoff) message.add("backoff", to_text(retry.backoff));
  if (retry.jitter != built_in.jitter) message.add("jitter", share_to_text(retry.jitter));
  if (retry.last_alone) message.add("retry_alone", "1");
  if (retry.flaky_result != built_in.flaky_result) {
    message.add("flaky_result", name_of(retry.flaky_result));
  }
  for (const KnownFlake& known : retry.known) add_known(message, known);
  if (!policy.hooks.on_failure.empty()) message.add("on_failure", policy.hooks.on_failure);
  if (!policy.hooks.before_kill.empty()) message.add("before_kill", policy.hooks.before_kill);
}

Result<void> read_retry(const Message& message, Policy& policy) {
  RetryPolicy& retry = policy.retry;
  if (const std::string_view text = message.get("retry"); !text.empty()) {
    Result<RetryRules> rules = parse_retry_rules(text);
    if (!rules) return unreadable("retry");
    retry.rules = std::move(*rules);
  }
  if (const std::string_view text = message.get("backoff"); !text.empty()) {
    const Result<Backoff> backoff = parse_backoff(text);
    if (!backoff) return unreadable("backoff");
    retry.backoff = *backoff;
  }
  if (const std::string_view text = message.get("jitter"); !text.empty()) {
    const Result<PerMille> jitter = parse_share(text);
    if (!jitter) return unreadable("jitter");
    retry.jitter = *jitter;
  }
  retry.last_alone = !message.get("retry_alone").empty();
  if (const std::string_view text = message.get("flaky_result"); !text.empty()) {
    const std::optional<FlakyResult> result = flaky_result_named(text);
    if (!result) return unreadable("flaky_result");
    retry.flaky_result = *result;
  }
  policy.hooks.on_failure = message.get("on_failure");
  policy.hooks.before_kill = message.get("before_kill");
  return read_known(message, retry.known);
}

std::string retry_to_word(const Policy& policy) {
  Message message;
  message.kind = "retries";
  add_retry(message, policy);
  return message.fields.empty() ? std::string() : encode_file_name(encode(message));
}

Result<void> read_retry_word(std::string_view word, Policy& policy) {
  const Result<Message> message = decode(decode_file_name(word));
  if (!message) return message.error();
  return read_retry(*message, policy);
}

}  // namespace holdfast::wire
