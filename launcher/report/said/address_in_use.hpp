// Failed tests that could not have an address because somebody else had it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/model.hpp"
#include "report/outputs.hpp"

namespace holdfast {

// Whether an output has the words of EADDRINUSE, as C, Python, Rust, Node.js and others print them.
bool says_address_in_use(std::string_view output);

// The names of the failed tests whose output, or that of a failed case, says so; each name once, in
// the order of the report. `is_apart`: a test whose addresses are its own by now. Reads no output
// of a test that did not fail, and those of the first thousand that failed.
std::vector<std::string> tests_with_address_in_use(
    const RunReport& report, Outputs& outputs,
    const std::function<bool(const TestReport&)>& is_apart);

// "2 tests failed with "address already in use" (a, b): …", and which setting would help. Safe for
// a terminal. Empty: there are none.
std::string address_in_use_text(const RunReport& report);

}  // namespace holdfast
