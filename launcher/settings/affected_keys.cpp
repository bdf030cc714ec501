#include "settings/affected_keys.hpp"

#include "settings/keys.hpp"
#include "settings/pattern.hpp"

namespace holdfast {
namespace {

constexpr const char* k_affected = "[[affected]]";

std::vector<std::string> read_globs(const TableReader& table, std::string_view key,
                                    TableReader::Empty empty = TableReader::Empty::refused) {
  const std::string expected = R"(a glob for files, or a list of such, such as ["data/**"])";
  std::vector<std::string> globs = table.texts(key, expected, empty);
  for (const std::string& glob : globs) {
    const Result<Pattern> compiled = Pattern::compile(expression_for_glob(glob));
    if (compiled) continue;
    table.complain(key, in_quotes(glob) + " with " + to_text(compiled.error()), expected);
  }
  return globs;
}

void check_keys(const TableReader& table) {
  const auto complain = [&](const char* found) {
    table.complain_of_table(found, "`files` with `tests`, `ignore` or `documentation`");
  };
  const bool has_files = table.has("files");
  if (has_files && !table.has("tests")) return complain("`files` without `tests`");
  if (table.has("tests") && !has_files) return complain("`tests` without `files`");
  if (has_files || table.has("ignore") || table.has("documentation")) return;
  complain("none of its keys");
}

AffectedRule read_rule(const TableReader& table) {
  table.complain_of_unknown_keys(keys_of_table(k_affected));
  AffectedRule rule;
  rule.origin = table.origin();
  rule.files = read_globs(table, "files");
  rule.tests = table.texts(
      "tests", R"(a regular expression for names of tests, or a list of such, such as ["^db\\."])");
  rule.ignore = read_globs(table, "ignore");
  if (table.has("documentation")) {
    rule.documentation = read_globs(table, "documentation", TableReader::Empty::allowed);
  }
  for (const std::string& pattern : rule.tests) table.check_pattern("tests", pattern);
  check_keys(table);
  return rule;
}

}  // namespace

std::vector<AffectedRule> read_affected(const toml::node& node, Complaints& complaints) {
  std::vector<AffectedRule> rules;
  for (const TableReader& table : tables_in(node, "affected", k_affected, complaints)) {
    rules.push_back(read_rule(table));
  }
  return rules;
}

}  // namespace holdfast
