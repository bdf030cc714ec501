// Decides which of ctest's verdicts belongs to which test of the journal.
#pragma once

#include "report/model.hpp"

#include <cstdint>
#include <vector>

namespace holdfast {

// Whether a word marks the entries of ctest's log (store/ctest_log_entries.hpp). Logs of older
// versions have none, and no verdict from them is doubted.
enum class LogOf : std::uint8_t { marked, unmarked };

// Gives each test its verdict and appends the tests that only ctest knows. A verdict has ctest's
// number and a name, a test has a key and a name, and CTest allows one name several times. Among
// tests of one name, a verdict goes to the first whose last attempt agrees with it, else to the
// first one left. If several verdicts have the same number, the last counts.
void assign_verdicts(std::vector<TestReport>& tests, std::vector<VerdictRecord> verdicts,
                     LogOf log);

}  // namespace holdfast
