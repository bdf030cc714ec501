// The keys of a table of holdfast.toml that are settings: core/settings/table.def.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/settings/value.hpp"
#include "settings/complaints.hpp"
#include "settings/keys.hpp"

namespace holdfast {

// Of all variables in one file together: a grant must fit into one message
// (core/settings/wire.hpp).
inline constexpr std::size_t k_most_environment = 32 * 1024;

enum class TableOf : std::uint8_t {
  tests,        // [[override]]
  profile,      // [profile.NAME]: what holds for tests and for the run
  build_steps,  // [build-steps]
};

// Reads what is right and complains of the rest: of every key, too, that is neither a setting there
// nor one of `other_keys`.
Values read_settings(const NamedTable& named, TableOf of,
                     const std::vector<std::string>& other_keys, Complaints& complaints);

}  // namespace holdfast
