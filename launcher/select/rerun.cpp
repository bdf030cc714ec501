#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "cleanup/dead_runs.hpp"
#include "command/command.hpp"
#include "ctest/rerun.hpp"
#include "ctest/test_graph.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "select/ctest_call.hpp"
#include "select/earlier_run.hpp"
#include "select/selection.hpp"
#include "select/tree_tests.hpp"

namespace holdfast::cli {
namespace {

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
  std::vector<std::string> to_go;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    std::string name(*entry, std::string_view(*entry).find('='));
    if (shapes_run(name)) to_go.push_back(std::move(name));
  }
  for (const std::string& name : to_go) ::unsetenv(name.c_str());
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
  std::vector<SelectableTest> run;
  for (const std::size_t place : places_in(wanted)) run.push_back(std::move(tests[place]));
  return run;
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

void add_rerun(Command app) {
  const auto [command, options] = add_command(
      app, "rerun", "run the tests of a run again, with the same options and order", rerun);
  command.add_option("RUN", options->run, "a run's id, the beginning of one, or latest")
      .check(expected("a run's id, the beginning of one, or latest"));
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
