#include "history/answers/recent.hpp"

#include <fmt/format.h>

#include "history/answers/phrases.hpp"
#include "report/describe.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_shown = 50;

double seconds(const PastResult& result) { return static_cast<double>(result.wall_ms) / 1000; }

// The median of its times before, in seconds, if the test is slower than that; 0: it is not, or not
// enough is known.
double usual_if_slower(const std::vector<std::int64_t>& times, const PastResult& after) {
  constexpr double k_worth_telling_s = 0.1;
  if (times.size() < k_least_runs) return 0;
  if (after.wall_ms <= *std::max_element(times.begin(), times.end())) return 0;
  const double usual = median_s(times);
  const bool is_slower =
      seconds(after) - usual >= k_worth_telling_s && 2 * seconds(after) >= 3 * usual;
  return is_slower ? usual : 0;
}

void sort_in(Comparison& result, const PastResult& before, const PastResult& after,
             const EarlierTimes& times) {
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

template <typename Items, typename Line>
std::string section(std::string_view title, const Items& items, Line line) {
  if (items.empty()) return {};
  std::string text = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < std::min(items.size(), k_shown); ++i) {
    text += fmt::format("  {}\n", line(items[i]));
  }
  if (items.size() > k_shown) text += fmt::format("  and {} more\n", items.size() - k_shown);
  return text;
}

Json json_of(const std::vector<Change>& changes) {
  Json list = Json::array();
  for (const Change& change : changes) {
    Json one = json_of(change.test);
    one["before"] = {{"outcome", change.before.outcome}, {"wall_s", seconds(change.before)}};
    one["after"] = {{"outcome", change.after.outcome}, {"wall_s", seconds(change.after)}};
    if (change.after.is_red()) one["signature"] = signature_for(change.after);
    if (change.usual_s > 0) one["usual_s"] = change.usual_s;
    list.push_back(std::move(one));
  }
  return list;
}

Json json_of(const std::vector<PastResult>& results) {
  Json list = Json::array();
  for (const PastResult& result : results) {
    Json one = json_of(result.test);
    one["outcome"] = result.outcome;
    list.push_back(std::move(one));
  }
  return list;
}

constexpr std::size_t k_in_chart = 60;
constexpr std::size_t k_in_list = 20;
constexpr std::array<std::string_view, 8> k_bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> k_ascii_bars = {"_", ".", ":", "-", "=", "+", "*", "#"};

char mark_of(const PastResult& result) {
  if (result.flaky) return 'f';
  switch (result.grade) {
    case Grade::passed:
      return '.';
    case Grade::skipped:
      return 's';
    case Grade::failure:
      return 'F';
    case Grade::error:
      return 'E';
  }
  return '?';
}

using Seen = TestHistory::Seen;

std::string duration_chart(const std::vector<Seen>& shown, Charset charset) {
  std::int64_t longest = 1;
  for (const auto& [run, result] : shown) longest = std::max(longest, result.wall_ms);
  std::string chart;
  for (const auto& [run, result] : shown) {
    const auto level = static_cast<std::size_t>(result.wall_ms * 7 / longest);
    chart += charset == Charset::unicode ? k_bars.at(level) : k_ascii_bars.at(level);
  }
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
    std::string label(row.name);
    std::replace(label.begin(), label.end(), '_', ' ');
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second, label);
  }
  if (flaky > 0) text += fmt::format("; flaky in {}", flaky);
  return text;
}

std::string text_of(const TestId& test, const std::vector<Seen>& seen, Charset charset) {
  std::string text =
      fmt::format("{}: {}: {}\n", title_of(test), counted(seen.size(), "run"), counts_of(seen));
  const std::size_t first = seen.size() > k_in_chart ? seen.size() - k_in_chart : 0;
  const std::vector<Seen> shown(seen.begin() + static_cast<std::ptrdiff_t>(first), seen.end());
  std::string marks;
  std::vector<std::int64_t> times;
  for (const auto& [run, result] : shown) {
    marks += mark_of(result);
    times.push_back(result.wall_ms);
  }
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  const double least_s = static_cast<double>(*least) / 1000;
  const double most_s = static_cast<double>(*most) / 1000;
  text += fmt::format("  outcomes   {}\n", marks);
  text +=
      fmt::format("  durations  {}  {} to {}, median {}\n", duration_chart(shown, charset),
                  duration_text(least_s), duration_text(most_s), duration_text(median_s(times)));
  for (std::size_t i = 0; i < std::min(seen.size(), k_in_list); ++i) {
    const auto& [run, result] = seen[seen.size() - 1 - i];
    std::string line = fmt::format("  {}  {:>8}  {}", time_text(run.started),
                                   duration_text(static_cast<double>(result.wall_ms) / 1000),
                                   result.flaky ? "flaky, " : "");
    text += fmt::format("{}{}  ({})\n", line, words_for(result), printable(run.id));
  }
  if (seen.size() > k_in_list) text += fmt::format("  and {} more\n", seen.size() - k_in_list);
  return text;
}

// As many results as so many runs of all tests have are read for an order. A run is no worse if it
// does not know a test that has not run for longer, or only a few of its times.
constexpr std::size_t k_runs_for_order = 20;

}  // namespace

void EarlierTimes::add(const PastRun& run) {
  for (const PastResult& result : run.results) {
    if (result.grade != Grade::passed || result.attempts == 0) continue;
    std::vector<std::int64_t>& times = times_[result.test];
    if (times.size() == k_last_runs) times.erase(times.begin());
    times.push_back(result.wall_ms);
  }
}

std::vector<std::int64_t> EarlierTimes::of(const TestId& test) const {
  const auto found = times_.find(test);
  return found == times_.end() ? std::vector<std::int64_t>() : found->second;
}

Comparison compare(const PastRun& before, const PastRun& after, const EarlierTimes& times) {
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
  std::stable_sort(result.newly_slow.begin(), result.newly_slow.end(),
                   [](const Change& one, const Change& other) {
                     return seconds(one.after) - one.usual_s > seconds(other.after) - other.usual_s;
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
      section("Newly red", comparison.newly_red, red) +
      section("Newly slow", comparison.newly_slow,
              [](const Change& change) {
                return fmt::format("{}: {}, usually {}", title_of(change.test),
                                   duration_text(seconds(change.after)),
                                   duration_text(change.usual_s));
              }) +
      section("Green again", comparison.mended, name) +
      section("Still red", comparison.still_red, red) +
      section("Only in the later run", comparison.added, name) +
      section("Only in the earlier run", comparison.gone, name);
  return text + (changes.empty() ? "\nNothing is newly red or newly slow.\n" : changes);
}

std::string comparison_json(const Comparison& comparison) {
  const auto head = [](const RunHead& run) {
    return Json{{"run", run.id}, {"at", run.started}, {"complete", run.complete}};
  };
  return dumped({{"version", 1},
                 {"before", head(comparison.before)},
                 {"after", head(comparison.after)},
                 {"newly_red", json_of(comparison.newly_red)},
                 {"newly_slow", json_of(comparison.newly_slow)},
                 {"mended", json_of(comparison.mended)},
                 {"still_red", json_of(comparison.still_red)},
                 {"added", json_of(comparison.added)},
                 {"gone", json_of(comparison.gone)}});
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
  Json tests = Json::array();
  for (const auto& [test, seen] : history.tests()) {
    Json one = json_of(test);
    one["runs"] = Json::array();
    for (const auto& [run, result] : seen) {
      Json failures = Json::array();
      for (const PastFailure& wrong : result.failures) {
        failures.push_back({{"attempt", wrong.attempt},
                            {"outcome", wrong.outcome},
                            {"signature", wrong.signature}});
      }
      one["runs"].push_back({{"run", run.id},
                             {"at", run.started},
                             {"outcome", result.outcome},
                             {"flaky", result.flaky},
                             {"wall_s", static_cast<double>(result.wall_ms) / 1000},
                             {"attempts", result.attempts},
                             {"failures", std::move(failures)}});
    }
    tests.push_back(std::move(one));
  }
  return dumped({{"version", 1}, {"tests", std::move(tests)}});
}

double RecentTest::seconds() const { return median_s(times_ms); }

RecentTests::RecentTests(const std::vector<NumberedTest>& tests, std::size_t times)
    : times_(times) {
  for (const auto& [number, test] : tests) {
    if (!test.batch.empty()) continue;
    places_[test.name].push_back(tests_.size());
    numbers_.push_back(number);
    tests_.push_back({test.name, test.key});
  }
  end_ = tests_.size();
}

bool RecentTests::is_open(const RecentTest& test) const {
  return test.seen == 0 || test.times_ms.size() < times_;
}

void RecentTests::add(const BriefResult& result) {
  if (result.grade == Grade::skipped) return;
  const auto number = std::ranges::lower_bound(numbers_, result.test);
  if (number == numbers_.end() || *number != result.test) return;
  RecentTest& test = tests_[static_cast<std::size_t>(number - numbers_.begin())];
  ++results_;
  if (test.seen == 0) {
    test.seen = results_;
    test.is_red = is_red(result.grade);
  }
  if (result.grade == Grade::passed && result.attempts > 0 && test.times_ms.size() < times_)
    test.times_ms.push_back(result.wall_ms);
}

std::optional<NumberRange> RecentTests::open() {
  while (first_ < end_ && !is_open(tests_[first_])) ++first_;
  while (first_ < end_ && !is_open(tests_[end_ - 1])) --end_;
  if (first_ == end_) return std::nullopt;
  return NumberRange{numbers_[first_], numbers_[end_ - 1]};
}

std::vector<const RecentTest*> RecentTests::meant_by(const RanTest& test) const {
  const auto named = places_.find(test.name);
  if (named == places_.end()) return {};
  // Without its key, a test is alone with its name: it is the one that ran last, wherever it was.
  const RecentTest* own = nullptr;
  for (const std::size_t place : named->second) {
    const RecentTest& one = tests_[place];
    if (one.key.empty() || (!test.key.empty() && one.key != test.key)) continue;
    if (own == nullptr || (one.seen != 0 && (own->seen == 0 || one.seen < own->seen))) own = &one;
  }
  std::vector<const RecentTest*> meant;
  if (own != nullptr) meant.push_back(own);
  // What ran later without a key may have been this test, too.
  for (const std::size_t place : named->second) {
    const RecentTest& one = tests_[place];
    const bool is_later = own == nullptr || own->seen == 0 || one.seen < own->seen;
    if (one.key.empty() && one.seen != 0 && is_later) meant.push_back(&one);
  }
  return meant;
}

bool RecentTests::was_red(const RanTest& test) const {
  return std::ranges::any_of(meant_by(test), [](const RecentTest* one) { return one->is_red; });
}

std::optional<double> RecentTests::seconds_of(const RanTest& test) const {
  for (const RecentTest* const one : meant_by(test)) {
    if (!one->times_ms.empty()) return one->seconds();
  }
  return std::nullopt;
}

Result<RecentTests> recent_tests(History& history, const std::vector<NumberedTest>& tests,
                                 std::size_t times, std::size_t most) {
  RecentTests recent(tests, times);
  std::size_t read = 0;
  const Result<void> done =
      history.read_back([&] { return read < most ? recent.open() : std::nullopt; },
                        [&](const BriefResult& result) {
                          ++read;
                          recent.add(result);
                        });
  if (!done) return done.error();
  return recent;
}

Result<std::string> commands_for(TestOrder order, History& history) {
  const Result<std::vector<NumberedTest>> known = history.tests();
  if (!known) return known.error();
  const std::size_t times = order == TestOrder::longest_first ? k_times_of_test : 0;
  const Result<RecentTests> recent =
      recent_tests(history, *known, times, k_runs_for_order * known->size());
  if (!recent) return recent.error();
  // ctest sets the cost of all tests of a name.
  std::map<std::string, TestPast> by_name;
  for (const RecentTest& test : recent->tests()) {
    TestPast& past = by_name[test.name];
    past.name = test.name;
    past.is_red = past.is_red || test.is_red;
    past.seconds = std::max(past.seconds, test.seconds());
  }
  std::vector<TestPast> tests;
  for (auto& [name, past] : by_name) tests.push_back(std::move(past));
  return cost_commands(costs_for(order, tests));
}

}  // namespace holdfast
