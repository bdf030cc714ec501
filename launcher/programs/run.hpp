// Becomes the launcher for a command: `holdfast run` and `holdfast debug`.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "settings/command_line.hpp"
#include "settings/settings.hpp"

namespace holdfast::cli {

// What the launcher is told besides its arguments.
struct LauncherOrder {
  std::string name;         // of the command, in messages
  Values said;              // what holdfast.toml and properties say
  const Settings& project;  // where services are declared
};

// With the value that makes the launcher give the command a directory of its own.
Values with_directory(Values said);

// `words`: the launcher's arguments, which `line` has parsed. A line that is not understood is the
// launcher's to refuse: then there is no order, and the launcher is told nothing more. Starts the
// services that the command uses. Returns only on failure: the exit code.
int become_launcher(std::vector<std::string> words, const Result<CommandLine>& line,
                    const LauncherOrder* order);

}  // namespace holdfast::cli
