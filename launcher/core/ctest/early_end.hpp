// When ctest may end before it has started all of its tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

enum class Stops : std::uint8_t { never, at_a_failure, at_any_time };

// By the options of the command, which begins with the program. A preset may say `stopOnFailure`.
Stops stops_of(const std::vector<std::string>& command);

}  // namespace holdfast
