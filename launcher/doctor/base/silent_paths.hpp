// Paths at which nobody can look.
#pragma once

#include <string>
#include <vector>

#include "base/duration.hpp"

namespace holdfast::doctor {

// Returns those of `paths` whose file systems do not answer within `patience`: a network file
// system whose server is gone. Whoever looks at such a path waits, perhaps for ever. So a thread
// looks at each of them, and is left alone if it hangs. Each silent path costs `patience`.
std::vector<std::string> silent_among(const std::vector<std::string>& paths, Milliseconds patience);

// Such as `/mnt/x gave no answer within 5.0 s`.
std::string say_silent(const std::string& path, Milliseconds patience);

}  // namespace holdfast::doctor
