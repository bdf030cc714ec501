// Regular expressions as CMake and ctest have them (PASS_REGULAR_EXPRESSION and its like): only
// whether one is found in a text.
//
// The dialect is that of cmake-commands(7), "Regex Specification", as ctest 3.25 compiles it: no
// `{n}`, no classes such as `[:alpha:]`, no `\d`; a backslash takes the next byte as it is, and is
// a plain byte within `[]`; `^` and `$` are the ends of the whole text, never of a line; `.` is any
// byte, a line break too. What ctest cannot compile it finds nowhere.
#pragma once

#include <string_view>

#include "core/base/byte_automaton.hpp"
#include "core/base/result.hpp"

namespace holdfast {

class CMakeExpression {
 public:
  // Fails for what ctest would not compile; the error says why and does not repeat the expression.
  static Result<CMakeExpression> compile(std::string_view expression);

  // `text` without NUL bytes.
  bool is_found_in(std::string_view text) const { return automaton_.is_found_in(text); }

 private:
  explicit CMakeExpression(MatchSteps steps) : automaton_(std::move(steps)) {}
  ByteAutomaton automaton_;
};

}  // namespace holdfast
