// The inputs of the test that is started here.
#pragma once

#include <string_view>

#include "core/ctest/test_inputs.hpp"

namespace holdfast::supervision {

// `required`: REQUIRED_FILES, as TestFacts has them.
TestInputs inputs_of(char** command, std::string_view required);

}  // namespace holdfast::supervision
