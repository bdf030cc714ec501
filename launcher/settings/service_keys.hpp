// Reads [service.NAME] of holdfast.toml, and of the files of holdfast_add_service().
#pragma once

#include <string>
#include <vector>

#include "settings/complaints.hpp"
#include "settings/keys.hpp"
#include "settings/toml.hpp"
#include "values/service_spec.hpp"

namespace holdfast {

// `node` is the table of all services, `directory` that of the file: a relative working directory
// is relative to it. Complains of everything that it does not understand, patterns included.
std::vector<ServiceSpec> read_services(const toml::node& node, const std::string& directory,
                                       Complaints& complaints);

// One service, from its own table.
ServiceSpec read_service(const TableReader& table, std::string name, const std::string& directory);

}  // namespace holdfast
