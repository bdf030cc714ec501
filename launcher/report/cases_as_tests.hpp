// The cases of batches, shown as tests.
#pragma once

#include <vector>

#include "report/model.hpp"

namespace holdfast {

// For formats that know no cases inside of tests: those of a batch in its place, each as a test,
// and the batch as well where no case says what was wrong with it.
std::vector<TestReport> as_tests(const std::vector<TestReport>& tests);

}  // namespace holdfast
