// toml++ (https://marzer.github.io/tomlplusplus), without exceptions and formatters.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
