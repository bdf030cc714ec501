// Which tests need much memory, and what they could ask for: `HOLDFAST_LOCKS "memory:2GiB"`.
#pragma once

#include <cstdint>
#include <string>

#include "report/model.hpp"

namespace holdfast {

// The amount that a test with this peak, in KiB, should ask for: a quarter more, because two runs
// of a test rarely need the same, rounded up to whole 256 MiB.
std::uint64_t proposed_memory_kb(std::uint64_t peak_kb);

// A section of the text report. Empty if no test needed much.
std::string memory_budgets(const RunReport& report);

}  // namespace holdfast
