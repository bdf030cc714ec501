// What setups of fixtures, and tests that DEPENDS names, do for the tests of a listing.
#pragma once

#include <vector>

#include "cli/listed_test.hpp"
#include "core/affected/affected_tests.hpp"

namespace holdfast::cli {

std::vector<Preparation> preparations_in(const std::vector<NamedTest>& tests);

}  // namespace holdfast::cli
