// Whether the settings of a project are right, and do something.
#pragma once

#include <string>
#include <vector>

#include "ctest/list_tests.hpp"
#include "doctor/base/finding.hpp"
#include "doctor/tree/requested_resources.hpp"
#include "settings/project_settings.hpp"
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

}  // namespace holdfast::doctor
