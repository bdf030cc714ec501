// What `ctest -N` prints: a line for each test that its options select. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Returns the name of the test with that number, and null if there is no such test. `before`: how
// many tests come before it in the text.
using NameOfNumber = std::function<const std::string*(std::size_t number, std::size_t before)>;

// ctest's numbers of the tests, ascending. A name may have several lines, or look like some, so the
// names must be known. In names from JSON, each byte that is no UTF-8 is U+FFFD. Nothing if the
// text is not ctest's.
std::optional<std::vector<std::size_t>> numbers_shown(std::string_view text,
                                                      const NameOfNumber& name_of);

// The directory in which ctest looks for its tests; empty: the text does not say.
std::string directory_shown(std::string_view text);

}  // namespace holdfast
