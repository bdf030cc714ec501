// A regular expression of holdfast.toml.
//
// The syntax is RE2's (https://github.com/google/re2/wiki/Syntax). A match may be anywhere in the
// text; it is case-sensitive and by bytes. The time is in proportion to the text's length, so there
// are no back-references and no look-ahead.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace re2 {
class RE2;
}

namespace holdfast {

class Pattern {
 public:
  // The error says what is wrong with `text` and does not repeat all of it.
  static Result<Pattern> compile(const std::string& text);

  bool is_found_in(std::string_view text) const;

  // Whether it has a group that group_in() finds.
  bool has_group(const std::string& name) const;
  // Whether a group has this name.
  bool names_group(const std::string& name) const;
  // The part of `text` that the group called `name`, or else the only group, matches. None: the
  // pattern is not found, or has no such group, or the group takes no part in the match.
  std::optional<std::string> group_in(std::string_view text, const std::string& name) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled);

  // 0: there is none.
  int number_of_group(const std::string& name) const;

  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace holdfast
