// Base64, the form of keys and values in the JSON of etcd's gateway.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::etcd {

std::string to_base64(std::string_view bytes);
// Returns none if the text is no base64 with padding.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace holdfast::etcd
