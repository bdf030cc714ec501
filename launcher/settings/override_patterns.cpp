#include "settings/override_patterns.hpp"

#include <new>

#include "core/settings/facts.hpp"

namespace holdfast {
namespace {

// libstdc++'s own texts are long, and some of them are wrong.
std::string describe(std::regex_constants::error_type code) {
  namespace rc = std::regex_constants;
  if (code == rc::error_paren) return "an unmatched parenthesis, or a repetition of nothing";
  if (code == rc::error_brack) return "an unfinished `[`";
  if (code == rc::error_brace || code == rc::error_badbrace) return "a bad `{…}`";
  if (code == rc::error_range) return "a bad range within `[…]`";
  if (code == rc::error_badrepeat) return "a repetition of nothing";
  if (code == rc::error_escape) return "an unknown or unfinished escape";
  if (code == rc::error_ctype) return "an unknown character class";
  if (code == rc::error_collate) return "an unknown collating element";
  if (code == rc::error_backref || code == rc::error_complexity) {
    return "a back-reference, which is not supported";
  }
  if (code == rc::error_space || code == rc::error_stack) return "too large";
  return "not valid";
}

}  // namespace

Result<std::regex> compile_pattern(const std::string& pattern) {
  // The compiler and its automaton recurse once or more per character.
  if (pattern.size() > k_longest_pattern) {
    return Error{"longer than " + std::to_string(k_longest_pattern) + " bytes"};
  }
  try {
    // __polynomial is an extension of libstdc++. The usual matcher recurses once per character of
    // the name, and takes exponential time for (a+)+$, which would hold up every test of a run.
    return std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error& error) {
    return Error{describe(error.code())};
  } catch (const std::bad_alloc&) {
    return Error{"too large"};
  }
}

Result<OverridePatterns> OverridePatterns::of(const Settings& settings) {
  OverridePatterns patterns;
  for (const SettingsOverride& override : settings.overrides) {
    Condition condition;
    condition.label = override.label;
    if (override.test) {
      Result<std::regex> compiled = compile_pattern(*override.test);
      if (!compiled) return Error{"use \"" + *override.test + "\": " + compiled.error().message};
      condition.test = std::move(*compiled);
    }
    patterns.conditions_.push_back(std::move(condition));
  }
  return patterns;
}

OverridePatterns::Matched OverridePatterns::match(std::string_view name,
                                                  std::string_view labels) const {
  Matched matched;
  const bool too_long = name.size() > k_longest_matched_name;
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const Condition& condition = conditions_[i];
    if (condition.label && !has_label(labels, *condition.label)) continue;
    if (condition.test) {
      if (too_long) {
        matched.name_too_long = true;
        continue;
      }
      if (!std::regex_search(name.begin(), name.end(), *condition.test)) continue;
    }
    matched.overrides.push_back(i);
  }
  return matched;
}

}  // namespace holdfast
