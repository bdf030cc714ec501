// Who of ours looks after the tests of a ctest, as others can see it.
#pragma once

#include <vector>

#include "core/attach.hpp"
#include "os/unique_fd.hpp"

namespace holdfast {

// Whether its keeper is there, be it stopped.
bool has_keeper(const ProcessName& ctest);

// Its launchers and guards, to be watched (pidfds).
std::vector<os::UniqueFd> supervisors_of(const ProcessName& ctest);

// Whether it has a guard whose launcher is dead: that ends its test in its time, or keeps a
// fixture's.
bool has_guard_alone(const ProcessName& ctest);

}  // namespace holdfast
