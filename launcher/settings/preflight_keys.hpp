// Reads [preflight] of holdfast.toml, and [profile.NAME.preflight].
#pragma once

#include <string>

#include "core/settings/preflight.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// `key` is where the table stands in the file: `preflight`, `profile.ci.preflight`. Complains of
// everything that it does not understand.
Preflight read_preflight(const toml::node& node, const std::string& key, Complaints& complaints);

}  // namespace holdfast
