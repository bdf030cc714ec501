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
  Values said;  // what the test's properties say
};

// What ctest's JSON says of `test`. What PRE_TEST commands print may come before the JSON. Nothing
// if there is no test of that name. If several tests have the name, the first counts. The error is
// a clause.
Result<std::optional<ListedTest>> read_listing(const std::string& listing, std::string_view test);

// Lists the tests of `tree` with `ctest --show-only=json-v1` and returns what the launcher would be
// told of `test`. ctest may run programs to discover their tests, but runs no test.
Result<std::optional<ListedTest>> listed_test(const std::string& tree, std::string_view test);

}  // namespace holdfast::cli
