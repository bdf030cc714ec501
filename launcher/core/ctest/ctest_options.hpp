// What ctest was asked for on its command line, as far as we have to know it too. ctest(1),
// CMake 4.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// ctest-integration/listing.cmake has those with a value, too.
enum class CtestOption : std::uint8_t {
  unknown,          // or one whose value may be missing (-j)
  plain,            // no value; says how tests are told of, and when it ends
  with_value,       // the same, or leaves tests out
  other_with_value  // selects tests, or does something else
};

CtestOption ctest_option(std::string_view word);

// Whether it is to be quiet (-Q, --quiet). `command`: its words, the program first. A word that is
// an option's value is none itself: `ctest -R -Q`.
bool asks_to_be_quiet(const std::vector<std::string>& command);

}  // namespace holdfast
