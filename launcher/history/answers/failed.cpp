#include "history/answers/failed.hpp"

#include <fmt/format.h>

#include "core/base/parts.hpp"
#include "core/base/text.hpp"
#include "history/answers/phrases.hpp"
#include "report/describe.hpp"

namespace holdfast {

void LastSeen::add(const PastRun& run) {
  for (const PastResult& result : run.results) {
    if (result.grade == Grade::skipped) continue;
    RedTest& seen = seen_[result.test];
    if (!result.is_red()) {
      seen = {result, run.head, {}};
      continue;
    }
    if (seen.runs == 0) seen.since = run.head;
    ++seen.runs;
    seen.last = result;
    seen.run = run.head;
  }
}

std::vector<RedTest> LastSeen::red() const {
  std::map<TestId, RedTest> red;
  std::map<std::pair<std::string, std::string>, RedTest*> by_key;  // by name and key
  for (const auto& [test, seen] : seen_) {
    if (!seen.last.is_red() || !test.batch.empty()) continue;
    RedTest& added = red.emplace(test, seen).first->second;
    by_key.emplace(std::pair(test.name, seen.last.test.key), &added);
  }
  for (const auto& [test, seen] : seen_) {
    if (!seen.last.is_red() || test.batch.empty()) continue;
    // A batch and its cases are numbered apart, so a key tells more than the number.
    const std::string& key = seen.last.test.key;
    if (const auto batch = by_key.find({test.batch, key}); !key.empty() && batch != by_key.end()) {
      batch->second->cases.push_back(test.name);
      continue;
    }
    auto batch = red.find({test.batch, {}, test.nth});
    if (batch == red.end() && key.empty()) batch = red.find({test.batch});
    if (batch == red.end()) continue;
    if (key.empty() || batch->second.last.test.key.empty())
      batch->second.cases.push_back(test.name);
  }
  std::vector<RedTest> list;
  for (auto& [test, seen] : red) list.push_back(std::move(seen));
  return list;
}

std::string failed_text(const std::vector<RedTest>& red) {
  if (red.empty()) return "no test was red when it was last seen\n";
  std::string text =
      fmt::format("{} red when last seen\n", counted(red.size(), "test was", "tests were"));
  for (const RedTest& test : red) {
    text += fmt::format("  {}: {}\n    {}, since {} (run {})\n", title_of(test.last.test),
                        words_for(test.last),
                        test.runs == 1 ? "in 1 run" : fmt::format("in {} runs in a row", test.runs),
                        time_text(test.since.started), printable(test.since.id));
    if (test.cases.empty()) continue;
    text += fmt::format("    cases: {}\n", bounded_list(test.cases, 20, printable));
  }
  return text;
}

std::string failed_json(const std::vector<RedTest>& red) {
  Json list = list_of(red, [](const RedTest& test) {
    Json one = json_of(test.last.test);
    one["outcome"] = test.last.outcome;
    one["signature"] = signature_for(test.last);
    one["run"] = test.run.id;
    one["at"] = test.run.started;
    one["since"] = {{"run", test.since.id}, {"at", test.since.started}};
    one["runs"] = test.runs;
    one["cases"] = test.cases;
    return one;
  });
  return dumped({{"version", 1}, {"failed", std::move(list)}});
}

}  // namespace holdfast
