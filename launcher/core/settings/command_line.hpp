// The command line of holdfast-launcher and of `holdfast run`: the same words, one parser. The
// options of settings are in core/settings/table.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/settings/resolution.hpp"
#include "core/step/build_step.hpp"
#include "core/step/step_slots.hpp"

namespace holdfast {

// `holdfast run` gives the launcher a descriptor by it.
inline constexpr std::string_view k_settings_option = "--settings";

enum class Loudness : std::uint8_t { normal, quiet };

struct CommandLine {
  std::optional<std::string> name;  // none: the command's own. Of a test it may be empty
  Options options;
  Loudness loudness = Loudness::normal;
  bool help = false;
  std::optional<BuildStep> step;  // set: the command is one of a build
  std::vector<StepSlots> slots;   // of the step: which it takes is known with its output
  int settings = -1;              // a file with what holdfast.toml says (core/settings/wire.hpp)
  std::size_t command_at = 0;     // index of COMMAND in the arguments
};

// `arguments` without the program's own name. Everything after the first `--` is the command and
// is not looked at. The error is one line: which argument, what was expected.
Result<CommandLine> parse_command_line(const std::vector<std::string_view>& arguments);

}  // namespace holdfast
