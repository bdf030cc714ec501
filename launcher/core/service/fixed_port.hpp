// The port of a service that is written in its declaration, in place of one that Holdfast chooses.
#pragma once

#include <cstdint>

#include "core/service/service_spec.hpp"

namespace holdfast {

// The port at which the service itself answers: that of `ready-tcp` or `ready-http`; if it has
// neither, that of `health-tcp` or `health-http`. 0: none of them names a number.
std::uint16_t fixed_port(const ServiceSpec& service);

}  // namespace holdfast
