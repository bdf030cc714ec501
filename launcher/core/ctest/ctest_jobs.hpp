// How many tests ctest runs at once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

// The number of ctest's jobs: -j, else CTEST_PARALLEL_LEVEL, else 1. None: ctest chooses it (`-j`
// without a number, or with 0), or a script or a preset may. `command` begins with the program;
// `environment` are entries `NAME=VALUE`. ctest(1).
std::optional<std::size_t> jobs_of(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment);

}  // namespace holdfast
