// The services of people, without a run of ctest: those of a command of `holdfast run`, and those
// that `holdfast service` keeps (kept_service.hpp).
#pragma once

#include <string>
#include <vector>

#include "base/process_name.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "values/policy.hpp"
#include "values/service_spec.hpp"

namespace holdfast {

// A command has no keeper, so a process of its own looks after its services.
struct CommandServicesOrder {
  std::string tree;                   // an absolute path without links
  ProcessName launcher;               // the launcher of the command: the services end with it
  std::string name;                   // of the command
  std::vector<ServiceSpec> declared;  // as services_of_tree() returns them
  const Policy& policy;  // of the command: the services that it uses, and their containment
};

// Starts the process, which is no child of ours. Returns the launcher's end of the connection. The
// launcher asks there as it would ask a keeper: wire::ServicesAnswer and RedServices, and
// k_waiting. The services end when the launcher says wire::EndAnswer::k_kind, or when every process
// has closed this end. The process closes the other end when nothing of the services is left.
Result<os::UniqueFd> start_command_services(const CommandServicesOrder& order);

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
