#include "core/service/service_spec.hpp"

#include <algorithm>

#include "core/base/parts.hpp"
#include "core/lock/lock_spec.hpp"
#include "core/service/tcp_table.hpp"

namespace holdfast {
namespace {

constexpr Milliseconds k_least_stop_time{5'000};

bool names_port(const ServiceProbe& probe) { return !probe.tcp.empty() || !probe.http.empty(); }

}  // namespace

bool names_place(const ServiceProbe& probe) {
  return !probe.tcp.empty() || !probe.unix_socket.empty() || !probe.http.empty();
}

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

ServiceProbe ServiceSpec::proof() const {
  return !names_place(ready) && names_place(health) ? health : ServiceProbe{};
}

Milliseconds ServiceSpec::stop_time() const { return std::max(grace, k_least_stop_time); }

std::string variable_of_service(std::string_view service, std::string_view word) {
  return text_of({environment::k_service_prefix, slot_variable(service), "_", word});
}

std::uint16_t fixed_port(const ServiceSpec& service) {
  const ServiceProbe& probe = names_port(service.ready) ? service.ready : service.health;
  if (!names_port(probe)) return 0;
  // A placeholder is no port. The probe reports a place that makes no sense.
  const Result<Endpoint> place =
      probe.tcp.empty() ? parse_http_endpoint(probe.http) : parse_endpoint(probe.tcp);
  return place ? place->port : std::uint16_t{0};
}

}  // namespace holdfast
