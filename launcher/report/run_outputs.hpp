// The outputs of a run, read from ctest's log and from the run's files.
#pragma once

#include "report/outputs.hpp"
#include "store/ctest_output.hpp"
#include "store/run_files.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace holdfast {

class RunOutputs final : public Outputs {
 public:
  RunOutputs(std::unique_ptr<RunFiles> files, LoggedOutputs logged);

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

  std::unique_ptr<RunFiles> files_;
  LoggedOutputs logged_;
  std::string opened_;            // the file with outputs of cases that `cases_` reads
  std::optional<RunFile> cases_;  // none: it cannot be read
  std::uint64_t whole_ = 0;       // how much of what was printed it has
};

// Whether the place is in a file that the run keeps by itself, and not in ctest's log.
bool is_kept_with_run(const OutputPlace& place);

}  // namespace holdfast
