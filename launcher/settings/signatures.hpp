// Whether a failure is a known one: signatures of [[known-flaky]] against an attempt's output.
#pragma once

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast {

// What is looked at: the end of the output, and of a line what fits; a failure says what it is in
// a line, at its end. So the time for it has a bound.
inline constexpr std::size_t k_most_searched_output = 1024 * 1024;
inline constexpr std::size_t k_longest_searched_line = 4096;

class Signatures {
 public:
  // Fails for a pattern that compile_pattern() refuses: a file that was read has none.
  static Result<Signatures> of(const std::vector<std::string>& patterns);

  // Which is found in a line of the output: the first in their order.
  std::optional<std::size_t> found_in(std::string_view output) const;

 private:
  std::vector<std::regex> patterns_;
};

}  // namespace holdfast
