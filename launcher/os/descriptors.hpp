// All descriptors of a process at once.
#pragma once

#include <vector>

namespace holdfast::os {

// Closes every descriptor but these, in any order; those below 0 are nobody's. What owns one of the
// closed must be told to release it.
void close_all_but(std::vector<int> kept);

}  // namespace holdfast::os
