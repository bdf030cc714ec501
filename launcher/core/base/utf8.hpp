// Text of unknown origin made valid UTF-8.
//
// Test names and output are bytes to CMake and ctest; JSON and XML take UTF-8 only. Everything
// that enters or leaves a record goes through here, so that a name with odd bytes is the same
// name in the launcher's records, in verdicts and in reports.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

// U+FFFD.
inline constexpr std::string_view k_utf8_replacement = "\xEF\xBF\xBD";

// Each byte that is not part of a well-formed sequence becomes U+FFFD (one per byte). Overlong
// forms, surrogates and values above U+10FFFF count as ill-formed (RFC 3629).
std::string valid_utf8(std::string_view bytes);

// The length (1 to 4) of the well-formed sequence at the start of `bytes`, 0 if there is none.
std::size_t utf8_sequence_length(std::string_view bytes);

}  // namespace holdfast
