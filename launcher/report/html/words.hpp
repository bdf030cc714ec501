// The words that tell why a test has its outcome.
#pragma once

#include <string>
#include <vector>

#include "report/load.hpp"
#include "report/model.hpp"
#include "report/shown.hpp"

namespace holdfast {

// One line, printable: the headline of what the test printed, for a batch the cases that went
// wrong, and without either its reason().
std::string words_of_failure(const TestReport& test, Outputs& outputs);

// The cases of a batch that went wrong.
std::vector<const Case*> red_cases(const TestReport& test);

}  // namespace holdfast
