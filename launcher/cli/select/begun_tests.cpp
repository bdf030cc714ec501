#include "cli/select/begun_tests.hpp"

namespace holdfast::cli {

void BegunTests::see(const Record& record) {
  if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
    last_of(begun->test, begun->key) = false;
  } else if (const auto* bare = std::get_if<Bare>(&record)) {
    last_of(bare->test, bare->key) = false;
  } else if (const auto* ended = std::get_if<AttemptEnded>(&record)) {
    last_of(ended->test, ended->key) = ended->verdict != Verdict::unknown;
  } else if (const auto* verdict = std::get_if<VerdictRecord>(&record)) {
    judged_.push_back({verdict->test, verdict->key});
    with_verdict_.insert({verdict->test, verdict->key});
  } else if (std::holds_alternative<LogWordRecord>(record)) {
    has_word_ = true;
  }
}

bool& BegunTests::last_of(const std::string& name, const std::string& key) {
  const auto [test, is_new] = is_known_.try_emplace({name, key}, false);
  if (is_new) begun_.push_back(test->first);
  return test->second;
}

std::vector<BegunTests::Other> BegunTests::others() const {
  std::vector<Other> others;
  for (const Name& test : begun_) {
    if (with_verdict_.contains(test) || with_verdict_.contains({test.first, {}})) continue;
    others.push_back(
        {{test.first, has_word_ ? test.second : std::string()}, is_known_.find(test)->second});
  }
  return others;
}

std::vector<std::string> BegunTests::order() const {
  std::vector<std::string> names;
  for (const Name& test : begun_) names.push_back(test.first);
  return names;
}

}  // namespace holdfast::cli
