// What a bundle says of the project and the machine beside the run itself.
#pragma once

#include <string>
#include <vector>

#include "report/bundle/write_bundle.hpp"

namespace holdfast::cli {

// The project's holdfast.toml as it is now, what CMake's cache says of the build tree, and what
// this machine is. What cannot be read is missing.
std::vector<BundledText> surroundings_of(const std::string& tree);

}  // namespace holdfast::cli
