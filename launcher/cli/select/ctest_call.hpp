// Becoming a ctest that runs chosen tests.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast::cli {

// How ctest is started.
struct CtestCall {
  std::string program;
  std::string directory;
  std::vector<std::string> words = {};
};

std::vector<std::string> joined(std::vector<std::string> one,
                                const std::vector<std::string>& other);

// The words by which ctest runs the tests of these numbers, of which there is at least one. If the
// command line should not have them all, they are written to `file`.
Result<std::vector<std::string>> words_for(const std::vector<std::size_t>& numbers,
                                           const std::filesystem::path& file);

// Makes the ctest that we become start tests in that order. `commands` are for test_order.cmake and
// are written to `file`.
Result<void> put_in_order(const std::filesystem::path& file, const std::string& commands);

// `own_name` is the first word of ctest's command line. Returns only on failure.
Error become_ctest(const CtestCall& call, const std::string& own_name);

}  // namespace holdfast::cli
