// [[known-flaky]] of holdfast.toml, read.
#pragma once

#include <vector>

#include "core/retry/known_flaky.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// Of a whole file together, as it is sent with every grant (core/settings/wire.hpp).
inline constexpr std::size_t k_most_known_flaky = 16 * 1024;

// Complains of everything that is not understood, patterns included.
std::vector<KnownFlaky> read_known_flaky(const toml::node& node, Complaints& complaints);

}  // namespace holdfast
