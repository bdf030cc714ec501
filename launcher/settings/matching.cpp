#include "settings/matching.hpp"

#include "core/settings/facts.hpp"
#include "core/settings/kinds.hpp"
#include "settings/complaints.hpp"

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

KnownFlakyList::KnownFlakyList(const std::vector<KnownFlaky>& entries, const Day& today) {
  for (const KnownFlaky& entry : entries) {
    if (has_expired(entry, today)) {
      expired_ += (expired_.empty() ? "ignoring known-flaky " : ", ") + in_quotes(entry.tests) +
                  " (" + entry.flake.issue + "), which expired on " + to_text(entry.expires);
      continue;
    }
    Result<Pattern> tests = Pattern::compile(entry.tests);
    if (!tests) continue;
    entries_.push_back({std::move(*tests),
                        {Setting::known_flaky, Source::file, kind::KnownFlakes::print(entry.flake),
                         entry.origin}});
  }
}

Values KnownFlakyList::matching(std::string_view test) const {
  Values found;
  for (const Entry& entry : entries_) {
    if (entry.tests.is_found_in(test)) found.push_back(entry.flake);
  }
  return found;
}

}  // namespace holdfast
