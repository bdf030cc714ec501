// Whether Ninja would make programs anew by the times of files, in the way of Ninja. Pure.
//
// Ninja says it itself, with one exception: if an input of a step is dirty, Ninja gives no other
// reason for the step. What a step makes that runs in each build is dirty in each dry run, and so
// hides that another input is newer.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/affected/ninja_tools.hpp"
#include "doctor/tree/ninja.hpp"

namespace holdfast::doctor {

// Files as Ninja has them.
using NinjaNames = std::set<std::string, std::less<>>;

// When a file was last written, ns since 1970; 0: it does not exist. The path is as Ninja has it.
using TimeOf = std::function<std::int64_t(std::string_view path)>;

// For each of `targets`, whether one of the files that lead to it is `dirty`, or is newer than what
// a step makes of it. Steps that run in each build do not count.
std::vector<bool> are_old(const std::vector<std::string>& targets, const NinjaTexts& texts,
                          const NinjaNames& dirty, const TimeOf& time_of);

}  // namespace holdfast::doctor
