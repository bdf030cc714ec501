// The signature of a failure: the same for the same failure, in other runs and on other machines.
#pragma once

#include <string>
#include <string_view>

#include "report/model.hpp"

namespace holdfast {

// What the attempt itself says of its failure (report/excerpt.hpp), else how it ended. Without what
// differs from run to run: directories, lines, numbers, addresses.
std::string signature_of(const Attempt& attempt, std::string_view output);

// One line of at most 200 bytes, with `#` for each number and the last part of each path.
std::string bounded_signature(std::string_view text);

}  // namespace holdfast
