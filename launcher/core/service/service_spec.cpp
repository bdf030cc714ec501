#include "core/service/service_spec.hpp"

#include "core/lock/lock_spec.hpp"

namespace holdfast {

std::vector<std::string_view> kinds_of(const ServiceProbe& probe) {
  std::vector<std::string_view> kinds;
  if (!probe.tcp.empty()) kinds.emplace_back("tcp");
  if (!probe.unix_socket.empty()) kinds.emplace_back("unix");
  if (!probe.http.empty()) kinds.emplace_back("http");
  if (!probe.command.empty()) kinds.emplace_back("command");
  if (!probe.output.empty()) kinds.emplace_back("output");
  return kinds;
}

ServiceProbe ServiceSpec::health_probe() const {
  if (!kinds_of(health).empty()) return health;
  ServiceProbe probe = ready;
  probe.output.clear();
  return probe;
}

std::string service_variable(std::string_view name) { return slot_variable(name); }

}  // namespace holdfast
