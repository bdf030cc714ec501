// The cases of a Catch2 program, as it lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"
#include "core/framework/program_words.hpp"

namespace holdfast {

struct Catch2List {
  // In the program's order, each name once. Cases of one name differ only in their tags or classes,
  // and no selection can tell them apart.
  std::vector<std::string> cases;
  std::string trouble;  // why some cases may be missing; empty: none is
};

// Reads the file that `--list-tests --reporter xml::out=FILE` of version 3 makes. None: `xml` is
// not such a file, or is cut off.
std::optional<Catch2List> parse_catch2_xml_list(std::string_view xml);

// Reads what `--list-tests --list-test-names-only` of version 2 prints: the list for people, which
// ends with the number of cases, then a line per name, in quotes if the name begins with `#`. Other
// text may stand before and after. If a name has several lines, `trouble` says so. None: there is
// no list.
std::optional<Catch2List> parse_catch2_name_list(std::string_view text);

// Moves the cases of other shards from `cases` to the returned list.
std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard);

// What a Catch2 program says of its cases. Pure: text in, results out, any bytes at all.
//
// Version 3 can write several reports at once. Its reporters `automake` (a line when a case ends)
// and `compact` (a line when all have ended) do not touch what the program prints. Reporters such
// as `xml` would hold std::cout back until a case ends, and lose it if the case crashes. Version 2
// has one reporter at a time, and the user chooses it. Of its report, only the lines at the end are
// read.

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
