// Placeholders in what is declared about a service: `{port}`, `{port2}`, `{name}`, `{instance}` and
// `{dir}`. Any other text in braces stays as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/service/service_spec.hpp"

namespace holdfast {

// What the placeholders stand for in one generation of one instance.
struct ServiceWords {
  std::string name;
  unsigned instance = 0;
  std::vector<std::uint16_t> ports;
  std::string directory;
};

// Returns the text with its placeholders filled in. `{port3}` stays as it is if there are two
// ports.
std::string filled(std::string_view text, const ServiceWords& words);

// Returns the service with all placeholders filled in.
ServiceSpec filled(const ServiceSpec& service, const ServiceWords& words);

// The greatest number of a port that a service's texts name: 2 for `{port2}`; 0: they name none.
// The texts that are used when the service is ready (health, init, reset, stop) stand apart: they
// may name a port that the output of the service told.
struct PortsNamed {
  unsigned before_ready = 0;
  unsigned later = 0;
};
PortsNamed ports_named(const ServiceSpec& service);

}  // namespace holdfast
