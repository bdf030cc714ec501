// The run that this process is part of: a ctest that a test of it starts must not wait for it.
#pragma once

#include <string>
#include <vector>

#include "core/base/process_name.hpp"

namespace holdfast {

// The id of the run that `ctest` (in the PID namespace `numbering`, os::numbering_id()) does in
// `tree`, if one of its tests has started this process, by
// however many others; empty: none has. Known by ancestry, or by the tag of an attempt that has not
// ended (core/base/attempt_tag.hpp): in a PID namespace ctest is out of sight.
std::string run_around_us(const std::string& tree, const ProcessName& ctest,
                          const std::string& numbering);

// The ids of the runs that `ctest` has recorded in `tree`, the last one first: it may go on.
std::vector<std::string> runs_of(const std::string& tree, const ProcessName& ctest,
                                 const std::string& numbering);

}  // namespace holdfast
