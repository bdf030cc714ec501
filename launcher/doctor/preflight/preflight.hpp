// Whether what [preflight] of holdfast.toml asks for is there. `holdfast begin` looks before each
// run, so this starts no program, and waits for nothing but a file system that does not answer.
#pragma once

#include <string>

#include "base/duration.hpp"
#include "doctor/base/finding.hpp"
#include "settings/settings.hpp"

namespace holdfast::doctor {

// What is missing now, in the order of the keys, first what stops a run: "port 5432 belongs to pid
// 12 (postgres), expected nobody there", at "holdfast.toml:12, [preflight]". `tree`: where relative
// paths begin. `patience`: how long the file system of a path may take to answer; those of the
// directories in PATH have no bound.
Findings look_at_needs(const Preflight& preflight, const std::string& tree, Milliseconds patience);

}  // namespace holdfast::doctor
