// The command `holdfast culprit`.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "command/json.hpp"
#include "ctest/cmake_expression.hpp"
#include "ctest/rerun.hpp"
#include "hunting/batch_of_case.hpp"
#include "hunting/command.hpp"
#include "hunting/culprit_search.hpp"
#include "hunting/stress_hunt.hpp"
#include "os/file/clock.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/removal.hpp"
#include "os/process/execute.hpp"
#include "report/load.hpp"

namespace holdfast::cli {
namespace {

constexpr Milliseconds k_turn{200};
constexpr Milliseconds k_reset_time{600'000};

struct CulpritOptions {
  std::string test;
  std::vector<std::string> after;
  std::string reset;
  std::string configuration;
  std::string tree;
  bool json = false;
};

// What is hunted: a test of ctest, or a case of a batch.
struct Victim {
  Quarry quarry;         // the test, or the batch
  std::string one_case;  // empty: the test is hunted
  ListedTest test;
  const std::string& name() const { return one_case.empty() ? quarry.test : one_case; }
};

Result<Victim> find_victim(const HuntedTree& tree, const std::string& name) {
  const auto named = [&](const std::string& wanted) {
    return std::ranges::find(tree.tests, wanted, &ListedTest::name);
  };
  const bool is_test = named(name) != tree.tests.end();
  const ListedTest* const batch = is_test ? nullptr : find_batch_of(tree.tree, tree.tests, name);
  HOLDFAST_TRY(Quarry quarry, tree.quarry(batch != nullptr ? batch->name : name));
  Victim victim{std::move(quarry), is_test ? std::string() : name, {}};
  victim.test = *named(victim.quarry.test);
  return victim;
}

class Prober {
 public:
  Prober(const CulpritOptions& options, const Victim& victim, Lane& lane,
         const os::HeldSignals& signals)
      : options_(options), victim_(victim), lane_(lane), signals_(signals) {}

  // Those that ran before the victim, in their order.
  Result<std::vector<std::string>> candidates() {
    if (!options_.after.empty()) return options_.after;
    return victim_.one_case.empty() ? earlier_tests() : earlier_cases();
  }

  Result<Culprits> find(const std::vector<std::string>& names) {
    Result<Culprits> found =
        find_culprits(names.size(), [&](const std::vector<std::size_t>& before) -> Result<bool> {
          std::vector<std::string> chosen =
              collected(before, [&](std::size_t index) { return names[index]; });
          chosen.push_back(victim_.name());
          HOLDFAST_TRY(const RunReport report, run(chosen));
          return has_failed(report);
        });
    if (found) found->runs += runs_before_;
    return found;
  }

 private:
  // Runs these, in this order.
  Result<RunReport> run(const std::vector<std::string>& chosen) {
    HOLDFAST_DO(reset());
    LaneStart start;
    if (victim_.one_case.empty()) {
      const std::string order = lane_.directory() + "/order.cmake";
      HOLDFAST_DO(os::replace_file(order, costs_for_order(chosen)));
      start.words = {"-j1", "-R", expression_for_names(chosen)};
      start.environment = {text_of({environment::k_test_order, "=", order})};
    } else {
      const std::string cases = lane_.directory() + "/cases";
      HOLDFAST_DO(os::replace_file(cases, separated(chosen, "\n")));
      start.environment = {text_of({environment::k_hunted_cases, "=", cases})};
    }
    lane_.start(victim_.quarry, start);
    while (!lane_.go_on()) {
      os::Wait wait({}, os::monotonic_now() + k_turn);
      lane_.join(wait);
      wait.go();
      if (signals_.came()) lane_.ask_to_end();
    }
    const LaneEnd end = lane_.take_end(victim_.quarry);
    if (signals_.came()) return ErrorInWords{"interrupted"};
    if (!end.trouble.empty()) return ErrorInWords{end.trouble};
    return load_report(*end.run);
  }

  Result<void> reset() const {
    if (options_.reset.empty()) return {};
    os::BoundedOrder order;
    order.words = {"/bin/sh", "-c", options_.reset};
    order.environment = os::own_environment();
    order.time = k_reset_time;
    const std::string trouble = os::trouble_with(options_.reset, os::run_bounded(order));
    return trouble.empty() ? Result<void>() : ErrorInWords{"--reset: " + trouble};
  }

  Result<bool> has_failed(const RunReport& report) const {
    const auto test = std::ranges::find(report.tests, victim_.quarry.test, &TestReport::name);
    if (test == report.tests.end()) return ErrorInWords{victim_.quarry.test + " did not run"};
    if (victim_.one_case.empty()) return is_red(test->outcome);
    const auto found = std::ranges::find(test->cases, victim_.one_case, &Case::name);
    if (found == test->cases.end() || found->outcome == Outcome::not_run) {
      return ErrorInWords{victim_.one_case + " did not run"};
    }
    return is_red(found->outcome);
  }

  // By a run of the whole batch in one process. If a case ended the process, another one ran those
  // after it, and only those of its own process can have poisoned the victim.
  Result<std::vector<std::string>> earlier_cases() {
    ++runs_before_;
    HOLDFAST_DO(reset());
    HOLDFAST_TRY(const RunReport report, run({}));
    const auto test = std::ranges::find(report.tests, victim_.quarry.test, &TestReport::name);
    if (test == report.tests.end()) return ErrorInWords{victim_.quarry.test + " did not run"};
    const auto victim = std::ranges::find(test->cases, victim_.one_case, &Case::name);
    if (victim == test->cases.end()) {
      return ErrorInWords{victim_.quarry.test + " has no case " +
                          brief_in_quotes(victim_.one_case)};
    }
    std::vector<std::string> names;
    for (auto one = test->cases.begin(); one != victim; ++one) {
      if (one->worker == victim->worker) names.push_back(one->name);
    }
    return names;
  }

  // In the last run of the tree, those that had ended when it began; without one, those before it
  // in ctest's list.
  Result<std::vector<std::string>> earlier_tests() const {
    std::vector<std::pair<double, std::string>> ended;
    std::optional<double> began;
    if (const Result<RunEntry> last = find_run(victim_.quarry.tree, "latest")) {
      HOLDFAST_TRY(const RunReport report, load_report(*last));
      for (const TestReport& test : report.tests) {
        const Attempt& attempt = last_attempt(test);
        if (test.name == victim_.quarry.test) began = attempt.started;
        if (attempt.ended) ended.emplace_back(*attempt.ended, test.name);
      }
    }
    if (!began) {
      return ErrorInWords{"the last run of " + victim_.quarry.tree + " did not run " +
                          brief_in_quotes(victim_.quarry.test) + ": expected --after TEST…"};
    }
    std::ranges::sort(ended);
    std::vector<std::string> names;
    for (const auto& [at, name] : ended) {
      if (at <= *began && name != victim_.quarry.test) names.push_back(name);
    }
    return names;
  }

  const CulpritOptions& options_;
  const Victim& victim_;
  Lane& lane_;
  const os::HeldSignals& signals_;
  std::size_t runs_before_ = 0;
};

// What repeats the failure.
std::string command_for(const Victim& victim, std::vector<std::string> names) {
  names.push_back(victim.name());
  if (!victim.one_case.empty()) {
    std::vector<std::string> words = victim.test.command;
    if (!select_cases(names, words)) words = {"holdfast", "debug", victim.quarry.test};
    std::string command = separated(words, " ", for_shell);
    if (victim.test.directory.empty()) return command;
    return "cd " + for_shell(victim.test.directory) + " && " + command;
  }
  const std::string each = "ctest --test-dir " + for_shell(victim.quarry.tree) + " -R ";
  return separated(names, "; ", [&](const std::string& name) {
    return each + for_shell(expression_for_names({name}));
  });
}

std::string_view name_of(Culprits::Kind kind) {
  constexpr auto k_names = word_list("found", "alone", "never", "unstable");
  return k_names[static_cast<std::size_t>(kind)];
}

std::string in_words(const Victim& victim, const Culprits& found,
                     const std::vector<std::string>& culprits) {
  const std::string name = printable(victim.name());
  switch (found.kind) {
    case Culprits::Kind::alone:
      return name + " fails alone: no earlier one is needed\n";
    case Culprits::Kind::never:
      return name + " passes after all that ran before it, too\n";
    case Culprits::Kind::unstable:
      return name + " now fails and now passes in the same order: see holdfast stress " +
             for_shell(victim.quarry.test) + "\n";
    case Culprits::Kind::found:
      break;
  }
  const std::string needs =
      culprits.size() > 1 ? fmt::format(" (it needs all {} of them)", culprits.size()) : "";
  return fmt::format("{} fails after {}{}; found in {}\n  again: {}\n", name,
                     separated(culprits, ", ", printable), needs, counted(found.runs, "run"),
                     command_for(victim, culprits));
}

Json in_json(const Victim& victim, const Culprits& found,
             const std::vector<std::string>& culprits) {
  Json json{{"test", valid_utf8(victim.name())}};
  if (found.kind != Culprits::Kind::found) {
    json["refused"] = name_of(found.kind);
  } else {
    json["culprits"] = json_list(culprits, valid_utf8);
  }
  json["runs"] = found.runs;
  if (found.kind == Culprits::Kind::found) json["command"] = command_for(victim, culprits);
  return json;
}

Result<int> find_culprit(const CulpritOptions& options) {
  HOLDFAST_TRY(const std::string wanted, find_tree(options.tree));
  HOLDFAST_TRY(const HuntedTree tree, hunted_tree(wanted, options.configuration));
  HOLDFAST_TRY(const Victim victim, find_victim(tree, options.test));
  const os::HeldSignals signals;
  HOLDFAST_TRY(const std::string directory, make_hunt_directory(tree.tree));
  HOLDFAST_TRY(Lane lane, Lane::make(directory + "/lane-1", victim.quarry));
  Prober hunt(options, victim, lane, signals);
  const Result<std::vector<std::string>> names = hunt.candidates();
  const Result<Culprits> found = names ? hunt.find(*names) : Result<Culprits>(names.error());
  (void)os::remove_directory(directory);
  if (!found) return found.error();
  const std::vector<std::string> culprits =
      collected(found->indexes, [&](std::size_t index) { return (*names)[index]; });
  fmt::print("{}", options.json ? dumped(in_json(victim, *found, culprits))
                                : in_words(victim, *found, culprits));
  return found->kind == Culprits::Kind::found ? exit_codes::k_success : k_found;
}

}  // namespace

void add_culprit(Command app) {
  const auto [command, options] = add_command(
      app, "culprit", "find the earlier cases or tests after which one fails", find_culprit);
  command.add_option("TEST", options->test, "a case of a batch, or a test of ctest")
      .required()
      .check(expected("a test"));
  command
      .add_option("--after", options->after,
                  "which may do it, in the order in which they run (default: all before it)")
      .check(expected("a test"));
  command
      .add_option(
          "--reset", options->reset,
          "a command for sh that is run before each run, to remove what tests leave on disk")
      .check(expected("a command"));
  command.add_flag("--json", options->json, "as JSON");
  command.add_option("-C,--config", options->configuration,
                     "the configuration, where the tree has several");
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
