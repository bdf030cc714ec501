// ctest's verdict on a test.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/words.hpp"

namespace holdfast {

// A verdict is on disk by its name. `unknown`: ctest judges the test by its output, and nobody has
// told what ctest found there.
enum class Verdict : std::uint8_t { passed, failed, skipped, disabled, unknown };

constexpr std::array<std::string_view, 5> words_of(Verdict) {
  return {"passed", "failed", "skipped", "disabled", "unknown"};
}

}  // namespace holdfast
