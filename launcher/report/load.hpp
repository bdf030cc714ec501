// From the files of a run to a report: the part of `holdfast report` that touches the disk.
#pragma once

#include "core/base/result.hpp"
#include "report/model.hpp"
#include "store/run_directory.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>

namespace holdfast {

// Reads the run's journal, and what the last attempt of each test printed, from ctest's log. ctest
// overwrites that log in the next run: output that is gone is said in output_note,
// never shown from another run. Fails only when the journal cannot be opened. Never throws.
Result<RunReport> load_report(const RunEntry& run, RunState state = RunState::over);

// Adds the steps of the tree's builds that ended after the run before this one and before the next
// run began. Nothing is added where there was none.
void load_steps(RunReport& report, const RunEntry& run);

// Of a tree that has no run: its steps and nothing else. Empty: it has none of those either.
std::optional<RunReport> load_builds(const std::filesystem::path& tree);

}  // namespace holdfast
