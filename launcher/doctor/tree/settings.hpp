// Whether the settings of a project are right, and do something; and the ports of its services.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctest/list_tests.hpp"
#include "doctor/base/finding.hpp"
#include "doctor/tree/requested_resources.hpp"
#include "settings/project_settings.hpp"
#include "values/held_locks.hpp"
#include "values/retry_rules.hpp"
#include "values/service_spec.hpp"

namespace holdfast::doctor {

// The overrides and the patterns of [[affected]] that match no test, and the known flaky tests that
// have expired or match none.
// Without tests, nothing is known of matches.
Findings check_patterns(const Settings& settings, const std::vector<ListedTest>& tests,
                        const Day& today);

// The settings of tests that keep them from running, or have no effect.
Findings check_properties(const RequestedResources& requested);

// The services of the tree, as services_of_tree() finds them.
struct SeenService {
  ServiceSpec spec;
  bool program_missing = false;  // the program of its command is not there
};
std::vector<SeenService> look_at_services(const std::vector<ServiceSpec>& services);
// `file`: the place to mend if a test uses a service that is not declared.
Findings check_services(const std::vector<SeenService>& services,
                        const RequestedResources& requested, const std::string& file);

// Whether the ports that services of the build tree want are free.

struct SeenPort {
  std::uint16_t port = 0;
  std::string service;
  std::string origin;
  std::string listener = {};  // "port 6379 belongs to pid 12 (…)"; empty: nobody listens
  // Who of Holdfast has the port's lock, in words; empty: nobody.
  std::string holder = {};
  bool is_of_tree = false;  // the holder is a service of this tree
};

struct Ports {
  std::vector<SeenPort> all = {};
  bool are_chosen = false;  // a test or a service gets ports that Holdfast chooses
  unsigned choice = 0;      // among how many
  std::string range = {};   // the text of ip_local_port_range
};

// The holder of the lock of a port. Looks and takes nothing. None: nobody has the lock.
std::optional<LockParty> holder_of_port(std::uint16_t port);

Ports look_at_ports(const std::vector<SeenService>& services, bool tests_get_ports,
                    const std::string& tree);
Findings check_ports(const Ports& ports);

}  // namespace holdfast::doctor
