// Decides which of ctest's verdicts belongs to which test of the journal.
#pragma once

#include "report/model.hpp"

#include <deque>
#include <vector>

namespace holdfast {

// Gives each test its verdict and appends the tests that only ctest knows. CTest allows one name
// several times: a test and its verdict have the same key. A verdict without a key goes to the
// first test of its name that is left: it is of a test that ctest ran without us, or from an older
// version. If several verdicts have the same number, the last counts.
// A deque, because the verdicts of a large run take much memory.
void assign_verdicts(std::vector<TestReport>& tests, std::deque<VerdictRecord> verdicts);

}  // namespace holdfast
