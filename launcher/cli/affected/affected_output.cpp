#include "cli/affected/affected_output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/ctest/name_expression.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Reason& reason) {
  Json json{{"why", word_of(reason.because)}};
  if (!reason.file.empty()) {
    json[reason.because == Because::needs ? "test" : "file"] = reason.file;
  }
  if (!reason.through.empty()) json["through"] = reason.through;
  if (!reason.why.empty()) json[reason.because == Because::doubtful ? "doubt" : "by"] = reason.why;
  return json;
}

}  // namespace

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

std::string affected_explained(const FoundAffected& found) {
  std::string lines;
  for (const AffectedTest& test : found.affected.tests) {
    lines += printable(test.name) + '\n';
    for (const Reason& reason : test.reasons) lines += "  " + printable(to_text(reason)) + '\n';
  }
  return lines;
}

std::string affected_targets(const FoundAffected& found) {
  std::string lines;
  for (const std::string& target : found.targets) lines += target + '\n';
  return lines;
}

Result<std::string> affected_expression(const FoundAffected& found) {
  std::vector<std::string> names;
  for (const AffectedTest& test : found.affected.tests) names.push_back(test.name);
  const std::string expression = expression_for_names(names);
  if (!is_too_large_for_ctest(expression)) return expression + '\n';
  if (names.size() == found.all) return std::string(".\n");
  return ErrorInWords{"--format ctest: ctest takes no expression for " +
                      counted(names.size(), "test") +
                      ": expected --format names, for ctest --tests-from-file (CMake 3.29)"};
}

std::string affected_json(const FoundAffected& found, const std::string& since) {
  Json changes = Json::array();
  for (std::size_t i = 0; i < found.changes.size(); ++i) {
    changes.push_back({{"file", found.changes[i]}, {"known_by", word_of(found.affected.known[i])}});
  }
  Json tests = Json::array();
  for (const AffectedTest& test : found.affected.tests) {
    Json because = Json::array();
    for (const Reason& reason : test.reasons) because.push_back(json_of(reason));
    tests.push_back({{"test", test.name}, {"index", test.number}, {"because", because}});
  }
  const Json all{{"version", 1},
                 {"since", since},
                 {"commit", found.commit},
                 {"all", !found.affected.for_all.empty()},
                 {"changes", std::move(changes)},
                 {"notes", found.notes},
                 {"targets", found.targets},
                 {"tests", std::move(tests)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace holdfast::cli
