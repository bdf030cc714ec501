// The services of a command of `holdfast run`, which has no keeper: a process of their own looks
// after them.
#pragma once

#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/base/result.hpp"
#include "core/service/service_spec.hpp"
#include "core/service/service_use.hpp"
#include "core/settings/policy.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

struct CommandServicesOrder {
  std::string tree;      // an absolute path without links
  ProcessName launcher;  // the launcher of the command: the services end with it
  std::string name;      // of the command
  std::vector<ServiceUse> uses;
  std::vector<ServiceSpec> declared;  // as services_of_tree() returns them
  Containment containment = Containment::none;
};

// Starts the process, which is no child of ours. Returns the launcher's end of the connection, on
// which the launcher asks as a launcher asks the keeper: wire::k_services, k_waiting and k_red. The
// services end when the launcher says wire::k_end, or when all have closed this end. The process
// closes the other end when nothing of the services is left.
Result<os::UniqueFd> start_command_services(const CommandServicesOrder& order);

}  // namespace holdfast
