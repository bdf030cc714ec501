// `holdfast run --help`.
#pragma once

#include <string>

namespace holdfast::cli {

// The text, with the options of core/settings/table.def.
std::string help_of_run();

// Prints it to stdout. Returns the exit code of `holdfast`.
int print_help_of_run();

}  // namespace holdfast::cli
