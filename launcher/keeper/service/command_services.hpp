// The services of a command of `holdfast run`. The command has no keeper, so a process of its own
// looks after its services.
#pragma once

#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"
#include "core/settings/policy.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

struct CommandServicesOrder {
  std::string tree;      // an absolute path without links
  ProcessName launcher;  // the launcher of the command: the services end with it
  std::string name;      // of the command
  std::vector<ServiceUse> uses;
  std::vector<ServiceSpec> declared;  // as services_of_tree() returns them
  Containment containment = {};
  ContainmentMissing missing = ContainmentMissing::warn;
};

// Starts the process, which is no child of ours. Returns the launcher's end of the connection. The
// launcher asks there as it would ask a keeper: wire::k_services, k_waiting and k_red. The services
// end when the launcher says wire::k_end, or when every process has closed this end. The process
// closes the other end when nothing of the services is left.
Result<os::UniqueFd> start_command_services(const CommandServicesOrder& order);

}  // namespace holdfast
