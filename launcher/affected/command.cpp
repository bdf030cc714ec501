#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "affected/find_affected.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "command/command.hpp"
#include "ctest/list_tests.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Reason& reason) {
  Json json{{"why", name_of(reason.because)}};
  if (!reason.file.empty()) {
    json[reason.because == Because::needs ? "test" : "file"] = reason.file;
  }
  if (!reason.through.empty()) json["through"] = reason.through;
  if (!reason.why.empty()) json[reason.because == Because::doubtful ? "doubt" : "by"] = reason.why;
  return json;
}

// One name in each line. A name of more than one line cannot be told so: the error names it.
Result<std::string> affected_names(const FoundAffected& found) {
  std::string lines;
  for (const AffectedTest& test : found.affected.tests) {
    if (test.name.find('\n') != std::string::npos) {
      return ErrorInWords{"--format names: the name " + brief_in_quotes(test.name) +
                          " is more than a line: expected --format json or ctest"};
    }
    lines += test.name + '\n';
  }
  return lines;
}

// For each test its name and, in lines of their own, its reasons.
std::string affected_explained(const FoundAffected& found) {
  std::string lines;
  for (const AffectedTest& test : found.affected.tests) {
    lines += printable(test.name) + '\n';
    for (const Reason& reason : test.reasons) lines += "  " + printable(to_text(reason)) + '\n';
  }
  return lines;
}

// An expression for ctest's -R. The error: ctest takes none for so many tests.
Result<std::string> affected_expression(const FoundAffected& found) {
  const std::vector<std::string> names = collected(found.affected.tests, &AffectedTest::name);
  Result<std::string> expression = names_as_expression(names);
  if (!expression && names.size() == found.all) return std::string(".\n");
  return expression;
}

// What `holdfast affected` prints.
std::string affected_json(const FoundAffected& found, const std::string& since) {
  Json changes = Json::array();
  for (std::size_t i = 0; i < found.changes.size(); ++i) {
    changes.push_back({{"file", found.changes[i]}, {"known_by", name_of(found.affected.known[i])}});
  }
  const auto as_json = [](const AffectedTest& test) {
    return Json{
        {"test", test.name}, {"index", test.number}, {"because", collected(test.reasons, json_of)}};
  };
  const Json all{{"version", 1},
                 {"since", since},
                 {"commit", found.commit},
                 {"all", !found.affected.for_all.empty()},
                 {"changes", std::move(changes)},
                 {"notes", found.notes},
                 {"targets", found.targets},
                 {"tests", collected(found.affected.tests, as_json)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

struct Options {
  AffectedOrder order;
  std::string format = "names";
  bool explain = false;
};

constexpr std::array<std::string_view, 4> k_formats{"names", "targets", "ctest", "json"};

Result<std::string> output_of(const FoundAffected& found, const Options& options) {
  if (options.format == "json") return affected_json(found, options.order.since);
  if (options.format == "targets") return names_as_lines(found.targets);
  if (options.format == "ctest") return affected_expression(found);
  return options.explain ? affected_explained(found) : affected_names(found);
}

Result<int> affected(const Options& options) {
  if (options.explain && (options.format == "targets" || options.format == "ctest")) {
    return ErrorInWords{"--explain is about tests: expected --format names or json"};
  }
  AffectedOrder order = options.order;
  HOLDFAST_TRY(order.tree, find_tree(order.tree));
  HOLDFAST_TRY(const std::vector<ListedTest> tests, tests_of_tree(order.tree, order.configuration));
  HOLDFAST_TRY(const FoundAffected found, find_affected(order, tests));
  for (const std::string& note : found.notes) complain(note);
  return print_or_fail(output_of(found, options));
}

}  // namespace

void add_affected(Command app) {
  const auto [command, options] =
      add_command(app, "affected", "which tests the changes since a commit affect", affected);
  command.add_option("--since", options->order.since, "a commit, as git names it")
      .required()
      .check(expected("a commit"));
  command.add_option("--format", options->format, "what is printed (default: names)")
      .one_of(k_formats);
  command.add_flag("--explain", options->explain, "for each test: by which file, and through what");
  command.add_option("-C,--config", options->order.configuration,
                     "the configuration, where the tree has several");
  add_tree_option(command, options->order.tree);
}

}  // namespace holdfast::cli
