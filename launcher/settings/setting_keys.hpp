// Reads the keys of a table of holdfast.toml that are settings: values/table.def.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings/keys.hpp"
#include "values/service_spec.hpp"
#include "values/value.hpp"

namespace holdfast {

// Bytes of all variables in a file: a grant must fit into one message (settings/wire.hpp).
inline constexpr std::size_t k_most_environment = 32 * 1024;

enum class TableOf : std::uint8_t {
  tests,        // [[override]]
  profile,      // [profile.NAME]: settings of tests and of the run
  build_steps,  // [build-steps]
};

// Reads what is right and complains of the rest, even of a key that is neither a setting of that
// table nor one of `other_keys`.
Values read_settings(const TableReader& table, TableOf of,
                     const std::vector<std::string>& other_keys);

// Reads [service.NAME] of holdfast.toml, and of the files of holdfast_add_service().

// `node` is the table of all services, `directory` that of the file: a relative working directory
// is relative to it. Complains of everything that it does not understand, patterns included.
std::vector<ServiceSpec> read_services(const toml::node& node, const std::string& directory,
                                       Complaints& complaints);

// One service, from its own table.
ServiceSpec read_service(const TableReader& table, std::string name, const std::string& directory);

}  // namespace holdfast
