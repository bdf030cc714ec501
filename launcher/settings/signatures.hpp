// Whether a failure is a known one: searches an attempt's output for signatures of [[known-flaky]].
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "settings/pattern.hpp"

namespace holdfast {

class Signatures {
 public:
  // Fails for a pattern that Pattern::compile() refuses; a file that was read has none.
  static Result<Signatures> of(const std::vector<std::string>& patterns);

  // The index of the first pattern that is found in a line of the output.
  std::optional<std::size_t> found_in(std::string_view output) const;

 private:
  std::vector<Pattern> patterns_;
};

}  // namespace holdfast
