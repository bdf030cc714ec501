// A case of a batch, as people name it: which test holds it, and how it is run by itself.
#pragma once

#include <string>
#include <vector>

#include "ctest/list_tests.hpp"

namespace holdfast::cli {

// The batch with that case: by the tree's last run, or because its filter names the case. Null:
// none is known.
const ListedTest* find_batch_of(const std::string& tree, const std::vector<ListedTest>& tests,
                                const std::string& name);

// Makes a test program's command select these cases and no other. False: its framework cannot
// select them alone, or is not known; then the command stays as it is.
bool select_cases(const std::vector<std::string>& names, std::vector<std::string>& command);

}  // namespace holdfast::cli
