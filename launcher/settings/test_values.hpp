// The keys of a table of holdfast.toml that say something about tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/settings/settings.hpp"
#include "settings/complaints.hpp"
#include "settings/keys.hpp"

namespace holdfast {

// Of all variables in one file together: a grant must fit into one message
// (core/settings/wire.hpp).
inline constexpr std::size_t k_most_environment = 32 * 1024;

// Reads what is right and complains of the rest: of every key, too, that is neither its own nor one
// of `other_keys`.
TestValues read_test_values(const NamedTable& named, const std::vector<std::string>& other_keys,
                            Complaints& complaints);

}  // namespace holdfast
