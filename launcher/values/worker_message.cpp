#include "values/worker_message.hpp"

#include <holdfast/worker_protocol.h>

#include "base/strings.hpp"

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
  if (packet.size() > HOLDFAST_WORKER_LONGEST || !packet.ends_with('\0')) return std::nullopt;
  std::vector<std::string_view> fields;
  while (!packet.empty()) fields.push_back(take_part(packet, '\0'));
  return fields;
}

}  // namespace holdfast
