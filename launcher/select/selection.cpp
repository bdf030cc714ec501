#include "select/selection.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "affected/find_affected.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "cleanup/dead_runs.hpp"
#include "command/command.hpp"
#include "ctest/ctest_verdict.hpp"
#include "ctest/list_tests.hpp"
#include "ctest/test_graph.hpp"
#include "history/command.hpp"
#include "history/history.hpp"
#include "history/recent.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "journal/run_directory.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "settings/project_settings.hpp"
#include "values/held_locks.hpp"
#include "values/lock_spec.hpp"

namespace holdfast::cli {
namespace {

// What runs left out that ended too early.
struct PastRunOfTree {
  RunEntry entry;
  RunStarted started;
  Stops stops = Stops::never;
  bool has_lost_records = false;  // of tests, on a full disk for instance
};

// Newest first, up to the oldest one that may have left something out. Runs that go on, and those
// that a test started, do not count.
std::vector<PastRunOfTree> past_runs_of(const std::string& tree) {
  std::vector<PastRunOfTree> runs;
  for (const RunEntry& entry : list_runs(tree)) {
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

  // The tests that these may be. Of one that may be more than `most`, none.
  TestSet named(const std::vector<RanTest>& tests,
                std::size_t most = std::numeric_limits<std::size_t>::max()) const {
    TestSet set(all_.tests.size());
    for (const RanTest& test : tests) {
      const std::vector<std::size_t> places = places_.meant_by(test);
      if (places.size() > most) continue;
      for (const std::size_t place : places) set[place] = true;
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
    const Result<Listing> listing = ask_for_tests({call.program, call.directory, options});
    if (!listing) return std::nullopt;
    const Result<std::vector<ListedTest>> read = all_listed(listing->text);
    if (!read) return std::nullopt;
    return named(collected(*read, [](const ListedTest& test) { return RanTest{test.name}; }));
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

// The tests that a run of the tree was to run and did not begin, because it ended too early, and
// that no later run has begun. Disabled tests are none of them. If it is not known what a run left
// out, a line on stderr says so.
TestSet tests_not_begun(const UserCall& user, const TreeTests& all) {
  LeftOut left_out(user, all);
  NotBegun found(collected(all.tests, &SelectableTest::is_disabled));
  for (const PastRunOfTree& run : past_runs_of(user.tree)) {
    Recorded recorded = read_run(run.entry);
    // A record without a key does not say which of several tests of one name has begun. None has
    // then: to run a test again does less harm than to leave one out.
    found.see_begun(left_out.named(recorded.begun, 1));
    found.see_planned(left_out.named(recorded.open));
    if (found.is_done()) break;
    if (run.stops == Stops::never || (run.stops == Stops::at_a_failure && !recorded.has_failed))
      continue;
    if (const auto planned = left_out.planned(run, std::move(recorded))) {
      found.see_planned(*planned);
    } else {
      complain("run " + run.entry.id +
               (run.has_lost_records ? " could not record all of its tests, and which is not known"
                                     : " ended too early, and what it left out is not known"));
    }
  }
  return found.tests();
}

// Which tests keep apart by a lock that does not reach from one node to another.

struct LockUsers {
  std::set<std::string> tests;  // names
  bool is_shared = true;        // by all of them
};

bool is_within_node(const LockSpec& lock) {
  const bool is_of_sources = lock.scope == LockScope::build || lock.scope == LockScope::project;
  return is_of_sources && !is_retry_alone_lock(lock);  // which every test has
}

// By lock, as text without its mode.
std::map<std::string, LockUsers> users_of_locks(const ProjectSettings& settings,
                                                const std::vector<ListedTest>& tests) {
  std::map<std::string, LockUsers> users;
  for (const ListedTest& test : tests) {
    // A test with settings that are refused does not run.
    const auto resolved = settings.resolve(test.name, test.properties, test.said);
    if (!resolved) continue;
    for (const LockSpec& lock : resolved->policy.locks) {
      if (!is_within_node(lock)) continue;
      LockUsers& one = users[to_text(LockSpec{.name = lock.name, .scope = lock.scope})];
      one.tests.insert(test.name);
      if (lock.mode != LockMode::shared) one.is_shared = false;
    }
  }
  return users;
}

// Locks of the scopes build and project, RESOURCE_LOCK among them, hold on one machine, and shards
// of one tree run on several. Makes each such lock, which not all of its tests share, a fixture
// that its tests need, so that they are one shard. `tests` are some of the listed ones.
Result<void> make_fixtures_of_locks(const std::string& tree, const std::vector<ListedTest>& listed,
                                    std::vector<SelectableTest>& tests) {
  HOLDFAST_TRY(const ProjectSettings settings, ProjectSettings::of_tree(tree));
  for (const auto& [lock, users] : users_of_locks(settings, listed)) {
    if (users.is_shared) continue;
    // No fixture of a project has such a name.
    const std::string fixture = "\nlock " + lock;
    bool is_first = true;
    for (SelectableTest& test : tests) {
      if (!users.tests.contains(test.name)) continue;
      (is_first ? test.schedule.setup : test.schedule.required).push_back(fixture);
      is_first = false;
    }
  }
  return {};
}

// What earlier runs say of the tests of a tree.

// Of the tests that are listed, all runs are asked for what is still open.
Result<RecentTests> recent_of(History& history, const TreeTests& all, std::size_t times) {
  HOLDFAST_TRY(std::vector<NumberedTest> tests, history.tests());
  const TestPlaces places = places_of(all.tests);
  std::erase_if(tests,
                [&](const NumberedTest& test) { return places.named(test.id.name).empty(); });
  return recent_tests(history, tests, times, std::numeric_limits<std::size_t>::max());
}

// The tests that were red when they were last seen, in any run.
Result<TestSet> red_tests(const UserCall& user, const TreeTests& all) {
  HOLDFAST_TRY(History history, open_history(user.tree));
  HOLDFAST_TRY(const RecentTests recent, recent_of(history, all, 0));
  return collected(all.tests, [&](const SelectableTest& test) {
    return recent.was_red({test.name, test.key});
  });
}

// How long the tests took when they last passed.
Result<TestTimes> times_of(History& history, const TreeTests& all) {
  HOLDFAST_TRY(const RecentTests recent, recent_of(history, all, k_times_of_test));
  return collected(all.tests, [&](const SelectableTest& test) {
    const std::optional<double> seconds = recent.seconds_of({test.name, test.key});
    return seconds ? std::optional<std::int64_t>(std::llround(*seconds * 1000)) : std::nullopt;
  });
}

// Red, or not begun.
Result<TestSet> failed_tests(const UserCall& user, const TreeTests& all, std::string& why) {
  HOLDFAST_TRY(TestSet failed, red_tests(user, all));
  const std::size_t red = size_of(failed);
  const TestSet open = tests_not_begun(user, all);
  for (std::size_t i = 0; i < open.size(); ++i) failed[i] = failed[i] || open[i];
  const std::size_t not_begun = size_of(failed) - red;
  why = std::to_string(red) + " red when last seen, " + std::to_string(not_begun) + " not begun";
  return failed;
}

// Tests of one name are affected together.
Result<TestSet> affected_tests(const UserCall& user, const std::string& since, const TreeTests& all,
                               std::string& why) {
  const AffectedOrder order{user.tree, since, user.words.configuration};
  const Result<FoundAffected> found = find_affected(order, all.listed);
  if (!found) return ErrorInWords{"--affected: " + to_text(found.error())};
  for (const std::string& note : found->notes) complain(note);
  std::unordered_set<std::string_view> names;
  for (const AffectedTest& test : found->affected.tests) names.insert(test.name);
  TestSet affected =
      collected(all.tests, [&](const SelectableTest& test) { return names.contains(test.name); });
  if (!why.empty()) why += "; ";
  why += std::to_string(size_of(affected)) + " affected since " + brief(since);
  return affected;
}

Result<void> divide_chosen(const UserCall& user, const Restrictions& restrictions, Chosen& chosen) {
  TreeTests some;
  some.tests =
      collected(chosen.divided, [&](std::size_t place) { return chosen.all.tests[place]; });
  chosen.times.resize(some.tests.size());
  const bool is_one_tree = restrictions.fixtures == SharedFixtures::in_one_shard;
  if (!restrictions.timings.empty() || is_one_tree) {
    HOLDFAST_TRY(History history, restrictions.timings.empty()
                                      ? open_history(user.tree)
                                      : History::open_existing(restrictions.timings));
    HOLDFAST_TRY(chosen.times, times_of(history, some));
  }
  if (is_one_tree) {
    HOLDFAST_DO(make_fixtures_of_locks(user.tree, chosen.all.listed, some.tests));
  }
  chosen.division =
      divide(some.tests, chosen.times, restrictions.shard->count, restrictions.fixtures);
  chosen.tests = chosen.places_in_shard(restrictions.shard->number);
  return {};
}

// All that ctest has to run so that it runs these tests.
TestSet with_what_belongs_to_it(const TreeTests& all, TestSet wanted) {
  const TestGraph graph(all.tests);
  const TestSet selectable = collected(all.ranks, [](std::size_t rank) { return rank > 0; });
  while (true) {
    wanted = with_needed(graph, std::move(wanted));
    TestSet more = with_users(graph, wanted, selectable);
    if (more == wanted) return wanted;
    wanted = std::move(more);
  }
}

namespace fs = std::filesystem;

// A process of another PID namespace looks as if it had ended. It has read its files by then.
constexpr std::chrono::hours k_least_age{1};
// The tasks of a job of Slurm read theirs when they begin, and the process may be of another host.
constexpr std::chrono::hours k_least_age_of_array{30 * 24};

// A line of a journal has a bound.
constexpr std::size_t k_tests_in_record = 1000;
constexpr std::size_t k_bytes_in_record = 512 * 1024;

void remove_left_files(const fs::path& directory) {
  for (const std::string& name : os::names_in_own(directory.string())) {
    const std::optional<NamespacedProcess> owner = parse_file_name(name);
    if (!owner || os::is_alive(owner->process)) continue;
    const fs::path path = directory / name;
    std::error_code ignored;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(path, ignored);
    const bool is_array = path.extension() == names::k_selected_array_suffix;
    if (ignored || age <= (is_array ? k_least_age_of_array : k_least_age)) continue;
    if (!os::remove_own(path.string())) (void)os::remove_directory(path.string());
  }
}

// The tests at these places, in as many records as it takes.
void add_records(PlannedRecord record, const std::vector<SelectableTest>& tests,
                 std::string& lines) {
  std::size_t bytes = 0;
  const bool has_keys =
      std::ranges::any_of(tests, [](const SelectableTest& test) { return !test.key.empty(); });
  const auto flush = [&] {
    if (!record.tests.empty()) lines += line_of(record);
    record.tests.clear();
    record.keys.clear();
    bytes = 0;
  };
  for (const SelectableTest& test : tests) {
    record.tests.push_back(test.name);
    if (has_keys) record.keys.push_back(test.key);
    bytes += test.name.size();
    if (record.tests.size() == k_tests_in_record || bytes > k_bytes_in_record) flush();
  }
  flush();
}

PlannedRecord own_record() {
  PlannedRecord record;
  record.at = os::unix_now();
  record.is_own = true;
  return record;
}

}  // namespace

Result<Chosen> choose(const UserCall& user, const Restrictions& restrictions) {
  if (!user.trouble.empty()) return ErrorInWords{user.trouble};
  // Other directories may have had tests of the same names.
  const bool is_part = restrictions.failed && user.directory != user.tree;
  Chosen chosen;
  HOLDFAST_TRY(chosen.all,
               list_tree_tests(user.call, user.words, is_part ? Keys::of_all : Keys::of_namesakes));
  TestSet wanted(chosen.all.tests.size(), true);
  if (restrictions.failed) {
    HOLDFAST_TRY(wanted, failed_tests(user, chosen.all, chosen.why));
  }
  if (!restrictions.affected.empty()) {
    HOLDFAST_TRY(const TestSet affected,
                 affected_tests(user, restrictions.affected, chosen.all, chosen.why));
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = wanted[i] && affected[i];
  }
  if (restrictions.failed || !restrictions.affected.empty()) {
    wanted = with_what_belongs_to_it(chosen.all, std::move(wanted));
  }
  chosen.tests = chosen.divided = places_in(wanted);
  if (restrictions.shard) {
    HOLDFAST_DO(divide_chosen(user, restrictions, chosen));
  }
  return chosen;
}

Result<std::string> prefix_of_selection_files(const std::string& tree) {
  const fs::path directory = fs::path(tree) / names::k_selections_directory;
  HOLDFAST_DO(os::make_own_directories(directory.string(), 0777));
  remove_left_files(directory);
  return (directory / begin_of_selected_file(os::own_name())).string();
}

std::string planned_lines(const std::vector<SelectableTest>& tests) {
  std::string lines;
  add_records(own_record(), tests, lines);
  return lines;
}

std::string planned_lines(const Chosen& chosen, const Restrictions& restrictions) {
  const auto test_at = [&](std::size_t place) { return chosen.all.tests[place]; };
  if (!chosen.division) return planned_lines(collected(chosen.tests, test_at));
  std::string lines;
  PlannedRecord record = own_record();
  record.fingerprint = chosen.division->fingerprint;
  for (std::size_t i = 0; i < chosen.division->shards.size(); ++i) {
    record.shard = to_text(ShardNumber{i + 1, restrictions.shard->count});
    record.is_own = i + 1 == restrictions.shard->number;
    const auto places = chosen.places_in_shard(i + 1);
    add_records(record, collected(places, test_at), lines);
  }
  return lines;
}

bool is_attached(const std::string& tree) {
  std::error_code failed;
  return fs::exists(fs::path(tree) / names::k_tree_directory / "attach.cmake", failed);
}

Result<void> leave_plan(const std::string& tree, const std::string& prefix,
                        const std::string& lines) {
  if (!is_attached(tree)) return {};
  const std::string file = prefix + std::string(names::k_planned_file);
  HOLDFAST_DO(os::replace_file(file, lines));
  ::setenv(std::string(environment::k_planned).c_str(), file.c_str(), 1);
  return {};
}

}  // namespace holdfast::cli
