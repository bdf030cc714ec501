#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "ctest/list_tests.hpp"
#include "doctor/examination.hpp"
#include "journal/run_directory.hpp"

namespace holdfast::cli {
namespace {

// The exit code if something is wrong.
constexpr int k_wrong = 1;

struct DoctorOptions {
  std::string tree;
  std::string configuration;
  std::string patience = "1m";
  bool json = false;
};

// The configuration as the tree spells it: ctest takes it in any case.
Result<std::string> find_configuration(const std::string& tree, const std::string& wanted,
                                       const std::vector<std::string>& known) {
  if (wanted.empty() || known.empty()) return wanted;
  const auto found = std::ranges::find_if(
      known, [&](const std::string& one) { return lower(one) == lower(wanted); });
  if (found != known.end()) return *found;
  return ErrorInWords{tree + " has no configuration " + brief_in_quotes(wanted) + ": expected " +
                      alternatives(known)};
}

doctor::Listing list(const std::string& tree, const std::string& configuration,
                     const std::vector<std::string>& known, Milliseconds patience) {
  if (!known.empty() && configuration.empty()) {
    return {.unseen =
                "the tree has several configurations, expected --config " + alternatives(known)};
  }
  ListingOrder order = listing_of(tree, configuration);
  // What is switched off for now is looked at all the same.
  order.variables = {std::string(environment::k_disable) + "="};
  order.time = patience;
  Result<Listing> listed = ask_for_tests(order);
  Result<std::vector<ListedTest>> tests =
      listed ? all_listed(listed->text) : Result<std::vector<ListedTest>>(listed.error());
  if (!tests) return {.trouble = to_text(tests.error())};
  return {.tests = std::move(*tests), .said = std::move(listed->said)};
}

Result<doctor::Diagnosis> examine(const DoctorOptions& options) {
  const Result<Milliseconds> patience = parse_duration(options.patience);
  if (!patience) return ErrorInWords{to_text("--patience", patience.error())};
  if (*patience == Milliseconds{0}) {
    return ErrorInWords{"--patience " + brief_in_quotes(options.patience) +
                        ": expected a time above 0"};
  }
  if (options.tree.empty() && !find_build_tree(".")) return doctor::examine_machine(*patience);
  HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
  const std::vector<std::string> known = configurations_of(tree);
  HOLDFAST_TRY(const std::string configuration,
               find_configuration(tree, options.configuration, known));
  const auto cached = [&tree](const std::string& name) { return cached_value(tree, name); };
  return doctor::examine_tree(
      {tree, configuration, cached, list(tree, configuration, known, *patience)}, *patience);
}

Result<int> look(const DoctorOptions& options) {
  HOLDFAST_TRY(const doctor::Diagnosis diagnosis, examine(options));
  fmt::print("{}", options.json ? to_json(diagnosis) : to_text(diagnosis));
  return doctor::has_wrong(diagnosis.findings) ? k_wrong : exit_codes::k_success;
}

}  // namespace

void add_doctor(Command app) {
  const auto [command, options] = add_command(
      app, "doctor", "say what is wrong with the machine, the build tree and its tests", look);
  add_tree_option(command, options->tree);
  command.add_option("-C,--config", options->configuration,
                     "the configuration, where the tree has several");
  command.add_option("--patience", options->patience,
                     "how long ctest, Ninja or a compiler may take to answer (default 1m)");
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace holdfast::cli
