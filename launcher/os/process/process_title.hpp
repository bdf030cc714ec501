// What ps shows of this process.
#pragma once

#include <string>
#include <vector>

namespace holdfast::os {

// Shows `words` as the command line, as far as they fit in the place of the original one, and
// `name`, cut to 15 bytes, as the name. The arguments of main() must not be used any more.
void set_process_title(const char* name, const std::vector<std::string>& words);

}  // namespace holdfast::os
