// Regular expressions as CMake and ctest have them (PASS_REGULAR_EXPRESSION and the like). The
// answer is whether a text holds a match, not where.
//
// The dialect is that of cmake-commands(7), "Regex Specification", as ctest 3.25 compiles it. It
// has no `{n}`, no classes such as `[:alpha:]` and no `\d`. A backslash makes the next byte
// literal, but is a plain byte within `[]`. `^` and `$` are the ends of the whole text, never of a
// line. `.` is any byte, even a line break. An expression that ctest cannot compile matches
// nothing. Pure.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace holdfast {

// A regular expression for ctest's -R and -E that matches tests by their names.

// Matches these names and no others. Records show a byte that is no UTF-8 as U+FFFD; the expression
// has any such bytes there.
std::string expression_for_names(const std::vector<std::string>& names);

// Whether ctest refuses the expression, which is one of those above: "Expression too big" (65,535
// bytes when compiled, cmsys/RegularExpression.cxx).
bool is_too_large_for_ctest(std::string_view expression);

// Whether if("<text>") is true: for ON, YES, TRUE and Y in any case, and for a number other than 0.
bool is_true_in_cmake(std::string_view text);

using ByteSet = std::bitset<256>;
inline std::size_t index_of(char byte) { return static_cast<unsigned char>(byte); }

// `first` and `second` are relative to the instruction, so that pieces can be put in a row.
struct MatchStep {
  enum class Kind : std::uint8_t {
    byte,        // one of `set`, then the next instruction
    split,       // both `first` and `second`
    text_start,  // continues only before the first byte
    text_end,    // continues only after the last byte
  };
  Kind kind = Kind::byte;
  std::int32_t first = 0;
  std::int32_t second = 0;
  ByteSet set = {};
};

using MatchSteps = std::vector<MatchStep>;

// Tells whether a text holds a match of a regular expression. It follows all ways of matching at
// once, so the time is at most proportional to the length of the text times that of the expression.
class CMakeExpression {
 public:
  // Fails if ctest would not compile the expression. The error says why and does not repeat the
  // expression.
  static Result<CMakeExpression> compile(std::string_view expression);

  // `text` must have no NUL bytes.
  bool is_found_in(std::string_view text) const;

 private:
  // To get to the end of `steps` is a match.
  explicit CMakeExpression(MatchSteps steps);

  MatchSteps steps_;
  ByteSet beginnings_;            // what a match that is not empty may begin with
  bool begins_anywhere_ = false;  // a match may be empty: no byte can be skipped
};

}  // namespace holdfast
