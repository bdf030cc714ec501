// As many steps at once as memory allows, over all build trees of a user, or of the machine: one
// counted lock whose units are shares of the memory that there is. A step takes as many as it is
// expected to need.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/lock/lock_spec.hpp"
#include "core/step/build_step.hpp"

namespace holdfast {

// The same for everybody, whatever memory there is: all users of a lock must name one size.
inline constexpr unsigned k_memory_units = 128;
inline constexpr std::string_view k_memory_lock = "holdfast-memory";

// What a step is expected to need of which nothing is known yet: 1 GiB.
inline constexpr std::uint64_t k_unknown_peak_kb = 1024UL * 1024UL;

// What a step that needs so much takes: its share of the budget, rounded up; never more than all of
// it, so that any step is had by itself, and never nothing.
unsigned memory_units(std::uint64_t expected_kb, std::uint64_t budget_kb);

LockSpec memory_lock(unsigned units, LockScope scope);

// The most that the last four commands took which made this output and passed (a static library is
// made by several). `journal` is the text of a build journal; lines that are not whole are passed
// over. None: there are none.
std::optional<std::uint64_t> past_peak_kb(std::string_view journal, const BuildStep& step);

// "8GiB", "512MiB", in KiB; none for anything else, and for nothing.
std::optional<std::uint64_t> parse_memory_size(std::string_view text);

// For a step that is to be alone: all slots of its counted locks and of memory, and a lock that all
// such steps have for themselves. In canonical order. `memory`: the scope of the lock of memory.
void make_alone(std::vector<LockSpec>& locks, LockScope memory);

}  // namespace holdfast
