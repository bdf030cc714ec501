// How many tests ctest runs at once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The number of ctest's jobs: -j, else CTEST_PARALLEL_LEVEL, else 1. None: ctest chooses it (`-j`
// without a number, or with 0), or a script or a preset may. `command` begins with the program;
// `environment` are entries `NAME=VALUE`. ctest(1).
std::optional<std::size_t> jobs_of(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment);

// How many slots ctest has, if idle ones may be lent. None also if ctest starts tests by the load
// of the machine (`--test-load`), or if a script or a preset may say that it does.
std::optional<std::size_t> jobs_to_lend(const std::vector<std::string>& command,
                                        const std::vector<std::string>& environment);

// Whether `text`, the content of a DartConfiguration.tcl, has a TestLoad.
bool configures_load(std::string_view text);

}  // namespace holdfast
