// Declarations of services for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "values/service_spec.hpp"

namespace holdfast {

inline ServiceSpec declared(const std::string& name, std::vector<std::string> depends = {}) {
  ServiceSpec service;
  service.name = name;
  service.command = {"server"};
  service.depends = std::move(depends);
  return service;
}

inline ServiceSpec with_instances(ServiceSpec service, unsigned instances) {
  service.instances = instances;
  return service;
}

inline ServiceSpec with_reset(ServiceSpec service) {
  service.reset = {"reset"};
  return service;
}

}  // namespace holdfast
