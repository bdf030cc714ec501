// What a process of a batch says of all its cases, once it has ended. Pure: text in, results out,
// any bytes at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

// The cases of a program of doctest or Boost.Test, as it lists them. Pure: text in, names out, any
// bytes at all.

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

}  // namespace holdfast
