// What the tests of the build tree want by their settings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/lock/lock_place.hpp"
#include "doctor/machine/rights.hpp"
#include "doctor/tree/test_of_tree.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::doctor {

using TestNames = std::vector<std::string>;

struct Wishes {
  Rights rights = {};                           // without the troubles
  std::map<std::string, TestNames> locks = {};  // by their places (core/lock/lock_place.hpp)
  std::map<std::string, TestNames> services = {};
  bool ports = false;  // a test gets ports that Holdfast chooses
  // What keeps tests from running, and what of their settings has no effect; in words.
  std::map<std::string, TestNames> refused = {};
  std::map<std::string, TestNames> ignored = {};
};

// Leaves out tests that are disabled.
Wishes wishes_of(const std::vector<TreeTest>& tests, const ProjectSettings& project,
                 const LockHome& home);

}  // namespace holdfast::doctor
