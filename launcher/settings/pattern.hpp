// A regular expression of holdfast.toml.
//
// The syntax is RE2's (https://github.com/google/re2/wiki/Syntax). A match may be anywhere in the
// text; it is case-sensitive and by bytes. The time is in proportion to the text's length, so there
// are no back-references and no look-ahead.
#pragma once

#include <memory>
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

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled);

  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace holdfast
