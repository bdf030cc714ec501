// What ctest concludes of a test.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

// What ctest concluded. On disk by name. Unknown: its output decides, and nobody has told what
// ctest found there.
enum class Verdict : std::uint8_t { passed, failed, skipped, disabled, unknown };

std::string_view name_of(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

}  // namespace holdfast
