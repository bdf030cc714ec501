// Words between Holdfast and a test program: those of its command line, and what it says of its
// cases. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "values/case_result.hpp"

namespace holdfast {

// Sorts the words of a test program's command line by what they are for. The arguments are
// null-terminated, without the program's name, and must outlive this.
template <class Kind>
class ProgramWords {
 public:
  void add(char* text, Kind kind, std::string_view value = {}) {
    words_.push_back({text, kind, value, true});
  }
  // Adds a word that belongs to the word before.
  void add_value(char* text) { words_.push_back({text, words_.back().kind, text, false}); }

  // From now on, words of the first kind are of the second.
  void change(Kind from, Kind to) {
    for (Word& word : words_) {
      if (word.kind == from) word.kind = to;
    }
  }

  bool has(Kind kind) const { return count(kind) > 0; }
  // How many options are of this kind.
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        words_, [kind](const Word& word) { return word.begins && word.kind == kind; }));
  }
  // The value of the last option of this kind; empty: there is none.
  std::string_view value_of(Kind kind) const {
    std::string_view value;
    for (const Word& word : words_) {
      if (word.kind == kind) value = word.value;
    }
    return value;
  }
  // The arguments without words of these kinds.
  std::vector<char*> without(std::initializer_list<Kind> kinds) const {
    std::vector<char*> left;
    for (const Word& word : words_) {
      if (std::ranges::find(kinds, word.kind) == kinds.end()) left.push_back(word.text);
    }
    return left;
  }

 private:
  struct Word {
    char* text;
    Kind kind;
    std::string_view value;
    bool begins;
  };
  std::vector<Word> words_;
};

// An option in a table of a framework's options.
template <class Kind>
struct FrameworkOption {
  std::string_view brief;  // empty: there is none
  std::string_view full;   // likewise
  Kind kind;
  bool has_value = false;  // which matters here
};

// Null: the table has no such option.
template <class Options>
auto option_called(std::string_view name, const Options& options) -> decltype(options.data()) {
  const auto found = std::ranges::find_if(options, [name](const auto& one) {
    return !name.empty() && (name == one.brief || name == one.full);
  });
  return found == options.end() ? nullptr : &*found;
}

// An option that Catch2 does not know is the program's own. It stays `other`, and so does the next
// word, which may be its value. A shard that Catch2 refuses is `other`, too, so that it stays in
// every command.
enum class Catch2Word : std::uint8_t {
  other,
  selection,    // names, tags, files of names
  reporter,     // --reporter
  output,       // --out, --verbosity: where the reporter writes, and how much
  shard_count,  // --shard-count
  shard_index,  // --shard-index
  warning,      // --warn
  ending,       // --abort, --abortx: the run ends after that many failures
  question,     // --list-tests, --help and the like: the program runs no case
};
ProgramWords<Catch2Word> catch2_words(char* const* arguments);

// `--shard-count` and `--shard-index` of version 3. A shard runs one stretch of the list.
struct Catch2Shard {
  std::size_t count = 1;
  std::size_t index = 0;
};
Catch2Shard catch2_shard(const ProgramWords<Catch2Word>& words);

enum class DoctestWord : std::uint8_t {
  other,
  selection,  // the names of cases
  report,     // what is reported, how, and where to
  alone,      // what is about all cases of a run together
  question,   // the program runs no case
};
ProgramWords<DoctestWord> doctest_words(char* const* arguments);

// Boost.Test takes the beginning of an option for the option. Such a word is `unknown`, and so is
// an option whose value is not where Boost.Test expects it, and `--`.
enum class BoostWord : std::uint8_t {
  own,         // the program's own
  harmless,    // a process of one case has it too
  selection,   // --run_test
  loggers,     // --logger
  log_format,  // --log_format
  log_level,   // --log_level
  log_sink,    // --log_sink
  question,    // the program runs no case
  unknown,
};
ProgramWords<BoostWord> boost_words(char* const* arguments);

// What programs say of their cases: a list, or how all of a process ended, once it has ended. Pure:
// text in, results out, any bytes at all.

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

// What the lines say that end a run.
struct Catch2Totals {
  bool are_there = false;  // the run has finished
  bool ran_nothing = false;
  bool has_failed = false;
  bool has_crashed = false;  // a fatal signal: then the report has its end, but the run has not
};

enum class Catch2Source : std::uint8_t {
  console,  // all that the program prints, with the output of its cases in it
  compact,  // the report of the reporter `compact`
};
Catch2Totals read_catch2_totals(std::string_view text, Catch2Source source);

}  // namespace holdfast
