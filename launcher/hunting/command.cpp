#include "hunting/command.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "affected/find_affected.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "hunting/stress_hunt.hpp"
#include "os/file/clock.hpp"
#include "os/machine/limits.hpp"
#include "report/render.hpp"

namespace holdfast::cli {
namespace {

constexpr Milliseconds k_usual_time{120'000};

struct StressOptions {
  std::vector<std::string> tests;
  std::string time;
  std::string runs;
  std::string jobs;
  std::string vary;
  std::string seed;
  std::string since;
  std::string format = "text";
  std::string output;
  std::string configuration;
  std::string tree;
  bool until_fail = false;
  bool json = false;
};

Result<std::uint64_t> number_of(std::string_view option, const std::string& text) {
  const std::optional<std::uint64_t> number = parse_number<std::uint64_t>(text);
  if (number && *number > 0) return *number;
  return ErrorInWords{to_text(option, BadValue(text, "a number above 0"))};
}

// What the options say, for each of the tests.
struct StressPlan {
  StressOrder order;
  Milliseconds time{0};  // of all tests together
};

Result<StressPlan> plan_of(const StressOptions& options) {
  StressPlan plan;
  plan.time = options.runs.empty() ? k_usual_time : k_longest / 2;
  if (!options.time.empty()) {
    const Result<Milliseconds> time = parse_duration(options.time);
    if (!time) return ErrorInWords{to_text("--for", time.error())};
    if (time->count() == 0) {
      return ErrorInWords{to_text("--for", BadValue(options.time, "a time above 0"))};
    }
    plan.time = std::min(*time, k_longest / 2);
  }
  if (!options.runs.empty()) {
    HOLDFAST_TRY(plan.order.runs, number_of("--runs", options.runs));
  }
  plan.order.jobs = os::processors();
  if (!options.jobs.empty()) {
    HOLDFAST_TRY(plan.order.jobs, number_of("--jobs", options.jobs));
  }
  if (!options.vary.empty()) {
    const Result<VaryRules> rules = parse_vary(options.vary);
    if (!rules) return ErrorInWords{to_text("--vary", rules.error())};
    plan.order.rules = *rules;
  }
  if (options.seed.empty()) {
    plan.order.seed = std::random_device()() % 1'000'000;
  } else {
    const std::optional<std::uint64_t> seed = parse_number<std::uint64_t>(options.seed);
    if (!seed) return ErrorInWords{to_text("--seed", BadValue(options.seed, "a number"))};
    plan.order.seed = *seed;
  }
  plan.order.until_fail = options.until_fail;
  return plan;
}

// The line that moves, on a terminal.
class Progress {
 public:
  explicit Progress(bool shows) : shows_(shows && ::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
  }
  void show(const StressResult& result) {
    if (!shows_) return;
    constexpr std::size_t k_columns = 79;
    const std::string line = printable(result.test) + ": " + progress_of(result);
    fmt::print(stderr, "\r{}\x1b[K", first_bytes(line, k_columns));
    (void)std::fflush(stderr);
    drawn_ = true;
  }

 private:
  bool shows_;
  bool drawn_ = false;
};

// The results as the report of a run, for the formats that reports have.
class FailureOutputs final : public Outputs {
 public:
  explicit FailureOutputs(const std::vector<StressResult>& results) : results_(results) {}
  using Outputs::of;

  Printed of(const TestReport& test) override {
    const auto found = std::ranges::find(results_, test.name, &StressResult::test);
    if (found == results_.end() || found->failures.empty()) return {};
    std::ifstream file(found->failures.front().first_output);
    std::ostringstream text;
    text << file.rdbuf();
    return {std::string(last_of(text.str(), k_output_limit)), {}};
  }

 private:
  const std::vector<StressResult>& results_;
};

RunReport as_report(const std::vector<StressResult>& results, const std::string& tree) {
  RunReport report;
  report.run.tree = tree;
  report.run.id = "stress";
  for (const StressResult& result : results) {
    TestReport test;
    test.name = result.test;
    test.outcome = result.all().failures > 0 ? Outcome::failed : Outcome::passed;
    if (!result.trouble.empty()) test.outcome = Outcome::internal_error;
    Attempt attempt;
    attempt.has_ended = true;
    attempt.outcome = test.outcome;
    attempt.wall_s = result.seconds;
    attempt.note = std::string(trimmed(to_text(result), "\n"));
    test.attempts.push_back(std::move(attempt));
    report.counts.add(test.outcome);
    ++report.counts.planned;
    ++report.counts.run;
    report.tests.push_back(std::move(test));
  }
  return report;
}

std::string rendered(const std::vector<StressResult>& results, const std::string& tree,
                     ReportFormat format) {
  std::string text;
  if (format == ReportFormat::text) {
    for (const StressResult& result : results) text += to_text(result);
    return text;
  }
  if (format == ReportFormat::json) {
    if (results.size() == 1) return dumped(to_json(results.front()));
    return dumped(
        Json{{"tests", json_list(results, [](const auto& one) { return to_json(one); })}});
  }
  FailureOutputs outputs(results);
  render(
      as_report(results, tree), outputs, format, [&](std::string_view part) { text += part; },
      JunitReader::any);
  return text;
}

Result<std::vector<std::string>> tests_meant(const StressOptions& options, const HuntedTree& tree) {
  if (options.since.empty()) {
    if (options.tests.empty()) return ErrorInWords{"stress: expected TEST, or --since REV"};
    return options.tests;
  }
  HOLDFAST_TRY(const FoundAffected found,
               find_affected({tree.tree, options.since, tree.configuration}, tree.tests));
  return collected(found.affected.tests, [](const auto& test) { return test.name; });
}

Result<int> stress_tests(const StressOptions& options) {
  const std::string format = options.json ? "json" : options.format;
  HOLDFAST_TRY(StressPlan plan, plan_of(options));
  HOLDFAST_TRY(const std::string wanted, find_tree(options.tree));
  HOLDFAST_TRY(const HuntedTree tree, hunted_tree(wanted, options.configuration));
  HOLDFAST_TRY(const std::vector<std::string> names, tests_meant(options, tree));
  std::vector<Quarry> quarries;
  for (const std::string& name : names) {
    HOLDFAST_TRY(Quarry quarry, tree.quarry(name));
    quarries.push_back(std::move(quarry));
  }
  if (quarries.empty()) complain("no test is affected: nothing to do");
  const os::HeldSignals signals;
  std::vector<StressResult> results;
  const Milliseconds end = os::monotonic_now() + plan.time;
  for (std::size_t i = 0; i < quarries.size() && !signals.came(); ++i) {
    StressOrder order = plan.order;
    order.quarry = quarries[i];
    // Those that end early leave their time to the others.
    order.time = (end - os::monotonic_now()) / static_cast<long>(quarries.size() - i);
    HOLDFAST_TRY(order.directory, make_hunt_directory(tree.tree));
    Progress progress(format == "text");
    order.show = [&](const StressResult& result) { progress.show(result); };
    HOLDFAST_TRY(StressResult result, stress(order, signals));
    results.push_back(std::move(result));
  }
  const std::string text = rendered(results, tree.tree, *named<ReportFormat>(format));
  if (options.output.empty()) {
    fmt::print("{}", text);
  } else {
    HOLDFAST_DO(os::replace_file(options.output, text));
  }
  const auto is_bad = [](const StressResult& one) {
    return one.all().failures > 0 || !one.trouble.empty();
  };
  return std::ranges::any_of(results, is_bad) ? k_found : exit_codes::k_success;
}

}  // namespace

Result<Quarry> HuntedTree::quarry(const std::string& name) const {
  const auto test = std::ranges::find(tests, name, &ListedTest::name);
  if (test == tests.end()) return no_such_test(tree, configuration, tests, name);
  Quarry quarry{tree, configuration, ctest, name};
  quarry.has_fixtures = !test->schedule.required.empty();
  return quarry;
}

Result<HuntedTree> hunted_tree(const std::string& tree, const std::string& configuration) {
  std::error_code failed;
  if (!std::filesystem::exists(tree + "/.holdfast/attach.cmake", failed)) {
    return ErrorInWords{tree + " is not attached to Holdfast: expected a tree that is"};
  }
  HuntedTree found{tree, configuration, ctest_of(tree), {}};
  HOLDFAST_TRY(found.tests, tests_of_tree(tree, configuration));
  return found;
}

void add_stress(Command app) {
  const auto [command, options] = add_command(
      app, "stress", "run tests again and again, varied on purpose, and say how they fail",
      stress_tests);
  command.add_option("TEST", options->tests, "a test of ctest").check(expected("a test"));
  command.add_option("--for", options->time, "for so long, all tests together (default: 2m)")
      .check(expected("a time"));
  command
      .add_option("--runs", options->runs,
                  "so many runs of each test (default: what the time allows)")
      .check(expected("a number"));
  command.add_option("--jobs", options->jobs, "so many at a time (default: one for each processor)")
      .check(expected("a number"));
  command.add_flag("--until-fail", options->until_fail, "end at the first failure of a test");
  command
      .add_option("--vary", options->vary,
                  "what is varied: load, order, cpus, delay and seed with commas between; KIND=on: "
                  "always; none (default: all but delay)")
      .check(expected("what is varied"));
  command.add_option("--seed", options->seed, "of all that is chosen at random (default: any)")
      .check(expected("a number"));
  command.add_option("--since", options->since, "the tests that the changes since a commit affect")
      .check(expected("a commit"));
  command.add_option("--format", options->format, "what is written (default: text)")
      .one_of(words_of(ReportFormat{}));
  command.add_flag("--json", options->json, "the same as --format json");
  command.add_option("--output", options->output, "write to this file").check(expected("a file"));
  command.add_option("-C,--config", options->configuration,
                     "the configuration, where the tree has several");
  add_tree_option(command, options->tree);
}

}  // namespace holdfast::cli
