// What tests, cases and services have printed. All outputs of a large run would not fit into
// memory, so a renderer asks for each one when it comes to it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/text.hpp"
#include "ctest/ctest_log.hpp"
#include "journal/run_directory.hpp"
#include "journal/run_files.hpp"
#include "report/model.hpp"

namespace holdfast {

// How much of the output of a test a report shows: of one that passed, and of any other.
inline constexpr std::size_t k_output_limit_passed = 8U << 10U;
inline constexpr std::size_t k_output_limit = 64U << 10U;
// The same for what a service printed while a red attempt used it.
inline constexpr std::size_t k_service_output_limit = 16U << 10U;

// Returns the end of an output: at most `size` bytes, in whole lines. If the last line is longer,
// returns the end of that line.
inline std::string_view last_of(std::string_view output, std::size_t size) {
  if (output.size() <= size) return output;
  const std::size_t line = output.find('\n', output.size() - size) + 1;  // 0: there is none
  return line != 0 && line < output.size() ? output.substr(line) : last_bytes(output, size);
}

// The last `count` lines of an output.
inline std::string_view last_lines_of(std::string_view output, std::size_t count) {
  std::size_t begin = output.size();
  for (; count > 0 && begin > 0; --count) begin = begin < 2 ? 0 : output.rfind('\n', begin - 2) + 1;
  return output.substr(begin);
}

struct Printed {
  std::string text;
  std::string note;  // why there is no text; may be empty
};

// By itself there are none: a tree that has no run printed nothing.
class Outputs {
 public:
  Outputs() = default;
  virtual ~Outputs() = default;
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  // The output of the test's last attempt. The test may be a case that see_as_tests() shows as a
  // test.
  virtual Printed of(const TestReport& /*test*/) { return {}; }
  virtual std::string of(const Case& /*one*/) { return {}; }
  // The output of an attempt before the last. If it cannot be read, it is empty.
  virtual std::string of(const Attempt& /*earlier*/) { return {}; }
  virtual std::string of(const ServiceOutput& /*part*/) { return {}; }
};

// Makes a report from a run's files: the part of `holdfast report` that touches the disk.
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

// The outputs of a run, read from ctest's log and from the run's files.
class RunOutputs : public Outputs {
 public:
  RunOutputs(OpenInRun open, LoggedOutputs logged)
      : open_(std::move(open)), logged_(std::move(logged)) {}

  // A note says why an output cannot be read.
  Printed of(const TestReport& test) override;
  // If an output cannot be read, these return an empty text.
  std::string of(const Case& one) override;
  std::string of(const Attempt& earlier) override;
  std::string of(const ServiceOutput& part) override;

 private:
  Printed logged(const OutputPlace& place, const std::string& test, std::size_t limit);
  std::string of_case(const std::optional<OutputPlace>& place, Outcome outcome);

  // The line for an output whose file is gone; empty: nobody knows why.
  std::string what_is_gone();

  OpenInRun open_;
  LoggedOutputs logged_;
  std::string opened_;            // the file with outputs of cases that `cases_` reads
  std::optional<RunFile> cases_;  // none: it cannot be read
  std::uint64_t whole_ = 0;       // how much of what was printed it has
};

// Whether the place is in a file that the run keeps by itself, and not in ctest's log.
bool is_kept_with_run(const OutputPlace& place);

}  // namespace holdfast
