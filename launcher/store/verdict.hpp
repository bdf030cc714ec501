// What ctest concludes of a test.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/words.hpp"

namespace holdfast {

// What ctest concluded. On disk by name. Unknown: its output decides, and nobody has told what
// ctest found there.
enum class Verdict : std::uint8_t { passed, failed, skipped, disabled, unknown };

constexpr std::array<std::string_view, 5> words_of(Verdict) {
  return {"passed", "failed", "skipped", "disabled", "unknown"};
}

}  // namespace holdfast
