// What ps shows of this process.
#pragma once

#include <string>
#include <vector>

namespace holdfast::os {

// Makes `words` the command line, cut to the length of the original one. Makes `name` the name, cut
// to 15 bytes. Afterwards the arguments of main() must not be used any more.
void set_process_title(const char* name, const std::vector<std::string>& words);

}  // namespace holdfast::os
