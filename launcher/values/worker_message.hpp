// Messages of docs/internals/worker-protocol.md, as packets and as fields.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

std::string worker_message(std::initializer_list<std::string_view> fields);

// None: the packet is no message, because it is empty, too long, or does not end in a NUL byte.
std::optional<std::vector<std::string_view>> worker_fields(std::string_view packet);

}  // namespace holdfast
