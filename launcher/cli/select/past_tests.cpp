#include "cli/select/past_tests.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "cli/history_file.hpp"
#include "cli/select/run_place.hpp"
#include "history/answers/recent.hpp"
#include "keeper/tree/live_runs.hpp"
#include "store/journal_reader.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

// Of the tests that are listed, all runs are asked for what is still open.
Result<RecentTests> recent_of(History& history, const TreeTests& all, std::size_t times) {
  Result<std::vector<NumberedTest>> tests = history.tests();
  if (!tests) return tests.error();
  const TestPlaces places = places_of(all.tests);
  std::erase_if(*tests,
                [&](const NumberedTest& test) { return places.named(test.id.name).empty(); });
  return recent_tests(history, *tests, times, std::numeric_limits<std::size_t>::max());
}

// The tests of one name that the user's ctest lists, while journals are read.
struct Namesakes {
  std::vector<std::size_t> open;  // places of those of which newer journals say nothing
  std::set<std::size_t> numbers;  // of all of them, whether they are selected or not
  bool is_red = false;            // the history has a red one, whichever it is
};

// What one journal says of the tests of one name.
struct NamesakesInRun {
  std::map<std::size_t, bool> red;  // by ctest's number; those that were skipped are not there
  bool has_begun = false;
  bool has_verdict = false;
};

using Seen = std::map<std::string, NamesakesInRun>;

Seen namesakes_in(const RunEntry& run, const std::map<std::string, Namesakes>& names) {
  Seen seen;
  (void)read_records(run.journal, [&](const Record& record) {
    if (const auto* begun = std::get_if<AttemptStarted>(&record)) {
      if (names.count(begun->test) != 0) seen[begun->test].has_begun = true;
    }
    const auto* verdict = std::get_if<VerdictRecord>(&record);
    if (verdict == nullptr || !verdict->index || names.count(verdict->test) == 0) return;
    NamesakesInRun& tests = seen[verdict->test];
    tests.has_verdict = true;
    if (verdict->verdict == Verdict::skipped || verdict->verdict == Verdict::disabled) return;
    tests.red[static_cast<std::size_t>(*verdict->index)] = verdict->verdict != Verdict::passed;
  });
  return seen;
}

// How the list of tests of a run and the user's go together.
struct Lists {
  bool are_same = false;
  bool are_all_if_as_many = false;  // had_all_if_as_many()
};

// Takes the tests that the run tells of from the open ones.
void see_run(const NamesakesInRun& run, const Lists& lists, Namesakes& tests,
             const std::vector<SelectableTest>& all, TestSet& red) {
  const bool was_interrupted = run.has_begun && !run.has_verdict;
  if (run.red.empty() && !was_interrupted) return;
  const bool has_numbers =
      lists.are_same && !was_interrupted && std::ranges::all_of(run.red, [&](const auto& one) {
        return tests.numbers.count(one.first) != 0;
      });
  const bool has_red = std::ranges::any_of(run.red, [](const auto& one) { return one.second; });
  const bool has_all = lists.are_all_if_as_many && run.red.size() >= tests.numbers.size();
  std::erase_if(tests.open, [&](std::size_t place) {
    if (has_numbers) {
      const auto one = run.red.find(all[place].number);
      if (one == run.red.end()) return false;
      red[place] = one->second;
      return true;
    }
    // It may be any of them. If none was red, only a run of all of them says so of each.
    red[place] = has_red || was_interrupted;
    return red[place] || has_all;
  });
}

// The history counts tests of one name by their order in a run. A run of some of them, or of a
// directory, counts others than a run of all. So ctest's numbers in the journals decide which of
// them are red, and where these say nothing, all are if one is.
void choose_among_namesakes(const UserCall& user, const TreeTests& all, const RecentTests& recent,
                            TestSet& red) {
  std::map<std::string, Namesakes> shared;
  for (const auto& [name, numbers] : all.namesakes) shared[name].numbers = numbers;
  for (const RecentTest& test : recent.tests()) {
    if (test.nth > 1) shared[test.name];
  }
  for (const RecentTest& test : recent.tests()) {
    const auto name = shared.find(test.name);
    if (name != shared.end()) name->second.is_red = name->second.is_red || test.is_red;
  }
  std::size_t open = 0;
  for (std::size_t i = 0; i < all.tests.size(); ++i) {
    const auto name = shared.find(all.tests[i].name);
    if (name == shared.end()) continue;
    name->second.open.push_back(i);
    name->second.numbers.insert(all.tests[i].number);
    ++open;
  }
  if (open == 0) return;
  for (const RunEntry& run : list_runs(user.tree, Dates::only_for_the_order)) {
    const std::optional<RunStarted> started = first_record(run.journal);
    if (!started || !started->inside.empty() || is_going_on(run)) continue;
    const Lists lists{had_list_of(user, *started), had_all_if_as_many(user, *started)};
    open = 0;
    for (const auto& [name, seen] : namesakes_in(run, shared)) {
      see_run(seen, lists, shared[name], all.tests, red);
    }
    for (const auto& [name, tests] : shared) open += tests.open.size();
    if (open == 0) return;
  }
  for (const auto& [name, tests] : shared) {
    for (const std::size_t place : tests.open) red[place] = tests.is_red;
  }
}

}  // namespace

Result<TestSet> red_tests(const UserCall& user, const TreeTests& all) {
  Result<History> history = open_history(user.tree);
  if (!history) return history.error();
  const Result<RecentTests> recent = recent_of(*history, all, 0);
  if (!recent) return recent.error();
  TestSet red(all.tests.size());
  for (std::size_t i = 0; i < red.size(); ++i) {
    const RecentTest* const past = recent->find(all.tests[i].name, all.nth[i]);
    red[i] = past != nullptr && past->is_red;
  }
  choose_among_namesakes(user, all, *recent, red);
  return red;
}

Result<TestTimes> times_of(History& history, const TreeTests& all) {
  const Result<RecentTests> recent = recent_of(history, all, k_times_of_test);
  if (!recent) return recent.error();
  TestTimes times(all.tests.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const RecentTest* const past = recent->find(all.tests[i].name, all.nth[i]);
    if (past == nullptr || past->times_ms.empty()) continue;
    times[i] = std::llround(past->seconds() * 1000);
  }
  return times;
}

}  // namespace holdfast::cli
