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

// So much of an output is searched, at its end: a failure usually names its cause near it.
inline constexpr std::size_t k_most_searched_output = 1024 * 1024;

// The index of the first of `patterns` (settings/pattern.hpp) that is found in a line of `output`.
// Fails where nobody could look.
Result<std::optional<std::size_t>> first_found(const std::vector<std::string>& patterns,
                                               const std::string& output);

// What the holdfast.toml of the project of a build tree says of steps. The error is a sentence.
Result<StepSettings> step_settings(const std::string& tree);

}  // namespace holdfast::exec
