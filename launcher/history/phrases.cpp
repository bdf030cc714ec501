#include "history/phrases.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace holdfast {

std::string title_of(const TestId& test) {
  std::string text = printable(test.name);
  if (test.nth > 1) text += fmt::format(" #{}", test.nth);
  if (!test.batch.empty()) text += " in " + printable(test.batch);
  return text;
}

std::string signature_for(const PastResult& result) {
  return result.failures.empty() ? std::string() : result.failures.back().signature;
}

std::string words_for(const PastResult& result) {
  std::string words = result.outcome;
  for (char& c : words) c = c == '_' ? ' ' : c;
  const std::string signature = signature_for(result);
  if (signature.empty() || signature == result.outcome) return printable(words);
  // A signature that is the end of an attempt begins with the outcome.
  if (signature.starts_with(result.outcome + ": ")) {
    return printable(words + signature.substr(result.outcome.size()));
  }
  return printable(words + ": " + signature);
}

Json json_of(const TestId& test) {
  Json one;
  one["test"] = test.name;
  if (!test.batch.empty()) one["batch"] = test.batch;
  one["nth"] = test.nth;
  if (!test.key.empty()) one["key"] = test.key;
  return one;
}

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace holdfast
