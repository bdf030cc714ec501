// What ctest will conclude of an attempt. It decides whether there is another attempt; ctest stays
// the judge.
//
// The rules and their order are those of cmCTestRunTest::EndTest (CTest 3.25 … 4.x).
// tests/system/run/ctest_verdict_test.py compares them with the real program. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"
#include "values/outcome.hpp"

namespace holdfast {

enum class MirroredVerdict : std::uint8_t { passed, failed, skipped };

constexpr auto words_of(MirroredVerdict) { return word_list("passed", "failed", "skipped"); }

// A test's properties that decide its verdict. A command of `holdfast run` has none.
struct VerdictProperties {
  bool will_fail = false;               // WILL_FAIL
  std::optional<int> skip_return_code;  // SKIP_RETURN_CODE
  std::vector<std::string> pass = {};   // PASS_REGULAR_EXPRESSION
  std::vector<std::string> fail = {};   // FAIL_REGULAR_EXPRESSION
  std::vector<std::string> skip = {};   // SKIP_REGULAR_EXPRESSION

  friend bool operator==(const VerdictProperties&, const VerdictProperties&) = default;
};

// Reads what attach.cmake writes, separated by commas: `will-fail`, `code=77`, `pass=<expression>`,
// `fail=…`, `skip=…`. Expressions are encoded like names of locks. A code outside of 0…255 counts
// as absent, as it does for ctest.
Result<VerdictProperties> parse_verdict_properties(std::string_view text);

// The output of a test as ctest compares it with expressions. A line ends at a line break or a NUL
// byte, loses the carriage returns before its end, and gets one line break. The lines for ctest
// itself (<CTestDetails>, <CTestLabel>) are left out.
std::string as_ctest_reads(std::string_view output);

class CTestVerdict {
 public:
  explicit CTestVerdict(VerdictProperties properties) : properties_(std::move(properties)) {}

  // Whether the verdict depends on the output. If not, of() ignores `output`.
  bool needs_output() const {
    return !properties_.pass.empty() || !properties_.fail.empty() || !properties_.skip.empty();
  }

  // `end` is how the launcher ends under ctest (exit_of()); `output` is all that the attempt wrote.
  MirroredVerdict of(const Exit& end, std::string_view output) const;

 private:
  VerdictProperties properties_;
};

// When ctest may end before it has started all of its tests.
enum class Stops : std::uint8_t { never, at_a_failure, at_any_time };

// By the options of the command, which begins with the program. A preset may say `stopOnFailure`.
Stops stops_of(const std::vector<std::string>& command);

}  // namespace holdfast
