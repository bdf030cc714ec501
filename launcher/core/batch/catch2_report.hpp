// What a Catch2 program says of its cases. Pure: text in, results out, any bytes at all.
//
// Version 3 can write several reports at once. Its reporters `automake` (a line when a case ends)
// and `compact` (a line when all have ended) do not touch what the program prints. `xml` and the
// like would hold std::cout back until a case ends, and lose it if the case crashes. Version 2 has
// only one reporter, which is the user's. Only the lines at its end are read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

struct Catch2Case {
  std::string name;
  CaseEnd end = CaseEnd::passed;
};

// Reads what `automake` wrote: `:test-result: PASS <name>`. A line that begins otherwise continues
// the name before it. A last line that is cut off is no result.
std::vector<Catch2Case> read_catch2_cases(std::string_view report);

// Finds the lines that end a run.
class Catch2Totals {
 public:
  enum class Source : std::uint8_t {
    console,  // what the program prints, and its cases among that
    compact,  // the report of that name
  };
  explicit Catch2Totals(Source source) : source_(source) {}

  // Bytes in any pieces.
  void read(std::string_view bytes);
  // Nothing follows: the rest is a line, even without its end.
  void end();

  // Whether the run has come to its end.
  bool are_there() const { return are_there_; }
  bool ran_nothing() const { return ran_nothing_; }
  bool has_failed() const { return has_failed_; }
  // Whether a fatal signal was reported. Then the report has its end, but the run has not.
  bool has_crashed() const { return has_crashed_; }

 private:
  void read_line(std::string_view line);

  Source source_;
  std::string line_;  // not ended yet; only the beginning of a very long one
  bool are_there_ = false;
  bool ran_nothing_ = false;
  bool has_failed_ = false;
  bool has_crashed_ = false;
};

}  // namespace holdfast
