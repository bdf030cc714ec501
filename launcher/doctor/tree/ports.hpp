// Whether the ports that services of the build tree want are free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctor/base/finding.hpp"
#include "doctor/tree/settings.hpp"
#include "values/held_locks.hpp"

namespace holdfast::doctor {

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
