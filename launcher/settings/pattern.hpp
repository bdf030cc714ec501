// Regular expressions of holdfast.toml, alone and as lists of signatures and of rules.
//
// The syntax is RE2's (https://github.com/google/re2/wiki/Syntax). A match may be anywhere in the
// text; it is case-sensitive and by bytes. The time is in proportion to the text's length, so there
// are no back-references and no look-ahead.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "values/file_glob.hpp"

namespace re2 {
class RE2;
}

namespace holdfast {

class Pattern {
 public:
  // The error says what is wrong with `text` and does not repeat all of it.
  static Result<Pattern> compile(const std::string& text);

  bool is_found_in(std::string_view text) const;

  // Whether a group has this name.
  bool names_group(const std::string& name) const;
  // The part of `text` that the group called `name`, or else the only group, matches. None: the
  // pattern is not found, or has no such group, or the group takes no part in the match.
  std::optional<std::string> group_in(std::string_view text, const std::string& name) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled);

  std::shared_ptr<const re2::RE2> compiled_;
};

// Whether a failure is a known one: the index of the first signature of [[known-flaky]] that is
// found in a line of an attempt's output. Fails for a pattern that Pattern::compile() refuses; a
// file that was read has none.
Result<std::optional<std::size_t>> signature_in(std::string_view output,
                                                const std::vector<std::string>& signatures);

// Tells what [[affected]] of holdfast.toml says of a file.
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
