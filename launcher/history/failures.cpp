#include "history/failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_signatures_shown = 3;

// Those that came most often first.
std::vector<std::pair<std::string, std::size_t>> sorted_signatures(const FlakyTest& test) {
  std::vector<std::pair<std::string, std::size_t>> sorted(test.signatures.begin(),
                                                          test.signatures.end());
  std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& one) { return one.second; });
  return sorted;
}

std::string signature_lines(const FlakyTest& test) {
  std::string text;
  const auto signatures = sorted_signatures(test);
  for (std::size_t i = 0; i < std::min(signatures.size(), k_signatures_shown); ++i) {
    text += fmt::format("    {:>4}  {}\n", signatures[i].second, printable(signatures[i].first));
  }
  if (signatures.size() > k_signatures_shown) {
    text += fmt::format("          and {} more\n", signatures.size() - k_signatures_shown);
  }
  return text;
}

Json json_of_flaky(const FlakyTest& test) {
  Json one = json_of(test.test);
  one["runs"] = test.runs;
  one["flaky"] = test.flaky;
  one["rate"] = test.rate();
  one["red"] = test.red;
  one["changes"] = test.changes;
  one["changes_on_one_program"] = test.changes_on_one_program;
  if (test.first) one["first"] = {{"run", test.first->id}, {"at", test.first->started}};
  if (test.last) one["last"] = {{"run", test.last->id}, {"at", test.last->started}};
  one["signatures"] = json_list(sorted_signatures(test), [](const auto& signature) {
    return Json{{"signature", signature.first}, {"count", signature.second}};
  });
  return one;
}

bool alternates(const FlakyTest& test) { return test.changes_on_one_program >= 2; }

std::string changes_text(std::string_view title, const std::vector<FlakyTest>& tests) {
  if (tests.empty()) return {};
  std::string text = fmt::format("\n{}\n", title);
  for (const FlakyTest& test : tests) {
    text += fmt::format("  {}: {} in {}, red in {}\n", title_of(test.test),
                        counted(test.changes, "change"), counted(test.runs, "run"), test.red) +
            signature_lines(test);
  }
  return text;
}

}  // namespace

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
  Json list = json_list(red, [](const RedTest& test) {
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

void Flakiness::add(const PastRun& run) {
  if (runs_ == 0) since_ = run.head.started;
  ++runs_;
  for (const PastResult& result : run.results) {
    if (result.grade == Grade::skipped) continue;
    Seen& seen = seen_[result.test];
    FlakyTest& test = seen.facts;
    test.test = result.test;
    if (test.runs > 0 && seen.was_red != result.is_red()) ++test.changes;
    seen.was_red = result.is_red();
    if (!result.program.empty()) {
      const auto [program, is_new] = seen.programs.try_emplace(result.program);
      OfProgram& same = program->second;
      if (!is_new && same.was_red != result.is_red()) ++same.changes;
      same.was_red = result.is_red();
      test.changes_on_one_program = std::max(test.changes_on_one_program, same.changes);
    }
    ++test.runs;
    if (result.is_red()) ++test.red;
    for (const PastFailure& wrong : result.failures) ++test.signatures[wrong.signature];
    if (!result.flaky) continue;
    ++test.flaky;
    if (!test.first) test.first = run.head;
    test.last = run.head;
  }
}

std::vector<FlakyTest> Flakiness::flaky() const {
  return sorted_by([](const FlakyTest& test) { return test.flaky > 0; }, &FlakyTest::rate);
}

std::vector<FlakyTest> Flakiness::alternating() const {
  const auto is_one = [](const FlakyTest& test) { return test.flaky == 0 && alternates(test); };
  return sorted_by(is_one, &FlakyTest::changes);
}

std::vector<FlakyTest> Flakiness::unsteady() const {
  const auto is_one = [](const FlakyTest& test) {
    return test.flaky == 0 && !alternates(test) && test.changes >= 3;
  };
  return sorted_by(is_one, &FlakyTest::changes);
}

template <typename Wanted, typename Measure>
std::vector<FlakyTest> Flakiness::sorted_by(Wanted is_wanted, Measure measure) const {
  std::vector<FlakyTest> list;
  for (const auto& [test, seen] : seen_) {
    if (is_wanted(seen.facts)) list.push_back(seen.facts);
  }
  std::ranges::stable_sort(list, std::greater<>(), measure);
  return list;
}

std::string flaky_text(const Flakiness& flakiness) {
  const std::vector<FlakyTest> flaky = flakiness.flaky();
  std::string text = fmt::format("{} in {}", counted(flaky.size(), "flaky test", "flaky tests"),
                                 counted(flakiness.runs(), "run"));
  text += flakiness.runs() > 0 ? fmt::format(" since {}\n", time_text(flakiness.since())) : "\n";
  for (const FlakyTest& test : flaky) {
    text += fmt::format("  {}: {:.1f} % ({} of {}), since {} (run {})", title_of(test.test),
                        100 * test.rate(), test.flaky, counted(test.runs, "run"),
                        time_text(test.first->started), printable(test.first->id));
    if (test.flaky > 1) text += fmt::format(", last {}", time_text(test.last->started));
    text += '\n' + signature_lines(test);
  }
  text += changes_text("Alternating on one program, without a retry", flakiness.alternating());
  text +=
      changes_text("Without a retry, between red and green from run to run", flakiness.unsteady());
  return text;
}

std::string flaky_json(const Flakiness& flakiness) {
  return dumped({{"version", 1},
                 {"runs", flakiness.runs()},
                 {"since", flakiness.since()},
                 {"flaky", json_list(flakiness.flaky(), json_of_flaky)},
                 {"alternating", json_list(flakiness.alternating(), json_of_flaky)},
                 {"unsteady", json_list(flakiness.unsteady(), json_of_flaky)}});
}

}  // namespace holdfast
