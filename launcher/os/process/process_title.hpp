// What ps shows of this process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::os {

// Shows `words` as its command line, as far as they fit where the ones it was started with are, and
// `name`, cut to 15 bytes, as its name. Nobody may use the arguments of main() any more.
void set_process_title(const char* name, const std::vector<std::string>& words);

}  // namespace holdfast::os
