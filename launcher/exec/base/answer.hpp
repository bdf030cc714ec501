// Questions that only `holdfast` can answer: this program links neither RE2 nor a reader of
// holdfast.toml. Each starts `holdfast answer` and waits for it, a minute at most.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/settings/settings.hpp"

namespace holdfast::exec {

// How many bytes at the end of an output are searched: a failure usually names its cause there.
inline constexpr std::size_t k_most_searched_output = 1024 * 1024;

// The index of the first of `patterns` (settings/pattern.hpp) that is found in a line of `output`.
// Fails if `holdfast` could not look.
Result<std::optional<std::size_t>> first_found(const std::vector<std::string>& patterns,
                                               const std::string& output);

// What the holdfast.toml of the project of a build tree says of steps. The error is a sentence.
Result<StepSettings> step_settings(const std::string& tree);

}  // namespace holdfast::exec
