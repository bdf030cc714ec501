// Base64 with padding (https://www.rfc-editor.org/rfc/rfc4648#section-4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

std::string to_base64(std::string_view bytes);
// Returns none if the text is no base64 with padding.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace holdfast
