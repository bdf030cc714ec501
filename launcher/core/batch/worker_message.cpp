#include "core/batch/worker_message.hpp"

#include <holdfast/worker_protocol.h>

#include <charconv>
#include <cstdint>

namespace holdfast {

std::string worker_message(std::initializer_list<std::string_view> fields) {
  std::string packet;
  for (const std::string_view field : fields) {
    packet += field.substr(0, field.find('\0'));
    packet += '\0';
  }
  return packet;
}

std::optional<std::vector<std::string_view>> worker_fields(std::string_view packet) {
  std::vector<std::string_view> fields;
  if (!read_worker_fields(packet, fields)) return std::nullopt;
  return fields;
}

bool read_worker_fields(std::string_view packet, std::vector<std::string_view>& fields) {
  fields.clear();
  if (packet.empty() || packet.size() > HOLDFAST_WORKER_LONGEST || packet.back() != '\0') {
    return false;
  }
  while (!packet.empty()) {
    const std::size_t nul = packet.find('\0');
    fields.push_back(packet.substr(0, nul));
    packet.remove_prefix(nul + 1);
  }
  return true;
}

std::optional<std::int64_t> worker_number(std::string_view field) {
  std::int64_t number = 0;
  const char* end = field.data() + field.size();
  const auto read = std::from_chars(field.data(), end, number);
  if (field.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace holdfast
