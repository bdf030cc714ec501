// What a build tree's ctest knows of a test.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/settings/facts.hpp"

namespace holdfast::cli {

struct ListedTest {
  TestFacts facts;
  Values said;  // by its properties
};

// Lists the tests of `tree` (`ctest --show-only=json-v1`, which may run programs to discover their
// tests, and runs none of them) and returns what the launcher would be told of `test`. The first,
// where several have that name; nothing where none has. The error is what stands in the way, a
// clause.
Result<std::optional<ListedTest>> listed_test(const std::string& tree, std::string_view test);

}  // namespace holdfast::cli
