#include "history/answers/phrases.hpp"

#include <fmt/format.h>

#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_signatures_shown = 3;

// Those that came most often first.
std::vector<std::pair<std::string, std::size_t>> sorted_signatures(const FlakyTest& test) {
  std::vector<std::pair<std::string, std::size_t>> sorted(test.signatures.begin(),
                                                          test.signatures.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
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

Json json_of(const FlakyTest& test) {
  Json one = json_of(test.test);
  one["runs"] = test.runs;
  one["flaky"] = test.flaky;
  one["rate"] = test.rate();
  one["red"] = test.red;
  one["changes"] = test.changes;
  one["changes_on_one_program"] = test.changes_on_one_program;
  if (test.first) one["first"] = {{"run", test.first->id}, {"at", test.first->started}};
  if (test.last) one["last"] = {{"run", test.last->id}, {"at", test.last->started}};
  one["signatures"] = Json::array();
  for (const auto& [signature, number] : sorted_signatures(test)) {
    one["signatures"].push_back({{"signature", signature}, {"count", number}});
  }
  return one;
}

Json json_of(const std::vector<FlakyTest>& tests) {
  Json list = Json::array();
  for (const FlakyTest& test : tests) list.push_back(json_of(test));
  return list;
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

constexpr std::size_t k_slowest_shown = 20;

// Those of which it can be said that they are slow.
std::vector<SlowTest> known_well(std::vector<SlowTest> tests) {
  std::erase_if(tests, [](const SlowTest& one) { return one.runs < k_least_runs; });
  return tests;
}

double total_of(const std::vector<SlowTest>& sorted) {
  double total = 0;
  for (const SlowTest& one : sorted) total += one.median;
  return total;
}

}  // namespace

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
  for (const auto& [test, seen] : seen_) {
    if (seen.last.is_red() && test.batch.empty()) red.emplace(test, seen);
  }
  for (const auto& [test, seen] : seen_) {
    if (!seen.last.is_red() || test.batch.empty()) continue;
    if (const auto batch = red.find({test.batch}); batch != red.end()) {
      batch->second.cases.push_back(test.name);
    }
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
    std::vector<std::string> cases;
    for (const std::string& one : test.cases) cases.push_back(printable(one));
    if (!cases.empty()) text += fmt::format("    cases: {}\n", bounded_list(cases, 20));
  }
  return text;
}

std::string failed_json(const std::vector<RedTest>& red) {
  Json list = Json::array();
  for (const RedTest& test : red) {
    Json one = json_of(test.last.test);
    one["outcome"] = test.last.outcome;
    one["signature"] = signature_for(test.last);
    one["run"] = test.run.id;
    one["at"] = test.run.started;
    one["since"] = {{"run", test.since.id}, {"at", test.since.started}};
    one["runs"] = test.runs;
    one["cases"] = test.cases;
    list.push_back(std::move(one));
  }
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
  std::vector<FlakyTest> list;
  for (const auto& [test, seen] : seen_) {
    if (seen.facts.flaky > 0) list.push_back(seen.facts);
  }
  std::stable_sort(list.begin(), list.end(), [](const FlakyTest& one, const FlakyTest& other) {
    return one.rate() > other.rate();
  });
  return list;
}

std::vector<FlakyTest> Flakiness::alternating() const { return that_change(alternates); }

std::vector<FlakyTest> Flakiness::unsteady(std::size_t least) const {
  return that_change(
      [&](const FlakyTest& test) { return !alternates(test) && test.changes >= least; });
}

template <class Wanted>
std::vector<FlakyTest> Flakiness::that_change(Wanted is_wanted) const {
  std::vector<FlakyTest> list;
  for (const auto& [test, seen] : seen_) {
    if (seen.facts.flaky == 0 && is_wanted(seen.facts)) list.push_back(seen.facts);
  }
  std::stable_sort(list.begin(), list.end(), [](const FlakyTest& one, const FlakyTest& other) {
    return one.changes > other.changes;
  });
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
                 {"flaky", json_of(flakiness.flaky())},
                 {"alternating", json_of(flakiness.alternating())},
                 {"unsteady", json_of(flakiness.unsteady())}});
}

double median_s(std::vector<std::int64_t> times_ms) {
  if (times_ms.empty()) return 0;
  std::sort(times_ms.begin(), times_ms.end());
  const std::size_t half = times_ms.size() / 2;
  const std::int64_t twice =
      times_ms.size() % 2 == 1 ? 2 * times_ms[half] : times_ms[half - 1] + times_ms[half];
  return static_cast<double>(twice) / 2000;
}

void Durations::add(const PastRun& run) {
  for (const PastResult& result : run.results) {
    if (result.grade != Grade::passed || !result.test.batch.empty() || result.attempts == 0)
      continue;
    std::deque<std::int64_t>& times = times_[result.test];
    times.push_back(result.wall_ms);
    if (times.size() > k_last_runs) times.pop_front();
  }
}

std::vector<SlowTest> Durations::sorted() const {
  std::vector<SlowTest> list;
  for (const auto& [test, times] : times_) {
    list.push_back({test, median_s({times.begin(), times.end()}),
                    static_cast<double>(times.back()) / 1000, times.size()});
  }
  std::stable_sort(list.begin(), list.end(), [](const SlowTest& one, const SlowTest& other) {
    return one.median > other.median;
  });
  return list;
}

std::string slowest_text(const std::vector<SlowTest>& all) {
  if (all.empty()) return "no test that passed is in the history\n";
  const std::vector<SlowTest> sorted = known_well(all);
  const std::size_t left_out = all.size() - sorted.size();
  const std::string others = fmt::format("{} passed fewer than {} times: not known well enough\n",
                                         counted(left_out, "test"), k_least_runs);
  if (sorted.empty()) return others;
  const double total = total_of(sorted);
  std::string text =
      fmt::format("The slowest of {}, by the median of their last {} runs; all take {}\n",
                  counted(sorted.size(), "test"), k_last_runs, duration_text(total));
  for (std::size_t i = 0; i < std::min(sorted.size(), k_slowest_shown); ++i) {
    const SlowTest& one = sorted[i];
    text += fmt::format("  {:>12}  {:>5.1f} %  {}\n", duration_text(one.median),
                        total > 0 ? 100 * one.median / total : 0.0, title_of(one.test));
  }
  return left_out == 0 ? text : text + others;
}

std::string slowest_json(const std::vector<SlowTest>& sorted) {
  Json list = Json::array();
  for (const SlowTest& test : sorted) {
    Json one = json_of(test.test);
    one["median_s"] = test.median;
    one["last_s"] = test.last;
    one["runs"] = test.runs;
    list.push_back(std::move(one));
  }
  return dumped({{"version", 1}, {"slowest", std::move(list)}});
}

}  // namespace holdfast
