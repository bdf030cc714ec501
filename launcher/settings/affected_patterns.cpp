#include "settings/affected_patterns.hpp"

#include <algorithm>

namespace holdfast {
namespace {

void add(std::vector<Pattern>& patterns, const std::string& expression) {
  Result<Pattern> compiled = Pattern::compile(expression);
  if (compiled) patterns.push_back(std::move(*compiled));
}

bool is_any_in(const std::vector<Pattern>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const Pattern& one) { return one.is_found_in(text); });
}

}  // namespace

AffectedPatterns::AffectedPatterns(const std::vector<AffectedRule>& rules) {
  bool has_documentation = false;
  for (const AffectedRule& rule : rules) {
    has_documentation = has_documentation || rule.documentation;
    for (const std::string& glob : rule.documentation.value_or(std::vector<std::string>()))
      add(documentation_, expression_for_glob(glob));
    Patterns& patterns = rules_.emplace_back();
    for (const std::string& glob : rule.files) add(patterns.files, expression_for_glob(glob));
    for (const std::string& glob : rule.ignore) add(patterns.ignore, expression_for_glob(glob));
    for (const std::string& pattern : rule.tests) add(patterns.tests, pattern);
  }
  if (has_documentation) return;
  for (const std::string_view glob : k_documentation)
    add(documentation_, expression_for_glob(glob));
}

bool AffectedPatterns::is_documentation(std::string_view file) const {
  return is_any_in(documentation_, file);
}

bool AffectedPatterns::is_ignored(std::string_view file) const {
  return std::ranges::any_of(rules_,
                             [&](const Patterns& rule) { return is_any_in(rule.ignore, file); });
}

std::vector<std::size_t> AffectedPatterns::rules_for(std::string_view file) const {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (is_any_in(rules_[i].files, file)) fitting.push_back(i);
  }
  return fitting;
}

bool AffectedPatterns::fits(std::size_t rule, std::string_view test) const {
  return is_any_in(rules_[rule].tests, test);
}

}  // namespace holdfast
