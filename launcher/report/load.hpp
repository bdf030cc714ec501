// Makes a report from a run's files: the part of `holdfast report` that touches the disk.
#pragma once

#include "core/base/result.hpp"
#include "report/model.hpp"
#include "store/run_directory.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>

namespace holdfast {

// Reads the run's journal, and from ctest's log what the last attempt of each test printed. The
// next run overwrites that log. If an output is gone, output_note says so; it is never taken from
// another run. Fails only when the journal cannot be opened. Never throws.
Result<RunReport> load_report(const RunEntry& run, RunState state = RunState::over);

// Adds the build steps that ended after the tree's previous run ended and before its next run
// began. Adds nothing when there were no steps.
void load_steps(RunReport& report, const RunEntry& run);

// The report of a tree without a run: only its build steps. Nothing if there are none either.
std::optional<RunReport> load_builds(const std::filesystem::path& tree);

}  // namespace holdfast
