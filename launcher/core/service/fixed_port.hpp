// The port that the declaration of a service names, in place of one that Holdfast chooses.
#pragma once

#include <cstdint>

#include "core/service/service_spec.hpp"

namespace holdfast {

// Returns the port of `ready-tcp` or `ready-http`. If the service has neither, returns the port of
// `health-tcp` or `health-http`. 0: the declaration names no port.
std::uint16_t fixed_port(const ServiceSpec& service);

}  // namespace holdfast
