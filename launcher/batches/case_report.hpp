// What programs say of their cases: a list, or how all of a process ended, once it has ended. Pure:
// text in, results out, any bytes at all.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batches/program_words.hpp"
#include "values/case_result.hpp"

namespace holdfast {

// Names in their order, each once.
class UniqueNames {
 public:
  void add(std::string name) {
    if (seen_.insert(name).second) names_.push_back(std::move(name));
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
  std::set<std::string> seen_;
};

// The cases of a program of doctest or Boost.Test, as it lists them.

// The names that `--list-test-cases --reporters=xml` lists, each once. Cases of one name cannot be
// told apart by a selection. None: it is no such list, or is cut off.
std::optional<std::vector<std::string>> parse_doctest_list(std::string_view xml);

// The paths (`suite/case`) of the cases that `--list_content=DOT` lists.
struct BoostList {
  std::vector<std::string> cases;
  std::vector<std::string> disabled;
};
// Other text may stand before. None: it is no such list, or is cut off.
std::optional<BoostList> parse_boost_list(std::string_view dot);

// Whether a value of `--run_test` selects the case with that path. None: the value has parts that
// are not understood: labels, dependencies, changes of what is enabled.
std::optional<bool> boost_filter_selects(std::string_view filter, std::string_view path);

struct CaseReport {
  // False: the program exited before its framework began. It may not have any cases to run here, or
  // it does not read its command line.
  bool has_begun = true;
  std::vector<ReportedCase> cases;      // those that have ended, in their order
  std::optional<ReportedCase> died_in;  // the case in which the process died
  bool is_through = false;              // the program came to the end of its cases
  bool ran_nothing = false;             // and there were none
  std::string first_words;              // what the report says before the cases
  std::string last_words;               // and after them
};

// The report of doctest's reporter `xml`. Its words are put into the form that doctest's console
// has: with this reporter, the program prints nothing of its cases.
CaseReport read_doctest_report(std::string_view xml);

// The end of what a doctest program prints for people. `own_case`: the only case of the process.
CaseReport read_doctest_totals(std::string_view printed, std::string_view own_case);

// The log of Boost.Test's logger `XML`, with the level `test_suite`. The log does not tell failures
// that a case expects from others: they are none if the program exited with 0. Boost.Test writes
// the log at its end, so a process that dies has none. It does not name the cases of a suite that
// is skipped: they are reported as `suite/*`, or as `own_case` if that is one of them. `own_case`:
// the only case of the process, or empty.
CaseReport read_boost_report(std::string_view xml, const ProcessEnd& end,
                             const std::string& own_case = {});

// The cases of a Catch2 program, as it lists them.
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

// What a Catch2 program says of its cases.
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
