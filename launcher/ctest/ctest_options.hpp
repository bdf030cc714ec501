// What ctest's command line asks for, as far as Holdfast must know it. ctest(1), CMake 4.3. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// What becomes of an option if ctest is to run other tests in the same way (rerun.hpp). An option
// that has a value shares its fate with it.
enum class Fate : std::uint8_t {
  keep,
  keep_and_list,    // says which tests there are
  keep_and_select,  // says which fixtures ctest brings along
  select,           // selects tests
  express,          // selects tests, by an expression
  exclude,          // as `select` beside -R, and else as `keep_and_list`
  drop,
  refuse
};

// A value follows. ctest-integration/listing.cmake also lists those that go with a list of tests.
inline constexpr unsigned k_value = 1;
// Selects tests, and people are told so.
inline constexpr unsigned k_selects = 2;
// Every CMake from 3.25 on understands it in the same way: it changes output, order or when ctest
// ends, or leaves tests out, and does no more.
inline constexpr unsigned k_steady = 4;

struct GivenOption {
  std::string_view name;  // the shorter one, if ctest has two and we know them
  Fate fate = Fate::keep;
  unsigned traits = 0;
  std::string_view word = {};  // as it was given
  std::string_view value = {};
  bool is_apart = false;                      // the value is a word of its own
  std::optional<std::string_view> next = {};  // the word behind it, whatever that is

  // Has all of these.
  bool has(unsigned wanted) const { return (traits & wanted) == wanted; }
  // Adds its one or two words.
  void add_to(std::vector<std::string>& words) const {
    words.emplace_back(word);
    if (is_apart) words.emplace_back(value);
  }
};

// The options of the command, which begins with the program. Values are no options. The results are
// parts of the command.
std::vector<GivenOption> options_in(const std::vector<std::string>& command);

// Whether this value of -T runs tests.
bool is_of_tests(std::string_view action);

// Whether ctest is asked to be quiet (-Q, --quiet). `command` begins with the program. A word that
// is the value of an option does not count: `ctest -R -Q`.
bool asks_to_be_quiet(const std::vector<std::string>& command);

// The options of the command by which ctest selects tests, each with its value: {"-R", "net", "-L",
// "slow"}. `command` begins with the program.
std::vector<std::string> selecting_options(const std::vector<std::string>& command);

// How many tests ctest runs at once.

// The number of ctest's jobs: -j, else CTEST_PARALLEL_LEVEL, else 1. None: ctest chooses it (`-j`
// without a number, or with 0), or a script or a preset may. `command` begins with the program;
// `environment` are entries `NAME=VALUE`. ctest(1).
std::optional<std::size_t> jobs_of(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment);

// How many slots ctest has, if idle ones may be lent. None also if ctest starts tests by the load
// of the machine (`--test-load`), or if a script or a preset may say that it does.
std::optional<std::size_t> jobs_to_lend(const std::vector<std::string>& command,
                                        const std::vector<std::string>& environment);

// Whether `text`, the content of a DartConfiguration.tcl, has a TestLoad.
bool configures_load(std::string_view text);

// Which tests a ctest runs. IDEs start one ctest per test, many at once, and these ctests may share
// a build tree (docs/reference/locks.md).

struct CtestSelection {
  enum class By : std::uint8_t {
    nothing,  // a whole run, or not known
    names,
    indexes,
    file  // a file has the names of the tests
  };
  By by = By::nothing;
  std::vector<std::string> tests = {};  // the tests' names or indexes, or the path of the file

  bool is_whole() const { return by == By::nothing; }
};

// `arguments` begin with ctest's own name; `version` is CMake's, "3.25.1". A selection needs
// arguments that every CMake from 3.25 on understands in the same way. It comes from `-R` with an
// expression that names_in() knows, from `-I` with indexes_in() and nothing that leaves tests out
// before they are counted (-E, -L), or from `--tests-from-file` (CMake 3.29). A preset may select
// tests as well, so it makes a whole run. Fixtures may add more tests.
CtestSelection ctest_selection(const std::vector<std::string>& arguments, std::string_view version);

// The names in an expression `^…$` of literal characters and escaped metacharacters, with at most
// one group of such alternatives: `^a$`, `^net\.(get|put)$`. None for any other expression.
std::optional<std::vector<std::string>> names_in(std::string_view expression);

// The indexes in a value of -I that has no range: `3,3`, `3,3,,7,9`, `0,0,0,7`.
std::optional<std::vector<std::string>> indexes_in(std::string_view information);

// Whether the two runs may run the same test.
bool may_meet(const CtestSelection& one, const CtestSelection& other);

}  // namespace holdfast
