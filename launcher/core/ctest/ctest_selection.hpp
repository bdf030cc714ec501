// Which tests a ctest runs, as far as its command line tells. IDEs start one ctest per test, many
// at once, and these ctests may share a build tree (docs/reference/locks.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

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
