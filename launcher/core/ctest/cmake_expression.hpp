// Regular expressions as CMake and ctest have them (PASS_REGULAR_EXPRESSION and the like). The
// answer is whether a text holds a match, not where.
//
// The dialect is that of cmake-commands(7), "Regex Specification", as ctest 3.25 compiles it. It
// has no `{n}`, no classes such as `[:alpha:]` and no `\d`. A backslash makes the next byte
// literal, but is a plain byte within `[]`. `^` and `$` are the ends of the whole text, never of a
// line. `.` is any byte, even a line break. An expression that ctest cannot compile matches
// nothing.
#pragma once

#include <string_view>
#include <utility>

#include "core/base/result.hpp"
#include "core/ctest/byte_automaton.hpp"

namespace holdfast {

class CMakeExpression {
 public:
  // Fails if ctest would not compile the expression. The error says why and does not repeat the
  // expression.
  static Result<CMakeExpression> compile(std::string_view expression);

  // `text` must have no NUL bytes.
  bool is_found_in(std::string_view text) const { return automaton_.is_found_in(text); }

 private:
  explicit CMakeExpression(MatchSteps steps) : automaton_(std::move(steps)) {}
  ByteAutomaton automaton_;
};

}  // namespace holdfast
