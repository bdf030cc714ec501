// Placeholders in what is declared about a service: `{port}`, `{port2}`, `{name}`, `{instance}` and
// `{dir}`. Any other text in braces stays as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/service/service_spec.hpp"

namespace holdfast {

// What they stand for in one generation of one instance.
struct ServiceWords {
  std::string name;
  unsigned instance = 0;
  std::vector<std::uint16_t> ports;
  std::string directory;
};

// The text with its placeholders filled in. A port that there is not stays as it is.
std::string filled(std::string_view text, const ServiceWords& words);

// The service with all placeholders filled in.
ServiceSpec filled(const ServiceSpec& service, const ServiceWords& words);

// The greatest port that the service's texts name: 2 for `{port2}`, 0: none. What is asked once the
// service is ready (health, init, reset, stop) may name a port that its output told.
struct PortsNamed {
  unsigned before_ready = 0;
  unsigned later = 0;
};
PortsNamed ports_named(const ServiceSpec& service);

}  // namespace holdfast
