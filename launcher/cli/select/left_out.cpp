#include "cli/select/left_out.hpp"

#include <map>
#include <system_error>

#include "cli/commands.hpp"
#include "cli/listed_test.hpp"
#include "cli/select/begun_tests.hpp"
#include "cli/select/ctest_call.hpp"
#include "cli/select/run_place.hpp"
#include "core/ctest/ctest_verdict.hpp"
#include "core/select/not_begun.hpp"
#include "keeper/left/dead_runs.hpp"
#include "store/journal_reader.hpp"
#include "store/run_directory.hpp"

namespace holdfast::cli {
namespace {

struct PastRunOfTree {
  RunEntry entry;
  RunStarted started;
  Stops stops = Stops::never;
  bool has_lost_records = false;  // of tests, on a full disk for instance
};

// Newest first, up to the oldest one that may have left something out. Runs that go on, and those
// that a test started, do not count.
std::vector<PastRunOfTree> runs_of(const std::string& tree) {
  std::vector<PastRunOfTree> runs;
  for (const RunEntry& entry : list_runs(tree, Dates::only_for_the_order)) {
    std::optional<RunStarted> started = first_record(entry.journal);
    if (!started || !started->inside.empty()) continue;
    if (!settle(entry)) continue;
    const std::optional<RunEnded> ended = end_record(entry.journal);
    const bool is_complete = ended && ended->complete;
    PastRunOfTree run{entry, *std::move(started)};
    run.stops = is_complete ? stops_of(run.started.command) : Stops::at_any_time;
    run.has_lost_records = is_complete && (ended->unrecorded > 0 || !ended->has_log);
    if (is_complete && ended->unrecorded > 0) run.stops = Stops::at_any_time;
    runs.push_back(std::move(run));
  }
  while (!runs.empty() && runs.back().stops == Stops::never && !runs.back().has_lost_records)
    runs.pop_back();
  return runs;
}

// What the journal says: which tests have begun, and which the run was to run, if it says so.
struct Recorded {
  std::vector<RanTest> begun;  // and it is known how they ended
  std::vector<RanTest> open;   // and it is not
  std::vector<RanTest> planned;
  bool has_plan = false;
  bool has_failed = false;  // a test
};

Recorded read_run(const RunEntry& run) {
  Recorded found;
  BegunTests tests;
  (void)read_records(run.journal, [&](const Record& record) {
    tests.see(record);
    if (const auto* ended = std::get_if<AttemptEnded>(&record)) {
      found.has_failed = found.has_failed || ended->verdict == Verdict::failed;
    } else if (const auto* verdict = std::get_if<VerdictRecord>(&record)) {
      found.has_failed = found.has_failed || verdict->verdict == Verdict::failed;
    } else if (const auto* planned = std::get_if<PlannedRecord>(&record)) {
      if (!planned->is_own) return;
      found.has_plan = true;
      for (std::size_t i = 0; i < planned->tests.size(); ++i) {
        const bool has_key = i < planned->keys.size();
        found.planned.push_back({planned->tests[i], has_key ? planned->keys[i] : std::string()});
      }
    }
  });
  found.begun = tests.judged();
  for (const BegunTests::Other& other : tests.others()) {
    (other.is_known ? found.begun : found.open).push_back(other.test);
  }
  return found;
}

// Finds in the user's list what runs have begun and were to run.
class LeftOut {
 public:
  LeftOut(const UserCall& user, const TreeTests& all)
      : user_(user), all_(all), places_(places_of(all.tests)) {}

  // A record without a key does not say which of several tests of one name has begun. None has
  // then: to run a test again does less harm than to leave one out.
  TestSet begun(const std::vector<RanTest>& tests) const {
    TestSet set(all_.tests.size());
    for (const RanTest& test : tests) {
      const std::vector<std::size_t> places = places_.meant_by(test);
      if (places.size() == 1) set[places.front()] = true;
    }
    return set;
  }

  // The tests that these may be.
  TestSet named(const std::vector<RanTest>& tests) const {
    TestSet set(all_.tests.size());
    for (const RanTest& test : tests) {
      for (const std::size_t place : places_.meant_by(test)) set[place] = true;
    }
    return set;
  }

  // What a run was to run that ended too early. Nothing: that is not known.
  std::optional<TestSet> planned(const PastRunOfTree& run, Recorded recorded) {
    if (recorded.has_plan) return named(recorded.planned);
    const Result<RerunWords> words = rerun_words(run.started.command);
    if (!words || words->reruns_failed) return std::nullopt;
    if (!words->selects && had_list_of(user_, run.started)) return TestSet(all_.tests.size(), true);
    const Result<CtestCall> call = call_of(run.entry, run.started, user_.tree, words->has_preset);
    return call ? listed(*call, *words) : std::nullopt;
  }

 private:
  // What ctest would run now. Many runs may have had the same words.
  std::optional<TestSet> listed(const CtestCall& call, const RerunWords& words) {
    if (!words.numbers.empty() && !can_select_by(words.numbers, call.directory))
      return std::nullopt;
    const std::vector<std::string> options = joined(words.for_listing, words.selecting);
    const auto [known, is_new] =
        listed_.try_emplace(joined({call.program, call.directory}, options));
    if (is_new) known->second = list(call, options);
    return known->second;
  }

  std::optional<TestSet> list(const CtestCall& call,
                              const std::vector<std::string>& options) const {
    const Result<std::string> listing = list_tests({call.program, call.directory, options});
    if (!listing) return std::nullopt;
    std::vector<RanTest> tests;
    const Result<void> read =
        each_listed(*listing, [&](ListedTest test) { tests.push_back({std::move(test.name)}); });
    if (!read) return std::nullopt;
    return named(tests);
  }

  // The value of -I is numbers, or a file that may be gone.
  static bool can_select_by(const std::string& numbers, const std::string& directory) {
    std::error_code failed;
    return numbers.find_first_not_of("0123456789,") == std::string::npos ||
           std::filesystem::exists(std::filesystem::path(directory) / numbers, failed);
  }

  const UserCall& user_;
  const TreeTests& all_;
  TestPlaces places_;
  std::map<std::vector<std::string>, std::optional<TestSet>> listed_;
};

TestSet disabled(const TreeTests& all) {
  TestSet set;
  for (const SelectableTest& test : all.tests) set.push_back(test.is_disabled);
  return set;
}

}  // namespace

TestSet tests_not_begun(const UserCall& user, const TreeTests& all) {
  LeftOut left_out(user, all);
  NotBegun found(disabled(all));
  for (const PastRunOfTree& run : runs_of(user.tree)) {
    Recorded recorded = read_run(run.entry);
    found.see_begun(left_out.begun(recorded.begun));
    found.see_planned(left_out.named(recorded.open));
    if (found.is_done()) break;
    if (run.stops == Stops::never || (run.stops == Stops::at_a_failure && !recorded.has_failed))
      continue;
    if (const auto planned = left_out.planned(run, std::move(recorded))) {
      found.see_planned(*planned);
    } else if (run.has_lost_records) {
      complain("run " + run.entry.id +
               " could not record all of its tests, and which is not known");
    } else {
      complain("run " + run.entry.id + " ended too early, and what it left out is not known");
    }
  }
  return found.tests();
}

}  // namespace holdfast::cli
