// Tells what [[affected]] of holdfast.toml says of a file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/affected/file_glob.hpp"
#include "settings/pattern.hpp"

namespace holdfast {

class AffectedPatterns {
 public:
  // Pattern::compile() must accept the patterns and globs of `rules`, as read_affected() sees to.
  explicit AffectedPatterns(const std::vector<AffectedRule>& rules);

  // `file` is relative to the directory of holdfast.toml; what is outside of it begins with `../`.
  bool is_ignored(std::string_view file) const;
  // The same of `documentation`, or of Holdfast's own list if no rule has that key.
  bool is_documentation(std::string_view file) const;
  // Indices of rules with `files` that fit.
  std::vector<std::size_t> rules_for(std::string_view file) const;
  // Whether the rule's `tests` fit the test.
  bool fits(std::size_t rule, std::string_view test) const;

 private:
  struct Patterns {
    std::vector<Pattern> files = {};
    std::vector<Pattern> tests = {};
    std::vector<Pattern> ignore = {};
  };
  std::vector<Patterns> rules_;
  std::vector<Pattern> documentation_;
};

}  // namespace holdfast
