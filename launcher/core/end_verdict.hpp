// The verdict of ctest on a test whose output nobody has read.
#pragma once

#include <string_view>

#include "core/outcome.hpp"

namespace holdfast {

// `passed` or `failed`, of one that was not skipped; empty where an expression decides.
// `properties`: as parse_verdict_properties() reads them.
std::string_view verdict_by_end(std::string_view properties, const Exit& end);

}  // namespace holdfast
