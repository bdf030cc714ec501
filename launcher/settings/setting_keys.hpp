// Reads the keys of a table of holdfast.toml that are settings: values/table.def.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings/complaints.hpp"
#include "settings/keys.hpp"
#include "values/value.hpp"

namespace holdfast {

// Bytes of all variables in a file: a grant must fit into one message (settings/wire.hpp).
inline constexpr std::size_t k_most_environment = 32 * 1024;

enum class TableOf : std::uint8_t {
  tests,        // [[override]]
  profile,      // [profile.NAME]: settings of tests and of the run
  build_steps,  // [build-steps]
};

// Reads what is right and complains of the rest, even of a key that is neither a setting of that
// table nor one of `other_keys`.
Values read_settings(const TableReader& table, TableOf of,
                     const std::vector<std::string>& other_keys);

}  // namespace holdfast
