// What a Catch2 program says of its cases. Pure: text in, results out, any bytes at all.
//
// Version 3 writes reports for several readers at once. Its reporters `automake` (a line as each
// case ends) and `compact` (a line as all are through) leave what the program prints as it is;
// `xml` and its like would hold std::cout back until a case has ended, and lose it in a case that
// crashes. Version 2 has one reporter, which is the user's: of that only the lines at the end of
// all are read.
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

// From what `automake` has written: `:test-result: PASS <name>`. A line that begins otherwise goes
// on with the name in front of it. A last line without its end is no result.
std::vector<Catch2Case> read_catch2_cases(std::string_view report);

// Looks in lines for those that end a run.
class Catch2Totals {
 public:
  enum class Source : std::uint8_t {
    console,  // what the program prints, with whatever its cases print
    compact,  // what the reporter of that name has written
  };
  explicit Catch2Totals(Source source) : source_(source) {}

  // Bytes in any pieces.
  void read(std::string_view bytes);
  // There is no more: what is left is a line, too.
  void end();

  // Whether the run has come to its end.
  bool are_there() const { return are_there_; }
  bool ran_nothing() const { return ran_nothing_; }
  bool has_failed() const { return has_failed_; }
  // Whether a fatal signal was reported. Then the run is told to be through, and is not.
  bool has_crashed() const { return has_crashed_; }

 private:
  void read_line(std::string_view line);

  Source source_;
  std::string line_;  // not ended yet; of a very long one the beginning
  bool are_there_ = false;
  bool ran_nothing_ = false;
  bool has_failed_ = false;
  bool has_crashed_ = false;
};

}  // namespace holdfast
