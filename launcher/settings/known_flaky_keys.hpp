// Reads [[known-flaky]] of holdfast.toml.
#pragma once

#include <vector>

#include "core/retry/known_flaky.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// Bytes of all entries of a file together: every grant carries them (core/settings/wire.hpp).
inline constexpr std::size_t k_most_known_flaky = 16 * 1024;

// Complains of everything that it does not understand, patterns included.
std::vector<KnownFlaky> read_known_flaky(const toml::node& node, Complaints& complaints);

}  // namespace holdfast
