// The signature of a failure: the same for the same failure, in other runs and on other machines.
#pragma once

#include <string>
#include <string_view>

#include "report/model.hpp"

namespace holdfast {

// Returns what the attempt itself printed about its failure (report/excerpt.hpp), or else how it
// ended. Leaves out what differs from run to run: directories, lines, numbers, addresses.
std::string signature_of(const Attempt& attempt, std::string_view output);

// Returns one line of at most 200 bytes, with `#` for each number and only the last part of each
// path.
std::string bounded_signature(std::string_view text);

}  // namespace holdfast
