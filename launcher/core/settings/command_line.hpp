// The command line of holdfast-launcher and of `holdfast run`: the same options, one parser. The
// options for settings are in core/settings/table.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/ctest/attach.hpp"
#include "core/settings/resolution.hpp"
#include "core/step/build_step.hpp"

namespace holdfast {

// With this option `holdfast run` gives the launcher a descriptor.
inline constexpr std::string_view k_settings_option = "--settings";
// Likewise, the connection to the keeper of the services that it has started for the command.
inline constexpr std::string_view k_service_keeper_option = "--service-keeper";

// Likewise, the connection with the holdfast-etcd that it has started for the command's locks.
inline constexpr std::string_view k_cluster_option = "--cluster";

// A launcher passes its state to holdfast-exec by `--handed-over=FD`, in front of its own
// arguments. Nobody else uses this option, and parse_command_line() does not know it.
inline constexpr std::string_view k_handed_over = "--handed-over=";

// How the argument begins by which ctest tells the launcher which test it runs:
// `--test:WORD:PLACE=NAME`, up to the place. `word` is a random word of the run. It marks the run's
// entries in ctest's log (store/ctest_log_entries.hpp).
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
  int settings = -1;           // descriptor of the values of holdfast.toml (core/settings/wire.hpp)
  int service_keeper = -1;     // descriptor; -1: the command has no services
  int cluster = -1;            // descriptor; -1: the command has no locks over machines
  std::size_t command_at = 0;  // index of COMMAND in the arguments
};

// `arguments` has no program name. Everything after the first `--` is the command and is not
// parsed. The error is one line: which argument, and what was expected.
Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments);

}  // namespace holdfast
