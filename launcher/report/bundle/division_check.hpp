// Whether shards are those of one division, and have all of its tests (core/select/division.hpp).
#pragma once

#include <string>
#include <vector>

#include "report/bundle/named_report.hpp"
#include "report/model.hpp"

namespace holdfast {

// Why the shards are not of one division, in one line; empty: they are, or none is of any.
std::string different_divisions(const std::vector<NamedReport>& shards);

// Finds the planned tests that no shard has on record, and those that ran more often than planned.
// Without a division there are none.
void check_against_division(RunReport& merged);

}  // namespace holdfast
