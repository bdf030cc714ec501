#include "history/recent.hpp"

#include "history/answers.hpp"

namespace holdfast {
namespace {

// As many results as so many runs of all tests have are read for an order. A run is no worse if it
// does not know a test that has not run for longer, or only a few of its times.
constexpr std::size_t k_runs_for_order = 20;

}  // namespace

double RecentTest::seconds() const { return median_s(times_ms); }

RecentTests::RecentTests(const std::vector<NumberedTest>& tests, std::size_t times)
    : times_(times) {
  for (const auto& [number, test] : tests) {
    if (!test.batch.empty()) continue;
    places_[test.name].push_back(tests_.size());
    numbers_.push_back(number);
    tests_.push_back({test.name, test.key});
  }
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

std::optional<NumberRange> RecentTests::open() const {
  std::size_t first = 0;
  std::size_t end = tests_.size();
  while (first < end && !is_open(tests_[first])) ++first;
  while (first < end && !is_open(tests_[end - 1])) --end;
  if (first == end) return std::nullopt;
  return NumberRange{numbers_[first], numbers_[end - 1]};
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
  HOLDFAST_DO(history.read_back([&] { return read < most ? recent.open() : std::nullopt; },
                                [&](const BriefResult& result) {
                                  ++read;
                                  recent.add(result);
                                }));
  return recent;
}

Result<std::string> commands_for(TestOrder order, History& history) {
  HOLDFAST_TRY(const std::vector<NumberedTest> known, history.tests());
  const std::size_t times = order == TestOrder::longest_first ? k_times_of_test : 0;
  HOLDFAST_TRY(const RecentTests recent,
               recent_tests(history, known, times, k_runs_for_order * known.size()));
  // ctest sets the cost of all tests of a name.
  TestCosts costs;
  for (const RecentTest& test : recent.tests()) {
    double& cost = costs[test.name];
    cost = std::max(cost, cost_for(order, test.is_red, test.seconds()));
  }
  return cost_commands(costs);
}

}  // namespace holdfast
