// What CMake's if() takes for true.
#pragma once

#include <string_view>

namespace holdfast {

// Whether if("<text>") is true: for ON, YES, TRUE and Y in any case, and for a number other than 0.
bool is_true_in_cmake(std::string_view text);

}  // namespace holdfast
