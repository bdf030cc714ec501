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
  Values said;  // what its properties say
};

// Lists the tests of `tree` with `ctest --show-only=json-v1` and returns what the launcher would be
// told of `test`. ctest may run programs to discover their tests, but runs no test. If several
// tests have that name, the first counts; nothing if none has. The error is a clause that says what
// went wrong.
Result<std::optional<ListedTest>> listed_test(const std::string& tree, std::string_view test);

}  // namespace holdfast::cli
