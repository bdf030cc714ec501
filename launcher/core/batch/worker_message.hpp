// Messages of docs/internals/worker-protocol.md: packets to fields and back.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

std::string worker_message(std::initializer_list<std::string_view> fields);

// None for what is no message: empty, too long, or not ended by a NUL byte.
std::optional<std::vector<std::string_view>> worker_fields(std::string_view packet);
// The same, into a list that is there already. False: it is no message.
bool read_worker_fields(std::string_view packet, std::vector<std::string_view>& fields);

}  // namespace holdfast
