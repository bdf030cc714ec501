// The test properties ENVIRONMENT and ENVIRONMENT_MODIFICATION, as ctest applies them. Pure.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

// What becomes of the inherited variables, which are `NAME=VALUE`, in the order in which they were
// first set. `set` is ENVIRONMENT: `NAME=VALUE`; a name without `=` is unset. `modifications` is
// ENVIRONMENT_MODIFICATION: `NAME=OPERATION:VALUE`. ctest refuses a test with an entry that it does
// not understand; here such an entry changes nothing.
std::vector<std::string> modified_environment(std::vector<std::string> inherited,
                                              const std::vector<std::string>& set,
                                              const std::vector<std::string>& modifications);

}  // namespace holdfast
