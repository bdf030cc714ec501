// Which overrides apply to a test.
//
// Patterns are ECMAScript's. A match may be anywhere in the name; it is case-sensitive and by
// bytes. The time is polynomial in the name's length, so there are no back-references.
#pragma once

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/settings/settings.hpp"

namespace holdfast {

inline constexpr std::size_t k_longest_pattern = 1024;
inline constexpr std::size_t k_longest_matched_name = 4096;

// The error says what is wrong with the pattern and does not repeat it.
Result<std::regex> compile_pattern(const std::string& pattern);

class OverridePatterns {
 public:
  // Fails for a pattern that compile_pattern() refuses; parse_settings() leaves none in.
  static Result<OverridePatterns> of(const Settings& settings);

  struct Matched {
    std::vector<std::size_t> overrides;  // indices, ascending
    bool name_too_long = false;          // some patterns were not compared with it
  };
  // `labels` is in the form of TestFacts.
  Matched match(std::string_view name, std::string_view labels) const;

 private:
  struct Condition {
    std::optional<std::regex> test;
    std::optional<std::string> label;
  };
  std::vector<Condition> conditions_;  // one per override
};

}  // namespace holdfast
