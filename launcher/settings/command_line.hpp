// The command line of holdfast-launcher and of `holdfast run`: the same options, one parser. The
// options for settings are in values/table.def. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "settings/resolution.hpp"
#include "values/attach.hpp"
#include "values/build_step.hpp"

namespace holdfast {

// How the argument begins by which ctest tells the launcher which test it runs:
// `--test:WORD:PLACE=NAME`, up to the place. `word` is a random word of the run. It marks the run's
// entries in ctest's log (ctest/ctest_log_entries.hpp).
std::string begin_of_test_argument(std::string_view word);

enum class Loudness : std::uint8_t { normal, quiet };

struct CommandLine {
  bool is_test = false;             // ctest has started it as a test
  std::string word;                 // of the run; empty: none was said
  TestPlace place;                  // of the test
  std::optional<std::string> name;  // none: the command's own name; a test's name may be empty
  Options options;
  Loudness loudness = Loudness::normal;
  bool help = false;
  std::optional<BuildStep> step;  // set: the command is a step of a build
  std::vector<StepSlots> slots;   // for the step; the step's output decides which slots it takes
  std::string tree;               // of its services and locks; empty: the one around here
  std::string configuration;      // likewise; empty: none was said
  std::size_t command_at = 0;     // index of COMMAND in the arguments
};

// `arguments` has no program name. Everything after the first `--` is the command and is not
// parsed. The error is one line: which argument, and what was expected.
Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments);

}  // namespace holdfast
