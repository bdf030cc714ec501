// The services that are declared for a build tree.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"
#include "core/settings/settings.hpp"

namespace holdfast {

// Returns, in order of start, the services of holdfast.toml and those that the configure step has
// declared for `configuration` (empty: none was said). The error is one line.
Result<std::vector<ServiceSpec>> services_of_tree(const Settings& settings, const std::string& tree,
                                                  const std::string& configuration);

}  // namespace holdfast
