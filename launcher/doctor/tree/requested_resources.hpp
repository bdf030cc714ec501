// What the tests of the build tree want by their settings, and whether this user may have it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ctest/list_tests.hpp"
#include "doctor/base/finding.hpp"
#include "settings/project_settings.hpp"
#include "values/lock_spec.hpp"
#include "values/policy.hpp"

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

// The path of a file that the test names. A relative one begins where the test runs.
inline std::string path_in(const ListedTest& test, const std::string& file) {
  return file.starts_with('/') || test.directory.empty() ? file : test.directory + "/" + file;
}

using TestNames = std::vector<std::string>;

struct RequestedResources {
  Rights rights = {};                           // without the troubles
  std::map<std::string, TestNames> locks = {};  // by their places (values/lock_spec.hpp)
  std::map<std::string, TestNames> services = {};
  bool ports = false;  // a test gets ports that Holdfast chooses
  // What keeps tests from running, and what of their settings has no effect; in words.
  std::map<std::string, TestNames> refused = {};
  std::map<std::string, TestNames> ignored = {};
};

// Leaves out tests that are disabled.
RequestedResources wishes_of(const std::vector<ListedTest>& tests, const ProjectSettings& project,
                             const LockHome& home);

}  // namespace holdfast::doctor
