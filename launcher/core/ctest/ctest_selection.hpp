// What a ctest was asked to run, told by its command line alone: IDEs start one ctest for each
// test, many at once, and those may share a build tree (docs/guide/locks.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct CtestSelection {
  enum class By : std::uint8_t {
    nothing,  // a whole run, or nobody knows
    names,
    indexes,
    file  // which has their names
  };
  By by = By::nothing;
  std::vector<std::string> tests = {};  // their names or indexes, or the path of the file

  bool is_whole() const { return by == By::nothing; }
};

// `arguments` begin with ctest's own name; `version` is CMake's, "3.25.1". Tests are named only
// where each argument is understood, in the way every CMake from 3.25 on understands it: by `-R`
// with an expression that names_in() knows, by `-I` with indexes_in(), by `--tests-from-file`
// (CMake 3.29). A preset may select as well, so it makes a whole run. Fixtures may bring more tests
// along.
CtestSelection ctest_selection(const std::vector<std::string>& arguments, std::string_view version);

// Of an expression that is `^…$` with literal characters, escaped metacharacters and at most one
// group of such alternatives between: `^a$`, `^net\.(get|put)$`. None for any other.
std::optional<std::vector<std::string>> names_in(std::string_view expression);

// Of a value of -I that names indexes and no range: `3,3`, `3,3,,7,9`, `0,0,0,7`.
std::optional<std::vector<std::string>> indexes_in(std::string_view information);

// Whether there may be a test that both run.
bool may_meet(const CtestSelection& one, const CtestSelection& other);

}  // namespace holdfast
