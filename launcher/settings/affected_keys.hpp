// Reads [[affected]] of holdfast.toml.
#pragma once

#include <vector>

#include "core/affected/file_glob.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// Complains of everything that it does not understand, globs and patterns included.
std::vector<AffectedRule> read_affected(const toml::node& node, Complaints& complaints);

}  // namespace holdfast
