// Makes a report from a run's files: the part of `holdfast report` that touches the disk.
#pragma once

#include "core/base/result.hpp"
#include "report/model.hpp"
#include "report/outputs.hpp"
#include "store/ctest_log.hpp"
#include "store/run_directory.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace holdfast {

struct LoadedReport {
  RunReport report;
  std::unique_ptr<Outputs> outputs;
};

// Loads the report with its outputs, and with the steps of the build before the run.
Result<LoadedReport> load_whole_report(const RunEntry& run, RunState state);

// Reads the run's journal. Fails only when it cannot be opened. Never throws.
Result<RunReport> load_report(const RunEntry& run, RunState state = RunState::over);

// Reads what was printed in the run. The last attempt of each test is in ctest's log, which the
// next run overwrites. An output that is gone is never taken from another run.
std::unique_ptr<Outputs> outputs_of(const RunReport& report, const RunEntry& run);
// The same while the run's log is open: from CMake 4.3 on, it has another name until ctest ends.
std::unique_ptr<Outputs> outputs_of(const RunEntry& run, const CtestLogFile& log);

// Adds the build steps that ended after the tree's previous run ended and before its next run
// began. Adds nothing when there were no steps.
void load_steps(RunReport& report, const RunEntry& run);

// Returns these steps as whole lines of the build journal, in its order.
std::string step_lines(const RunEntry& run);

// Loads the report of a tree without a run, which has only build steps. None if there are no steps
// either.
std::optional<RunReport> load_builds(const std::filesystem::path& tree);

}  // namespace holdfast
