// `holdfast run --help`.
#pragma once

#include <string>

namespace holdfast::cli {

// With the options of core/settings/table.def.
std::string help_of_run();

// To stdout; the exit code of `holdfast`.
int print_help_of_run();

}  // namespace holdfast::cli
