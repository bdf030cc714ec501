#include "history/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/sections.hpp"

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

constexpr std::size_t k_in_chart = 60;
constexpr std::size_t k_in_list = 20;
constexpr std::array<std::string_view, 8> k_bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> k_ascii_bars = {"_", ".", ":", "-", "=", "+", "*", "#"};

char mark_of(const PastResult& result) {
  constexpr std::string_view k_of_grades = ".sFE";
  return result.flaky ? 'f' : k_of_grades.at(static_cast<std::size_t>(result.grade));
}

using Seen = TestHistory::Seen;

std::string duration_chart(const std::vector<std::int64_t>& times, std::int64_t most,
                           Charset charset) {
  const auto& bars = charset == Charset::unicode ? k_bars : k_ascii_bars;
  std::string chart;
  for (const std::int64_t time : times)
    chart += bars.at(static_cast<std::size_t>(time * 7 / std::max<std::int64_t>(most, 1)));
  return chart;
}

std::string counts_of(const std::vector<Seen>& seen) {
  std::map<std::string, std::size_t> by_outcome;
  std::size_t flaky = 0;
  for (const auto& [run, result] : seen) {
    ++by_outcome[result.outcome];
    if (result.flaky) ++flaky;
  }
  std::string text;
  for (const OutcomeFacts& row : k_outcome_table) {
    const auto found = by_outcome.find(std::string(row.name));
    if (found == by_outcome.end()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second, label(row.outcome));
  }
  if (flaky > 0) text += fmt::format("; flaky in {}", flaky);
  return text;
}

std::string text_of(const TestId& test, const std::vector<Seen>& seen, Charset charset) {
  std::string text =
      fmt::format("{}: {}: {}\n", title_of(test), counted(seen.size(), "run"), counts_of(seen));
  std::string marks;
  std::vector<std::int64_t> times;
  for (const auto& [run, result] : std::span(seen).last(std::min(seen.size(), k_in_chart))) {
    marks += mark_of(result);
    times.push_back(result.wall_ms);
  }
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  const double least_s = static_cast<double>(*least) / 1000;
  const double most_s = static_cast<double>(*most) / 1000;
  text += fmt::format("  outcomes   {}\n", marks);
  text +=
      fmt::format("  durations  {}  {} to {}, median {}\n", duration_chart(times, *most, charset),
                  duration_text(least_s), duration_text(most_s), duration_text(median_s(times)));
  for (std::size_t i = 0; i < std::min(seen.size(), k_in_list); ++i) {
    const auto& [run, result] = seen[seen.size() - 1 - i];
    std::string line = fmt::format("  {}  {:>8}  {}", time_text(run.started),
                                   duration_text(result.wall_s()), result.flaky ? "flaky, " : "");
    text += fmt::format("{}{}  ({})\n", line, words_for(result), printable(run.id));
  }
  if (seen.size() > k_in_list) text += fmt::format("  and {} more\n", seen.size() - k_in_list);
  return text;
}

constexpr std::size_t k_shown = 50;

// The median of its times before, in seconds, if the test is slower than that; 0: it is not, or not
// enough is known.
double usual_if_slower(const std::vector<std::int64_t>& times, const PastResult& after) {
  constexpr double k_worth_telling_s = 0.1;
  if (times.size() < k_least_runs) return 0;
  if (after.wall_ms <= *std::max_element(times.begin(), times.end())) return 0;
  const double usual = median_s(times);
  const bool is_slower =
      after.wall_s() - usual >= k_worth_telling_s && 2 * after.wall_s() >= 3 * usual;
  return is_slower ? usual : 0;
}

void sort_in(Comparison& result, const PastResult& before, const PastResult& after,
             const Durations& times) {
  Change change{after.test, before, after};
  if (after.is_red()) {
    (before.is_red() ? result.still_red : result.newly_red).push_back(change);
  } else if (before.is_red() && after.grade == Grade::passed) {
    result.mended.push_back(change);
  } else if (before.grade == Grade::passed && after.grade == Grade::passed) {
    change.usual_s = usual_if_slower(times.of(after.test), after);
    if (change.usual_s > 0) result.newly_slow.push_back(change);
  }
}

Json json_of(const Change& change) {
  Json one = json_of(change.test);
  one["before"] = {{"outcome", change.before.outcome}, {"wall_s", change.before.wall_s()}};
  one["after"] = {{"outcome", change.after.outcome}, {"wall_s", change.after.wall_s()}};
  if (change.after.is_red()) one["signature"] = signature_for(change.after);
  if (change.usual_s > 0) one["usual_s"] = change.usual_s;
  return one;
}

Json json_of(const PastResult& result) {
  Json one = json_of(result.test);
  one["outcome"] = result.outcome;
  return one;
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
    if (result.grade != Grade::passed || result.attempts == 0) continue;
    std::vector<std::int64_t>& times = times_[result.test];
    if (times.size() == k_last_runs) times.erase(times.begin());
    times.push_back(result.wall_ms);
  }
}

std::vector<std::int64_t> Durations::of(const TestId& test) const {
  const auto found = times_.find(test);
  return found == times_.end() ? std::vector<std::int64_t>() : found->second;
}

std::vector<SlowTest> Durations::sorted() const {
  std::vector<SlowTest> list;
  for (const auto& [test, times] : times_) {
    if (!test.batch.empty()) continue;
    list.push_back({test, median_s(times), static_cast<double>(times.back()) / 1000, times.size()});
  }
  std::ranges::stable_sort(list, std::greater<>(), &SlowTest::median);
  return list;
}

std::string slowest_text(const std::vector<SlowTest>& all) {
  constexpr std::size_t k_slowest_shown = 20;
  if (all.empty()) return "no test that passed is in the history\n";
  std::vector<SlowTest> sorted = all;
  const std::size_t left_out =
      std::erase_if(sorted, [](const SlowTest& one) { return one.runs < k_least_runs; });
  const std::string others = fmt::format("{} passed fewer than {} times: not known well enough\n",
                                         counted(left_out, "test"), k_least_runs);
  if (sorted.empty()) return others;
  double total = 0;
  for (const SlowTest& one : sorted) total += one.median;
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
  Json list = json_list(sorted, [](const SlowTest& test) {
    Json one = json_of(test.test);
    one["median_s"] = test.median;
    one["last_s"] = test.last;
    one["runs"] = test.runs;
    return one;
  });
  return dumped({{"version", 1}, {"slowest", std::move(list)}});
}

void TestHistory::add(const PastRun& run) {
  for (const PastResult& result : run.results) tests_[result.test].emplace_back(run.head, result);
}

std::string history_text(const TestHistory& history, Charset charset) {
  std::string text;
  for (const auto& [test, seen] : history.tests()) {
    text += (text.empty() ? "" : "\n") + text_of(test, seen, charset);
  }
  if (!text.empty())
    text += "\n. passed, f flaky, F failed, E crashed or could not say, s skipped; oldest first\n";
  return text;
}

std::string history_json(const TestHistory& history) {
  const auto failure = [](const PastFailure& wrong) {
    return Json{
        {"attempt", wrong.attempt}, {"outcome", wrong.outcome}, {"signature", wrong.signature}};
  };
  const auto run = [&](const Seen& seen) {
    const auto& [head, result] = seen;
    return Json{{"run", head.id},
                {"at", head.started},
                {"outcome", result.outcome},
                {"flaky", result.flaky},
                {"wall_s", result.wall_s()},
                {"attempts", result.attempts},
                {"failures", json_list(result.failures, failure)}};
  };
  Json tests = json_list(history.tests(), [&](const auto& one) {
    Json test = json_of(one.first);
    test["runs"] = json_list(one.second, run);
    return test;
  });
  return dumped({{"version", 1}, {"tests", std::move(tests)}});
}

Comparison compare(const PastRun& before, const PastRun& after, const Durations& times) {
  Comparison result{before.head, after.head, {}, {}, {}, {}, {}, {}};
  std::map<TestId, const PastResult*> earlier;
  for (const PastResult& one : before.results) earlier[one.test] = &one;
  for (const PastResult& one : after.results) {
    const auto found = earlier.find(one.test);
    if (found == earlier.end()) {
      // A test that is new and red is what somebody who compares must see first.
      if (one.is_red()) result.newly_red.push_back({one.test, {}, one});
      result.added.push_back(one);
      continue;
    }
    sort_in(result, *found->second, one, times);
    earlier.erase(found);
  }
  for (const auto& [test, one] : earlier) result.gone.push_back(*one);
  std::ranges::stable_sort(result.newly_slow, std::greater<>(), [](const Change& change) {
    return change.after.wall_s() - change.usual_s;
  });
  return result;
}

std::string comparison_text(const Comparison& comparison) {
  const auto head = [](const RunHead& run) {
    return fmt::format("{} of {}{}", printable(run.id), time_text(run.started),
                       run.complete ? "" : " (incomplete)");
  };
  std::string text =
      fmt::format("From run {}\nto run   {}\n", head(comparison.before), head(comparison.after));
  const auto red = [](const Change& change) {
    return title_of(change.test) + ": " + words_for(change.after) +
           (change.before.outcome.empty() ? " (new test)" : "");
  };
  const auto name = [](const auto& one) { return title_of(one.test); };
  const std::string changes =
      titled_lines("Newly red", comparison.newly_red, k_shown, red) +
      titled_lines("Newly slow", comparison.newly_slow, k_shown,
                   [](const Change& change) {
                     return fmt::format("{}: {}, usually {}", title_of(change.test),
                                        duration_text(change.after.wall_s()),
                                        duration_text(change.usual_s));
                   }) +
      titled_lines("Green again", comparison.mended, k_shown, name) +
      titled_lines("Still red", comparison.still_red, k_shown, red) +
      titled_lines("Only in the later run", comparison.added, k_shown, name) +
      titled_lines("Only in the earlier run", comparison.gone, k_shown, name);
  return text + (changes.empty() ? "\nNothing is newly red or newly slow.\n" : changes);
}

std::string comparison_json(const Comparison& comparison) {
  const auto head = [](const RunHead& run) {
    return Json{{"run", run.id}, {"at", run.started}, {"complete", run.complete}};
  };
  const auto list = [](const auto& all) {
    return json_list(all, [](const auto& one) { return json_of(one); });
  };
  return dumped({{"version", 1},
                 {"before", head(comparison.before)},
                 {"after", head(comparison.after)},
                 {"newly_red", list(comparison.newly_red)},
                 {"newly_slow", list(comparison.newly_slow)},
                 {"mended", list(comparison.mended)},
                 {"still_red", list(comparison.still_red)},
                 {"added", list(comparison.added)},
                 {"gone", list(comparison.gone)}});
}

}  // namespace holdfast
