// Whether services are declared in a way that makes sense.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"
#include "core/service/service_use.hpp"

namespace holdfast {

// Puts each service behind those that it depends on, and otherwise keeps the order of declaration.
// Fails for mistakes that no single declaration shows: an unknown name or a circle in `depends`,
// two services with the same name, the same variables or the same port of their own
// (fixed_port.hpp). The error names the origin of the service that has the mistake.
Result<std::vector<ServiceSpec>> in_order_of_start(std::vector<ServiceSpec> services);

// Fails if a use names a service that is not declared. The error has that name as what was found,
// and the declared names as what was expected.
Result<void> check_uses(const std::vector<ServiceUse>& uses,
                        const std::vector<ServiceSpec>& declared);

// Whether one declaration makes sense by itself. The error does not name its origin.
Result<void> check(const ServiceSpec& service);

}  // namespace holdfast
