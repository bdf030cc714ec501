// Base64, in which etcd's gateway has keys and values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::etcd {

std::string to_base64(std::string_view bytes);
// None: it is no base64 with padding.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace holdfast::etcd
