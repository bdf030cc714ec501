// The cases of batches, shown as tests.
#pragma once

#include <vector>

#include "report/model.hpp"

namespace holdfast {

// For formats that know no cases inside tests. The cases of a batch take its place, each as a test.
// The batch stays too if it went wrong and none of its cases did.
std::vector<TestReport> as_tests(const std::vector<TestReport>& tests);

}  // namespace holdfast
