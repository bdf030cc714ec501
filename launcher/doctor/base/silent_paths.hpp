// Paths at which nobody can look.
#pragma once

#include <string>

#include "base/duration.hpp"

namespace holdfast::doctor {

// Whether the file system of the path does not answer within `patience`: a network file system
// whose server is gone. Whoever looks at such a path waits, perhaps for ever. So a thread looks at
// it, and is left alone if it hangs.
bool is_silent(const std::string& path, Milliseconds patience);

// Such as `/mnt/x gave no answer within 5.0 s`.
std::string say_silent(const std::string& path, Milliseconds patience);

}  // namespace holdfast::doctor
