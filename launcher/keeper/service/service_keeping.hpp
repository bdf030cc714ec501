// Starts and ends services that people keep by hand (kept_service.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"

namespace holdfast {

// Starts a declared service, and first those that it depends on. Blocks until it is ready. All of
// them stay when this process ends. A signal that ends a command ends what was begun, and then this
// process.
Result<void> start_kept(const std::string& tree, const std::vector<ServiceSpec>& declared,
                        const std::string& name);

// Ends the service gently, then by SIGKILL, and also what a host that was killed has left. Blocks
// until nothing of the service is left. Fails if a process stays, or if the stop command fails that
// a killed host has left. False: nobody keeps the service.
Result<bool> stop_kept(const std::string& tree, const std::string& name);

}  // namespace holdfast
