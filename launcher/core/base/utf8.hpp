// Turns text of unknown origin into valid UTF-8.
//
// Test names and output are plain bytes to CMake and ctest, but JSON and XML take only UTF-8. All
// text that enters or leaves a record passes through here. So a name with odd bytes is the same
// name in the launcher's records, in verdicts and in reports.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

inline constexpr std::string_view k_utf8_replacement = "\xEF\xBF\xBD";

// Each byte that is not part of a well-formed sequence becomes U+FFFD (one per byte). Overlong
// forms, surrogates and values above U+10FFFF count as ill-formed (RFC 3629).
std::string valid_utf8(std::string_view bytes);

// The length (1 to 4) of the well-formed sequence at the start of `bytes`; 0: there is none.
std::size_t utf8_sequence_length(std::string_view bytes);

// The beginning or the end of the text: at most `size` bytes, without the part of a character that
// would be cut.
std::string_view first_bytes(std::string_view text, std::size_t size);
std::string_view last_bytes(std::string_view text, std::size_t size);

}  // namespace holdfast
