// Finds the run that this process is part of: a ctest inside a test must not wait for the run of
// that test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/process_name.hpp"
#include "core/journal/records.hpp"

namespace holdfast {

// Returns the id of the run of `ctest` in `tree` if one of its tests has started this process,
// directly or through others; else empty. `ctest` is in the PID namespace `numbering`
// (os::numbering_id()). The answer comes from our ancestors. In a PID namespace of our own we
// cannot see that ctest, and the answer comes from the tag of an attempt that has not ended
// (core/base/process_name.hpp).
std::string run_around_us(const std::string& tree, const ProcessName& ctest,
                          const std::string& numbering);

// True: the records of a run say that an attempt with that tag has begun and not ended.
bool is_attempt_going_on(const std::vector<Record>& records, std::uint64_t tag);

// Returns the ids of the runs of `ctest` that `tree` has on record, the last one first. The last
// one may still go on.
std::vector<std::string> runs_of(const std::string& tree, const ProcessName& ctest,
                                 const std::string& numbering);

}  // namespace holdfast
