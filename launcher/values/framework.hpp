// A test framework, as far as a batch must know it: how cases are selected, and what the
// framework's programs tell of them. Values in, values out; one object serves any number of
// batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "values/case_result.hpp"

namespace holdfast {

// Which cases of a test program share a process. An isolation makes a test a batch.

enum class Isolation : std::uint8_t {
  none,     // all share one, as without Holdfast; if that one dies, a fresh one runs the rest
  process,  // each has its own
  fork,     // each has its own, forked from a process that has done the program's start-up
};

constexpr auto words_of(Isolation) { return word_list("none", "process", "fork"); }

// A selection is one argument, at most 128 KiB long (MAX_ARG_STRLEN of execve(2)). The program may
// add to the selection and pass it on, so this limit leaves some room.
inline constexpr std::size_t k_longest_selection = 96UL * 1024UL;

// What a process that runs several cases tells of them.
enum class Telling : std::uint8_t {
  beginnings,  // when each begins and how it ends
  ends,        // how each ended; of a case in which the process dies, nothing
  nothing,     // nothing: all cases of the process together are one test
};

class Framework {
 public:
  // The name as people write it.
  std::string_view name() const { return words_.name; }
  // The option that makes a program list its cases.
  std::string_view list_option() const { return words_.list_option; }
  // The option that has a selection as its value, in one word. Empty: the selection stands alone.
  std::string_view selecting_option() const { return words_.selecting_option; }
  // Stands between the selections of two cases.
  char separator() const { return words_.separator; }

  // Whether the selection of that case selects no other case, whatever other cases are called.
  virtual bool is_exact(std::string_view name) const = 0;
  // Whether the selection of `name` selects `other` as well.
  virtual bool selects(std::string_view name, std::string_view other) const = 0;
  // A selection of `name` and of none of `others`. The plain selection of `name` would select all
  // `others`. None: there is no such selection.
  virtual std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const = 0;
  // The arguments without those that select cases, so that a selection can be added. `arguments`:
  // null-terminated, without the program's name.
  virtual std::vector<char*> without_selection(char* const* arguments) const = 0;

  // Whether a process whose last case ended as `said` usually exits with this code, so that the
  // code tells of no further failure.
  virtual bool is_usual_exit(CaseEnd /*said*/, int code) const { return code == 0; }

 protected:
  struct Words {
    std::string_view name;
    std::string_view list_option;
    std::string_view selecting_option;
    char separator;
  };
  explicit constexpr Framework(const Words& words) : words_(words) {}
  ~Framework() = default;

 private:
  Words words_;
};

// The objects live as long as the program.
const Framework& googletest();
const Framework& catch2();
const Framework& doctest();
const Framework& boost_test();

// The framework that a program's file shows (os/stack/program_reader.hpp).
enum class FrameworkKind : std::uint8_t { googletest, catch2_two, catch2_three, doctest, boost };

// By what signs a program's test framework is known.

// What a program's file holds.
class ProgramTexts {
 public:
  // Whether the section of that name holds the text.
  virtual bool has(std::string_view section, std::string_view text) const = 0;

 protected:
  ~ProgramTexts() = default;
};

// Whether the program contains GoogleTest, or is linked with it, perhaps beside another framework.
bool has_googletest(const ProgramTexts& program);

// The test framework of a program. None: nothing shows one.
std::optional<FrameworkKind> framework_in(const ProgramTexts& program);

// What a test's command line and environment say about its framework: GoogleTest, pytest. Only sure
// signs count. A program without them may be anything.

// What is known of a test's program before it starts.
struct TestProgram {
  bool is_googletest = false;
  // How it can lose rights that it has when it starts: `imports setuid`
  // (values/outcome.hpp). Empty: not at all.
  std::string may_lose_rights = {};

  // Whether it can be asked to leave files.
  bool can_be_asked() const { return is_googletest && may_lose_rights.empty(); }
};

// `command` and `environment` are null-terminated, as for execve(2).

// Whether an argument is one that only a GoogleTest program understands.
bool has_googletest_argument(const char* const* command);

// Whether a GoogleTest program runs its tests and writes no report. Such a program can be asked for
// a report.
bool may_be_asked_for_report(const char* const* command, const char* const* environment);

// Whether a GoogleTest program runs a part of its tests. Then its report tells whether there was
// anything to run. False for a shard, because a shard may well be empty.
bool may_select_nothing(const char* const* command, const char* const* environment);

// Whether the dynamic linker loads libraries into the program that the program does not name.
bool preloads(const char* const* environment);

// Whether the text begins like a GoogleTest program's XML report.
bool is_googletest_report(std::string_view xml);
// Whether the text begins like such a report without any test.
bool reports_no_tests(std::string_view xml);

// `pytest …`, `py.test …` or `python3 -m pytest …`, whose exit codes (pytest.ExitCode) say more.
bool is_pytest(const char* const* command);
inline constexpr int k_pytest_usage_error = 4;  // a wrong option, file name or conftest.py
inline constexpr int k_pytest_found_nothing = 5;

}  // namespace holdfast
