// Where ctest has read a test. Several tests may have one name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct TestPlace {
  // From the top of the build tree, which is `.`; percent-encoded, but for its slashes. Empty: the
  // command is no test of ctest.
  std::string directory = {};
  std::uint32_t in_directory = 1;  // which of the tests of its name in that directory it is
  std::uint32_t nth = 1;           // which of all tests of its name that ctest reads it is
};

// `DIRECTORY`, or `DIRECTORY:IN_DIRECTORY:NTH`. attach.cmake writes it.
std::optional<TestPlace> parse_test_place(std::string_view text);

// 16 hexadecimal digits: FNV-1a of the name and of where it is in which directory. The same in each
// run of a tree and of its copies, whatever is selected, and whether ctest reads the whole tree or
// only a directory of it.
std::string key_of(std::string_view name, const TestPlace& place);

}  // namespace holdfast
