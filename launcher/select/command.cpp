// `holdfast ctest`: becomes a ctest of chosen tests. `holdfast shard`: says which tests are in a
// shard. `holdfast rerun`: becomes a ctest that does what an earlier one did.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "cleanup/dead_runs.hpp"
#include "command/command.hpp"
#include "ctest/rerun.hpp"
#include "ctest/test_graph.hpp"
#include "history/command.hpp"
#include "history/recent.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/process/execute.hpp"
#include "select/ctest_call.hpp"
#include "select/selection.hpp"
#include "select/slurm_array.hpp"
#include "values/test_order.hpp"

namespace holdfast::cli {
namespace {

struct ChoosingOptions {
  Restrictions restrictions;
  std::string shard;
  std::string tree;
  std::vector<std::string> words;  // for ctest
  std::optional<Command> command;
};

// `known`: the command's own options, in words.
Result<void> refuse_stray_words(const ChoosingOptions& options, const std::string& known) {
  const std::vector<std::string> stray = options.command->remaining();
  if (stray.empty()) return {};
  return ErrorInWords{brief_in_quotes(stray.front()) + ": expected " + known +
                      ", and -- before ctest's own arguments"};
}

// The last options of a command that passes words on to ctest.
void take_words_of_ctest(Command command, ChoosingOptions& options,
                         const std::vector<std::string>& words) {
  options.command = command;
  options.words = words;
  add_tree_option(command, options.tree);
  command.footer("After --: ctest's own arguments, such as -j8 -L unit.");
  command.allow_extras();
}

struct CtestOptions : ChoosingOptions {
  std::string order;
  std::string slurm_array;
};

Result<Restrictions> restrictions_of(const CtestOptions& options) {
  HOLDFAST_DO(refuse_stray_words(
      options, "--failed, --affected, --shard, --timings, --order, --slurm-array or --tree"));
  Restrictions restrictions = options.restrictions;
  if (!options.shard.empty()) {
    const Result<ShardNumber> shard = parse_shard(options.shard);
    if (!shard) return ErrorInWords{to_text("--shard", shard.error())};
    restrictions.shard = *shard;
  }
  if (!options.slurm_array.empty()) {
    const auto count = parse_number<std::size_t>(options.slurm_array);
    if (!count || *count < 1 || *count > k_most_shards) {
      return ErrorInWords{to_text("--slurm-array", BadValue(brief_in_quotes(options.slurm_array),
                                                            "a number of shards, 1 to 10000"))};
    }
    restrictions.shard = ShardNumber{1, *count};
    restrictions.fixtures = SharedFixtures::in_one_shard;
  }
  if (!restrictions.timings.empty() && !restrictions.shard) {
    return ErrorInWords{"--timings: expected --shard I/N or --slurm-array N beside it"};
  }
  return restrictions;
}

// The order holds for this ctest, whatever holdfast.toml says.
Result<void> order_tests(const UserCall& user, TestOrder order, const std::string& prefix) {
  const std::string word(name_of(order));
  if (!is_attached(user.tree)) {
    return ErrorInWords{"--order " + word + ": Holdfast is not attached to " + user.tree};
  }
  if (order == TestOrder::as_is) {
    ::setenv(std::string(environment::k_test_order).c_str(), word.c_str(), 1);
    return {};
  }
  if (user.words.is_random) {
    return ErrorInWords{"--order " + word +
                        ": ctest's --schedule-random would make another order: expected one of the "
                        "two"};
  }
  HOLDFAST_TRY(History history, open_history(user.tree));
  HOLDFAST_TRY(const std::string commands, commands_for(order, history));
  return put_in_order(prefix + std::string(names::k_selected_order_file), commands);
}

void announce(const Chosen& chosen, const Restrictions& restrictions) {
  std::string line = counted(chosen.tests.size(), "test");
  if (chosen.division) {
    line = "shard " + to_text(*restrictions.shard) + " of division " +
           chosen.division->fingerprint + ": " + line + " of " +
           std::to_string(chosen.divided.size());
  }
  if (!chosen.why.empty()) line += " (" + chosen.why + ")";
  if (chosen.tests.empty()) line += ": ctest is not started";
  complain(line);
}

// The words by which ctest runs the chosen tests; empty: there are none.
Result<std::vector<std::string>> words_to_run(const UserCall& user,
                                              const Restrictions& restrictions,
                                              const std::string& prefix) {
  HOLDFAST_TRY(const Chosen chosen, choose(user, restrictions));
  announce(chosen, restrictions);
  if (chosen.tests.empty()) return std::vector<std::string>();
  const std::vector<std::size_t> numbers = ranks_of(chosen.all, chosen.tests);
  if (numbers.empty()) {
    return ErrorInWords{
        "the preset leaves these tests out, and no test that it has needs them: ctest is not "
        "started"};
  }
  HOLDFAST_TRY(std::vector<std::string> words,
               words_for(numbers, prefix + std::string(names::k_selected_numbers_file)));
  HOLDFAST_DO(leave_plan(user.tree, prefix, planned_lines(chosen, restrictions)));
  if (user.words.no_tests.empty()) words.push_back(no_tests_word(chosen.all, chosen.tests));
  words.insert(words.end(), user.words.kept.begin(), user.words.kept.end());
  if (user.words.is_random) words.emplace_back("--schedule-random");
  return words;
}

// Nothing is chosen, so there need be no build tree: `ctest -S` knows its own.
Error become_plain_ctest(const CtestOptions& options) {
  const Result<UserCall> user = user_call(options.tree, options.words);
  const bool has_tree = !options.tree.empty();
  if (!user && has_tree) return user.error();
  if (!user) return become_ctest({"ctest", ".", options.words}, "ctest");
  CtestCall call = user->call;
  // A script or a dashboard begins where it is called.
  if (!user->trouble.empty() && !has_tree) call.directory = ".";
  return become_ctest(call, "ctest");
}

// As ctest itself would end.
int exit_code_without_tests(const UserCall& user) {
  return user.words.no_tests == "error" ? exit_codes::k_ctest_failed : exit_codes::k_success;
}

// Returns the exit code if there is no test to run, or if Slurm runs them. Otherwise it returns
// only on failure.
Result<int> become_ctest_of(const CtestOptions& options) {
  HOLDFAST_TRY(const Restrictions restrictions, restrictions_of(options));
  const std::optional<TestOrder> order = named<TestOrder>(options.order);
  if (!restrictions.any() && !order) return become_plain_ctest(options);
  HOLDFAST_TRY(UserCall user, user_call(options.tree, options.words));
  HOLDFAST_TRY(const std::string prefix, prefix_of_selection_files(user.tree));
  if (order) {
    HOLDFAST_DO(order_tests(user, *order, prefix));
  }
  if (restrictions.fixtures == SharedFixtures::in_one_shard) {
    HOLDFAST_TRY(const Chosen chosen, choose(user, restrictions));
    if (!chosen.divided.empty()) return run_slurm_array(user, chosen, restrictions);
    complain("0 tests: no job is submitted");
    return exit_code_without_tests(user);
  }
  if (restrictions.any()) {
    HOLDFAST_TRY(std::vector<std::string> words, words_to_run(user, restrictions, prefix));
    if (words.empty()) return exit_code_without_tests(user);
    user.call.words = std::move(words);
  }
  return become_ctest(user.call, "ctest");
}

struct ShardOptions : ChoosingOptions {
  std::string format = "names";
};

std::string json_of(const Chosen& chosen, const ShardNumber& shard) {
  using Json = nlohmann::ordered_json;
  const auto as_json = [&](std::size_t place) {
    const SelectableTest& test = chosen.all.tests[chosen.divided[place]];
    const auto& time = chosen.times[place];
    return Json{{"test", test.name},
                {"index", test.number},
                {"seconds", time ? Json(static_cast<double>(*time) / 1000) : Json(nullptr)}};
  };
  const Json all{{"version", 1},
                 {"shard", to_text(shard)},
                 {"fingerprint", chosen.division->fingerprint},
                 {"tests", collected(chosen.division->shards[shard.number - 1], as_json)}};
  return all.dump() + '\n';
}

Result<int> print_shard(const ShardOptions& options) {
  HOLDFAST_DO(refuse_stray_words(options, "--timings, --format or --tree"));
  const Result<ShardNumber> shard = parse_shard(options.shard);
  if (!shard) return ErrorInWords{to_text("shard", shard.error())};
  HOLDFAST_TRY(const UserCall user, user_call(options.tree, options.words));
  Restrictions restrictions = options.restrictions;
  restrictions.shard = *shard;
  HOLDFAST_TRY(const Chosen chosen, choose(user, restrictions));
  if (options.format == "json") return print_or_fail(json_of(chosen, *shard));
  std::vector<std::string> names =
      collected(chosen.tests, [&](std::size_t place) { return chosen.all.tests[place].name; });
  if (options.format == "names") return print_or_fail(names_as_lines(names));
  // An expression selects all tests of a name.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return print_or_fail(names_as_expression(names));
}

// `holdfast rerun`.

namespace fs = std::filesystem;

// How many tests that are gone are named.
constexpr std::size_t k_named = 8;

struct RerunOptions {
  std::string run = "latest";
  std::string tree;
};

// What the journal says of the run.
struct EarlierRun {
  RunEntry entry;
  RunStarted started;
  std::vector<RanTest> tests;
  std::vector<std::string> order;  // in which ctest started them
  bool complete = false;
};

Result<EarlierRun> find_earlier(const fs::path& tree, const std::string& wanted) {
  EarlierRun run;
  HOLDFAST_TRY(run.entry, find_run(tree, wanted, variable(environment::k_run_id)));
  if (!settle(run.entry)) return ErrorInWords{"run " + run.entry.id + " is still going on"};
  BegunTests tests;
  const Result<JournalFlaws> flaws = read_records(run.entry.journal, [&](const Record& record) {
    tests.see(record);
    if (const auto* started = std::get_if<RunStarted>(&record)) run.started = *started;
    const auto* ended = std::get_if<RunEnded>(&record);
    if (ended != nullptr && ended->complete) run.complete = true;
  });
  if (!flaws) return flaws.error();
  run.tests = tests.judged();
  // If ctest's log is lost, only launchers have recorded tests.
  for (BegunTests::Other& other : tests.others()) run.tests.push_back(std::move(other.test));
  run.order = tests.order();
  if (run.tests.empty()) return ErrorInWords{"run " + run.entry.id + " had no test"};
  return run;
}

// Gives ctest the variables that decided then what tests do, and takes away those that did not.
void restore_variables(const RunStarted& started) {
  if (started.program.empty()) return;  // an older Holdfast did not record them
  for (const std::string& entry : os::own_environment()) {
    const Variable variable = variable_of(entry);
    if (shapes_run(variable.name)) ::unsetenv(variable.name.c_str());
  }
  for (const std::string& entry : started.environment) {
    const Variable variable = variable_of(entry);
    if (variable.name != entry) ::setenv(variable.name.c_str(), variable.value.c_str(), 1);
  }
}

void announce(const EarlierRun& run, const RerunSelection& selection,
              const std::vector<std::string>& kept) {
  const std::string& id = run.entry.id;
  if (!selection.gone.empty()) {
    complain("of run " + id +
             " do not exist any more: " + bounded_list(selection.gone, k_named, brief_in_quotes));
  }
  if (!run.complete) {
    complain("run " + id + " did not finish: what it had not started is left out");
  }
  std::string line = "ctest";
  for (const std::string& word : kept) line += " " + word;
  const std::size_t count = selection.places.size();
  complain("run " + id + " again, " + counted(count, "test") + ": " + brief(line));
}

// ctest brings the fixtures along that these tests need now, and nothing else.
std::vector<SelectableTest> all_that_run(const std::vector<std::size_t>& places,
                                         std::vector<SelectableTest> tests) {
  for (SelectableTest& test : tests) test.schedule.depends.clear();
  TestSet wanted(tests.size());
  for (const std::size_t place : places) wanted[place] = true;
  wanted = with_needed(TestGraph(tests), std::move(wanted));
  return collected(places_in(wanted), [&](std::size_t place) { return std::move(tests[place]); });
}

// Returns only on failure.
Result<int> rerun(const RerunOptions& options) {
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  HOLDFAST_TRY(const EarlierRun run, find_earlier(tree, options.run));
  const Result<RerunWords> words = rerun_words(run.started.command);
  if (!words) {
    return ErrorInWords{"run " + run.entry.id + ": " + to_text(words.error()) +
                        ": run it again yourself"};
  }
  HOLDFAST_TRY(CtestCall start, call_of(run.entry, run.started, tree, words->has_preset));
  restore_variables(run.started);
  // All tests from which those of the run can be chosen. A preset may select tests by their
  // numbers. This option makes ctest list all of them.
  RerunWords for_all = *words;
  for_all.selecting = {"-I", "1,,1"};
  HOLDFAST_TRY(TreeTests all, list_tree_tests(start, for_all, Keys::of_namesakes));
  const RerunSelection selection = select_again(run.tests, places_of(all.tests));
  const std::vector<std::size_t> ranks = ranks_of(all, selection.places);
  if (ranks.empty()) {
    return ErrorInWords{"none of the tests of run " + run.entry.id + " exists any more"};
  }
  HOLDFAST_TRY(const std::vector<std::string> numbers,
               words_for(ranks, run.entry.directory / names::k_rerun_numbers_file));
  HOLDFAST_TRY(const std::string prefix, prefix_of_selection_files(tree));
  const std::string plan = planned_lines(all_that_run(selection.places, std::move(all.tests)));
  HOLDFAST_DO(leave_plan(tree, prefix, plan));
  start.words = joined(words->kept, numbers);
  if (words->is_random) {
    const fs::path file = run.entry.directory / names::k_rerun_order_file;
    HOLDFAST_DO(put_in_order(file, costs_for_order(run.order)));
  }
  announce(run, selection, words->kept);
  return become_ctest(start, run.started.command[0]);
}

}  // namespace

void add_ctest(Command app, const std::vector<std::string>& words) {
  const auto [command, options] =
      add_command(app, "ctest", "run ctest with chosen tests; its own arguments come after --",
                  become_ctest_of);
  command.add_flag("--failed", options->restrictions.failed,
                   "only tests that were red when last seen, or that a run left out because it "
                   "ended too early");
  command
      .add_option("--affected", options->restrictions.affected,
                  "only tests that the changes since a commit affect")
      .check(expected("a commit"));
  const Option shard = command.add_option("--shard", options->shard, "only shard I of N (I/N)")
                           .check(expected("I/N"));
  command
      .add_option("--timings", options->restrictions.timings,
                  "with --shard: a history with the times of tests, the same for all shards")
      .check(expected("the path of a history"));
  command.add_option("--order", options->order, "in which order ctest starts the tests")
      .one_of(words_of(TestOrder{}));
  command
      .add_option("--slurm-array", options->slurm_array,
                  "run the tests on Slurm's nodes: an array job of N shards, in this build tree")
      .check(expected("a number of shards"))
      .excludes({shard});
  take_words_of_ctest(command, *options, words);
}

void add_shard(Command app, const std::vector<std::string>& words) {
  const auto [command, options] =
      add_command(app, "shard", "name the tests of shard I of N", print_shard);
  command.add_option("SHARD", options->shard, "I/N: shard I of N")
      .required()
      .check(expected("I/N"));
  command
      .add_option("--timings", options->restrictions.timings,
                  "a history with the times of tests, the same for all shards")
      .check(expected("the path of a history"));
  command
      .add_option("--format", options->format,
                  "names, one on each line (default); an expression for ctest -R; or JSON")
      .one_of(std::vector<std::string>{"names", "ctest", "json"});
  take_words_of_ctest(command, *options, words);
}

void add_rerun(Command app) {
  const auto [command, options] = add_command(
      app, "rerun", "run the tests of a run again, with the same options and order", rerun);
  command.add_option("RUN", options->run, "a run's id, the beginning of one, or latest")
      .check(expected("a run's id, the beginning of one, or latest"));
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
