// Whether Ninja would make programs anew by the times of files, in the way of Ninja. Pure.
//
// Ninja says it itself, with one exception: if an input of a step is dirty, Ninja gives no other
// reason for the step. What a step makes that runs in each build is dirty in each dry run, and so
// hides that another input is newer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/affected/ninja_tools.hpp"

namespace holdfast::doctor {

// What Ninja's tools print.
struct NinjaTexts {
  std::string graph;
  std::string deps;
};

// When a file was last written, ns since 1970; 0: it does not exist. The path is as Ninja has it.
using TimeOf = std::function<std::int64_t(std::string_view path)>;

// For each of `targets`, whether an input of one of the steps that lead to it is newer than what
// the step makes. Steps that run in each build do not count.
std::vector<bool> are_old(const std::vector<std::string>& targets, const NinjaTexts& texts,
                          const NinjaLog& logged, const TimeOf& time_of);

}  // namespace holdfast::doctor
