// What a bundle says of itself: bundle.json (docs/reference/report-formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/bundle/bundle_names.hpp"
#include "report/model.hpp"

namespace holdfast {

// Files may be added without a new number, because a reader ignores those that it does not know.
inline constexpr std::int64_t k_bundle_format = 1;

struct Manifest {
  std::string version;  // of the Holdfast that made the bundle
  std::string run;
  RunState state = RunState::over;
  bool complete = false;  // ctest came to its end
  std::string sum = {};   // BundleSum of the files; empty: not said
};

std::string text_of(const Manifest& manifest);
// Fails for a newer format too. The error says what was expected.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace holdfast
