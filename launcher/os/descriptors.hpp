// Letting go of what a process inherited.
#pragma once

#include <vector>

namespace holdfast::os {

// Closes every descriptor but these, in any order; those below 0 are nobody's. What owns one of the
// closed must be told to release it.
void close_all_but(std::vector<int> kept);

// stdin, stdout and stderr: reads nothing, keeps nobody waiting for the end of what we write.
void leave_standard_streams();

}  // namespace holdfast::os
