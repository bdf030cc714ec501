// Which services the tests of a build tree use, and by which commands.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.hpp"
#include "settings/project_settings.hpp"

namespace holdfast::cli {

struct UsedService {
  std::string shown;               // "service db"
  std::string directory;           // of its commands
  std::vector<std::string> words;  // of all its commands
};

struct UsedServices {
  std::vector<UsedService> services = {};
  // By the test's name: indexes of the services that it uses, and of those below them.
  std::unordered_map<std::string, std::vector<std::size_t>> by_test = {};
};

// Asks ctest only if services are declared for the tree. The error is a sentence.
Result<UsedServices> used_services(const ProjectSettings& settings, const std::string& tree,
                                   const std::string& configuration);

}  // namespace holdfast::cli
