// The services that are declared for a build tree: in holdfast.toml, and by
// holdfast_add_service(). The latter has one file of TOML for each, in a directory for each
// configuration (ctest-integration/services.cmake writes them).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "settings/settings.hpp"
#include "values/service_spec.hpp"

namespace holdfast {

// Returns, in order of start, the services of holdfast.toml and those that the configure step has
// declared for `configuration` (empty: none was said). The error is one line.
Result<std::vector<ServiceSpec>> services_of_tree(const Settings& settings, const std::string& tree,
                                                  const std::string& configuration);

// The same in the order of declaration, and nobody has looked for their users: those of the file,
// then those of holdfast_add_service() of one configuration, by their names. A tree of one
// configuration has only that one. In another tree it is `configuration`, in any case of letters,
// as ctest compares it. The error is one line, and names the file with the call that is to be
// mended.
Result<std::vector<ServiceSpec>> declared_services(const Settings& settings,
                                                   const std::string& tree,
                                                   const std::string& configuration);

// One file. `path` is only for messages.
Result<ServiceSpec> parse_declared_service(std::string_view text, const std::string& path);

}  // namespace holdfast
