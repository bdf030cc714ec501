// What ctest's command line asks for, as far as Holdfast must know it. ctest(1), CMake 4.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// ctest-integration/listing.cmake also lists the options that have a value.
enum class CtestOption : std::uint8_t {
  unknown,          // any other option, or one whose value may be missing (-j)
  plain,            // no value; changes output, order or when ctest ends, and no more
  with_value,       // with a value; does the same as a plain one, or leaves tests out
  other_with_value  // with a value; selects tests or does something else
};

CtestOption ctest_option(std::string_view word);
// Whether a value follows the option.
bool takes_value(std::string_view word);

// Whether ctest is asked to be quiet (-Q, --quiet). `command` begins with the program. A word that
// is the value of an option does not count: `ctest -R -Q`.
bool asks_to_be_quiet(const std::vector<std::string>& command);

// The options of the command by which ctest selects tests, each with its value: {"-R", "net", "-L",
// "slow"}. `command` begins with the program.
std::vector<std::string> selecting_options(const std::vector<std::string>& command);

// How many tests ctest runs at once.

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
