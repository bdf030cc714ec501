// The outputs of a run, read from ctest's log and from the run's directory.
#pragma once

#include "report/outputs.hpp"
#include "store/ctest_output.hpp"

#include <filesystem>
#include <fstream>

namespace holdfast {

class RunOutputs final : public Outputs {
 public:
  // ctest's log is this run's only if it was written within [from, to], in seconds since 1970.
  RunOutputs(std::filesystem::path run_directory, double from, double to);

  // A note says why an output cannot be read.
  Printed of(const TestReport& test) override;
  // What cannot be read is empty.
  std::string of(const Case& one) override;
  std::string of(const Attempt& earlier) override;
  std::string of(const ServiceOutput& part) override;

 private:
  // The file `log` in the run's own directory, wherever the tree is by now. A journal may name any
  // path.
  std::filesystem::path own_file(const std::filesystem::path& log) const;
  std::string of_case(const std::optional<OutputPlace>& place, Outcome outcome);

  std::filesystem::path directory_;
  LoggedOutputs logged_;
  std::filesystem::path opened_;  // the file with outputs of cases that `cases_` reads
  std::ifstream cases_;
};

}  // namespace holdfast
