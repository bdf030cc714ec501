// Whether this user may have what the settings ask for.
#pragma once

#include <string>
#include <vector>

#include "core/settings/policy.hpp"
#include "doctor/base/finding.hpp"

namespace holdfast::doctor {

struct WantedContainment {
  Containment what;                     // a cgroup, or namespaces
  std::vector<std::string> tests = {};  // that have it
  std::string trouble = {};             // why it is unavailable; empty: it is not
};

struct WantedMachineLock {
  std::string name;
  std::vector<std::string> tests = {};
  std::string trouble = {};  // as above
};

struct Rights {
  std::vector<WantedContainment> containments = {};
  std::vector<WantedMachineLock> machine_locks = {};
};

// Fills in the troubles.
void look_at_rights(Rights& rights);
Findings check_rights(const Rights& rights);

}  // namespace holdfast::doctor
