// Questions that only `holdfast` can answer, because this program links neither RE2 nor a reader of
// holdfast.toml. Each question starts `holdfast answer` and waits for it, a minute at most.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attempt/surroundings.hpp"
#include "base/result.hpp"
#include "os/process/bounded_work.hpp"
#include "os/process/execute.hpp"
#include "settings/wire.hpp"

namespace holdfast::exec {

using os::entries_of;

// How many bytes at the end of an output are searched: a failure usually names its cause there.
inline constexpr std::size_t k_most_searched_output = 1024 * 1024;

// Returns the index of the first of `patterns` (settings/pattern.hpp) that is found in a line of
// `output`. Fails if `holdfast` could not look.
Result<std::optional<std::size_t>> first_found(const std::vector<std::string>& patterns,
                                               const std::string& output);

// Returns what holdfast.toml says of steps; `tree`: a build tree of the project. The error is a
// sentence.
Result<wire::StepSettings> step_settings(const std::string& tree);

// Waits for bounded work beside a test that may be told to end.

// Blocks until all of `works` have finished. Each of them limits its own time. Returns 0, or the
// signal that came meanwhile to end the test (supervision::wait_until()).
int await_unless_told_to_end(supervision::Surroundings& around,
                             const std::vector<os::BoundedWork*>& works);

}  // namespace holdfast::exec
