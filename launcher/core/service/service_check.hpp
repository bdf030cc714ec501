// Whether services are declared in a way that makes sense.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"

namespace holdfast {

// Puts each service behind those it depends on, else in the order in which they were declared.
// Fails, with the origin of the service that is to be mended, for what no single declaration shows:
// an unknown name or a circle in `depends`, two services with one name, with the same variables or
// with one port of their own (fixed_port.hpp).
Result<std::vector<ServiceSpec>> in_order_of_start(std::vector<ServiceSpec> services);

// Whether one declaration makes sense by itself. The error does not name its origin.
Result<void> check(const ServiceSpec& service);

}  // namespace holdfast
