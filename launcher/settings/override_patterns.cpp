#include "settings/override_patterns.hpp"

#include "core/settings/facts.hpp"

namespace holdfast {

Result<OverridePatterns> OverridePatterns::of(const Settings& settings) {
  OverridePatterns patterns;
  for (const SettingsOverride& override : settings.overrides) {
    Condition condition;
    condition.label = override.label;
    if (override.test) {
      Result<Pattern> compiled = Pattern::compile(*override.test);
      if (!compiled) return ErrorInWords{to_text("\"" + *override.test + "\"", compiled.error())};
      condition.test = std::move(*compiled);
    }
    patterns.conditions_.push_back(std::move(condition));
  }
  return patterns;
}

std::vector<std::size_t> OverridePatterns::matching(std::string_view name,
                                                    std::string_view labels) const {
  std::vector<std::size_t> matching;
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const Condition& condition = conditions_[i];
    if (condition.label && !has_label(labels, *condition.label)) continue;
    if (condition.test && !condition.test->is_found_in(name)) continue;
    matching.push_back(i);
  }
  return matching;
}

}  // namespace holdfast
