#include "core/service/fixed_port.hpp"

#include "core/service/endpoint.hpp"

namespace holdfast {
namespace {

bool names_port(const ServiceProbe& probe) { return !probe.tcp.empty() || !probe.http.empty(); }

}  // namespace

std::uint16_t fixed_port(const ServiceSpec& service) {
  const ServiceProbe& probe = names_port(service.ready) ? service.ready : service.health;
  if (!names_port(probe)) return 0;
  // A placeholder is no port. The probe reports a place that makes no sense.
  const Result<Endpoint> place =
      probe.tcp.empty() ? parse_http_endpoint(probe.http) : parse_endpoint(probe.tcp);
  return place ? place->port : std::uint16_t{0};
}

}  // namespace holdfast
