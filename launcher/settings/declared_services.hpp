// Reads the services that holdfast_add_service() has declared for a build tree: one file of TOML
// for each, in a directory for each configuration (ctest-integration/services.cmake writes them).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"

namespace holdfast {

// The services of one configuration, by their names. A tree of one configuration has only that one.
// In another tree it is `configuration`, in any case of letters, as ctest compares it. The error is
// one line, and names the file with the call that is to be mended.
Result<std::vector<ServiceSpec>> declared_services(const std::string& tree,
                                                   const std::string& configuration);

// One file. `path` is only for messages.
Result<ServiceSpec> parse_declared_service(std::string_view text, const std::string& path);

}  // namespace holdfast
