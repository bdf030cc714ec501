// What a Catch2 program says of its cases. Pure: text in, results out, any bytes at all.
//
// Version 3 can write several reports at once. Its reporters `automake` (a line when a case ends)
// and `compact` (a line when all have ended) do not touch what the program prints. Reporters such
// as `xml` would hold std::cout back until a case ends, and lose it if the case crashes. Version 2
// has one reporter at a time, and the user chooses it. Of its report, only the lines at the end are
// read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

// Reads what `automake` wrote: `:test-result: PASS <name>`. A line that does not begin with
// `:test-result:` continues the name in the line before. A last line that is cut off is no result.
std::vector<ReportedCase> read_catch2_cases(std::string_view report);

// Finds the lines that end a run.
class Catch2Totals {
 public:
  enum class Source : std::uint8_t {
    console,  // all that the program prints, with the output of its cases in it
    compact,  // the report of the reporter `compact`
  };
  explicit Catch2Totals(Source source) : source_(source) {}

  // Bytes in any pieces.
  void read(std::string_view bytes);
  // To be called when no bytes follow: the rest then counts as a line, even without a line break.
  void end();

  // Whether the run has finished.
  bool are_there() const { return are_there_; }
  bool ran_nothing() const { return ran_nothing_; }
  bool has_failed() const { return has_failed_; }
  // Whether a fatal signal was reported. Then the report has its end, but the run has not.
  bool has_crashed() const { return has_crashed_; }

 private:
  void read_line(std::string_view line);

  Source source_;
  std::string line_;  // the line that has not ended yet; of a very long one, the beginning
  bool are_there_ = false;
  bool ran_nothing_ = false;
  bool has_failed_ = false;
  bool has_crashed_ = false;
};

}  // namespace holdfast
