// Whether what [preflight] of holdfast.toml asks for is there. `holdfast begin` looks before each
// run, so this starts no program, and waits for nothing but a file system that does not answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "doctor/base/finding.hpp"
#include "settings/settings.hpp"

namespace holdfast::doctor {

enum class Trouble : std::uint8_t { fails, warns };

struct Missing {
  Trouble trouble = Trouble::fails;
  std::string what;    // "port 5432 belongs to pid 12 (postgres), expected nobody there"
  std::string origin;  // "holdfast.toml:12, [preflight]"
};

// What is missing now, in the order of the keys, first what stops a run. `tree`: where relative
// paths begin. `patience`: how long the file system of a path may take to answer; those of the
// directories in PATH have no bound.
std::vector<Missing> look_at_needs(const Preflight& preflight, const std::string& tree,
                                   Milliseconds patience);

Findings check_needs(const std::vector<Missing>& missing);

// The line that `holdfast begin` prints.
std::string to_line(const Missing& missing);

}  // namespace holdfast::doctor
