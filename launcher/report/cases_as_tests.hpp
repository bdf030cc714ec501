// The cases of batches, shown as tests.
#pragma once

#include <functional>
#include <span>

#include "report/model.hpp"

namespace holdfast {

// Returns one case of the test as a test.
TestReport as_test(const TestReport& test, const Case& one);

// For formats that know no cases inside tests. Calls `see` with each test in turn. The cases of a
// batch take the place of the batch, each as a test. The batch stays too if it went wrong and none
// of its cases did.
void see_as_tests(std::span<const TestReport> tests,
                  const std::function<void(const TestReport&)>& see);

// How such a format sees the test. Whether a test counts as skipped may depend on ctest's verdict.
Grade grade_of(const TestReport& test);

// Whether such a format shows the test as gone wrong.
inline bool is_wrong(const TestReport& test) {
  const Grade grade = grade_of(test);
  return grade == Grade::failure || grade == Grade::error;
}

}  // namespace holdfast
