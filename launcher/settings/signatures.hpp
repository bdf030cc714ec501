// Whether a failure is a known one: searches an attempt's output for signatures of [[known-flaky]].
#pragma once

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast {

// The search reads only the end of the output and the beginning of each line, so that its time is
// bounded. A failure usually names its cause in a line near the end.
inline constexpr std::size_t k_most_searched_output = 1024 * 1024;
inline constexpr std::size_t k_longest_searched_line = 4096;

class Signatures {
 public:
  // Fails for a pattern that compile_pattern() refuses; a file that was read has none.
  static Result<Signatures> of(const std::vector<std::string>& patterns);

  // The index of the first pattern that matches within a line of the output.
  std::optional<std::size_t> found_in(std::string_view output) const;

 private:
  std::vector<std::regex> patterns_;
};

}  // namespace holdfast
