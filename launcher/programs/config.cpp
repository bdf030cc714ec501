#include <fmt/core.h>
#include <algorithm>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include "attempt/programs.hpp"
#include "base/exit_codes.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "cluster/cluster_client.hpp"
#include "ctest/list_tests.hpp"
#include "journal/run_directory.hpp"
#include "programs/commands.hpp"
#include "settings/project_settings.hpp"
#include "settings/resolution.hpp"

namespace holdfast::cli {
namespace {

struct ConfigOptions {
  std::string test;
  std::string tree;
  std::string profile;
  bool checks = false;
};

struct Found {
  std::string tree;  // empty: not in a build tree
  std::optional<std::string> file;
};

Result<Found> find(const ConfigOptions& options) {
  const std::filesystem::path here = std::filesystem::current_path();
  if (!options.tree.empty()) {
    HOLDFAST_TRY(const std::string tree, find_tree(options.tree));
    return Found{tree, settings_file_of_tree(tree)};
  }
  if (const auto tree = find_build_tree(here)) {
    return Found{tree->string(), settings_file_of_tree(tree->string())};
  }
  return Found{{}, settings_file_around(here.string())};
}

std::string labels_text(std::string_view labels) {
  const std::string text = separated(decoded_names(labels), ", ");
  return text.empty() ? "none" : text;
}

void print_head(const ConfigOptions& options, const ProjectSettings& project) {
  const Settings& settings = project.settings();
  if (!options.test.empty()) fmt::print("test: {}\n", printable(options.test));
  if (settings.file.empty()) {
    fmt::print("file: none, built-in defaults hold\n");
  } else {
    fmt::print("file: {}\nprofile: ", settings.file);
    for (std::size_t i = settings.layers.size(); i > 0; --i) {
      fmt::print("{}{}", settings.layers[i - 1].name, i > 1 ? ", which inherits " : "\n");
    }
  }
  if (!project.note().empty()) fmt::print("{}\n", project.note());
}

void print_lines(const std::vector<ExplainedValue>& values, std::string_view of = {}) {
  for (const ExplainedValue& value : values) {
    fmt::print("{:<30}  {:<16}  {}\n", value.key + std::string(of), printable(value.value),
               value.origin);
  }
}

// Where etcd is, which has locks over machines; nothing if nobody says so.
std::vector<ExplainedValue> explain_cluster(const ClusterSettings& said) {
  const ClusterSettings built_in;
  if (said == built_in) return {};
  const std::string endpoints = separated(said.endpoints, ", ");
  const std::string table = "[cluster]";
  const std::string none = "built-in default";
  std::vector<ExplainedValue> rows{
      {"endpoints", endpoints.empty() ? "none" : endpoints,
       endpoints.empty() ? none : said.endpoints_from},
      {"ttl", to_text(said.ttl), said.ttl == built_in.ttl ? none : table}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) rows.push_back({key, text, table});
  };
  add("ca", said.ca);
  add("cert", said.cert);
  add("key", said.key);
  add("user", said.user);
  return rows;
}

// What ctest knows of the test. Nothing when ctest cannot be asked or lists no test of that name.
struct Asked {
  std::optional<ListedTest> test;
  std::string trouble;   // a clause
  bool is_none = false;  // ctest was asked and lists no such test
};

Asked ask_ctest(const std::string& tree, const std::string& test) {
  if (tree.empty()) return {std::nullopt, "no build tree here or above"};
  const Result<std::vector<ListedTest>> listed = tests_of_tree(tree);
  if (!listed) return {std::nullopt, to_text(listed.error())};
  const auto found = std::ranges::find(*listed, test, &ListedTest::name);
  if (found == listed->end()) return {std::nullopt, "ctest lists no test of that name", true};
  return {*found, {}};
}

Result<ProjectSettings> load(const Found& found, const ConfigOptions& options) {
  return ProjectSettings::load(found.file,
                               options.profile.empty() ? selected_profile() : options.profile);
}

// Says all that is wrong in holdfast.toml.
Result<int> check_file(const ConfigOptions& options) {
  HOLDFAST_TRY(const Found found, find(options));
  HOLDFAST_TRY(const ProjectSettings project, load(found, options));
  if (project.settings().file.empty()) {
    fmt::print("no {}: built-in defaults hold\n", names::k_settings_file);
  } else {
    fmt::print("{}: nothing is wrong\n", project.settings().file);
  }
  return exit_codes::k_success;
}

// For the line `#:schema PATH` in holdfast.toml. Says nothing if the schema is not installed.
void print_schema() {
  const Result<std::string> installed = supervision::installation();
  if (!installed) return;
  const std::string schema = *installed + "/share/holdfast/holdfast.schema.json";
  if (std::filesystem::exists(schema)) fmt::print("schema: {}\n", schema);
}

// With a test, what holds for it; else what holds for any test that no override names.
Result<int> explain_settings(const ConfigOptions& options) {
  HOLDFAST_TRY(const Found found, find(options));
  HOLDFAST_TRY(const ProjectSettings project, load(found, options));
  print_head(options, project);
  const bool is_general = options.test.empty();
  const Asked asked = is_general ? Asked() : ask_ctest(found.tree, options.test);
  const ListedTest test = asked.test.value_or(ListedTest{});
  if (is_general) {
    print_schema();
    fmt::print(
        "for a test that no [[override]] and no property changes "
        "(holdfast config --explain TEST):\n\n");
  } else if (asked.test) {
    fmt::print("labels: {}\n\n", labels_text(test.properties.labels));
  } else {
    fmt::print("properties and labels: not known ({}); a test's own properties would win\n\n",
               asked.trouble);
  }
  HOLDFAST_TRY(const ResolvedPolicy resolved,
               project.resolve(options.test, test.properties, test.said));
  print_lines(explain(resolved, test.properties));
  print_lines(explain_run(project.settings()));
  print_lines(explain_build_steps(project.settings()), " (build steps)");
  HOLDFAST_TRY(const ClusterSettings cluster, with_own_environment(project.settings().cluster));
  print_lines(explain_cluster(cluster), " (cluster)");
  for (const std::string& warning : resolved.warnings) complain(warning);
  if (!asked.is_none) return exit_codes::k_success;
  // We go on: the settings may be wanted for a test of another configuration, or for a command.
  return refused("--explain \"" + options.test + "\": expected a test of " + found.tree + ", " +
                 asked.trouble);
}

Result<int> config(const ConfigOptions& options) {
  return options.checks ? check_file(options) : explain_settings(options);
}

}  // namespace

void add_config(Command app) {
  const auto [command, options] = add_command(
      app, "config", "show the settings, or those of a test, and check holdfast.toml", config);
  const Option explain =
      command.add_option("--explain", options->test, "the test: each value and where it comes from")
          .check(expected("the name of a test"));
  command.add_flag("--check", options->checks, "say all that is wrong in holdfast.toml")
      .excludes({explain});
  add_tree_option(command, options->tree);
  command.add_option("--profile", options->profile,
                     "of holdfast.toml (default: HOLDFAST_PROFILE, else default)");
}

}  // namespace holdfast::cli
