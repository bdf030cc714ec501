// Which overrides apply to a test.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/settings/settings.hpp"
#include "settings/pattern.hpp"

namespace holdfast {

class OverridePatterns {
 public:
  // Fails for a pattern that Pattern::compile() refuses; parse_settings() leaves none in.
  static Result<OverridePatterns> of(const Settings& settings);

  // Their indices, ascending. `labels` is in the form of TestFacts.
  std::vector<std::size_t> matching(std::string_view name, std::string_view labels) const;

 private:
  struct Condition {
    std::optional<Pattern> test;
    std::optional<std::string> label;
  };
  std::vector<Condition> conditions_;  // one per override
};

}  // namespace holdfast
