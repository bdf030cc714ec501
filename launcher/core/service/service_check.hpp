// Whether services are declared in a way that makes sense.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"
#include "core/service/service_use.hpp"

namespace holdfast {

// Puts each service behind those it depends on, else in the order in which they were declared.
// Fails, with the origin of the service that is to be mended, for what no single declaration shows:
// an unknown name or a circle in `depends`, two services with one name, with the same variables or
// with one port of their own (fixed_port.hpp).
Result<std::vector<ServiceSpec>> in_order_of_start(std::vector<ServiceSpec> services);

// Fails if a use names a service that is not declared: found is that name, and expected those that
// are declared.
Result<void> check_uses(const std::vector<ServiceUse>& uses,
                        const std::vector<ServiceSpec>& declared);

// Whether one declaration makes sense by itself. The error does not name its origin.
Result<void> check(const ServiceSpec& service);

}  // namespace holdfast
