// What ctest will conclude of an attempt, to know whether to try again. ctest stays the judge:
// nothing else depends on this.
//
// The rules and their order are those of cmCTestRunTest::EndTest (CTest 3.25 … 4.x), compared with
// the real program by tests/system/ctest_verdict_test.py.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/words.hpp"
#include "core/ctest/cmake_expression.hpp"
#include "core/outcome/outcome.hpp"

namespace holdfast {

enum class MirroredVerdict : std::uint8_t { passed, failed, skipped };

constexpr std::array<std::string_view, 3> words_of(MirroredVerdict) {
  return {"passed", "failed", "skipped"};
}

// A test's properties that decide about its verdict. Without any: a command's of `holdfast run`.
struct VerdictProperties {
  bool will_fail = false;               // WILL_FAIL
  std::optional<int> skip_return_code;  // SKIP_RETURN_CODE
  std::vector<std::string> pass = {};   // PASS_REGULAR_EXPRESSION
  std::vector<std::string> fail = {};   // FAIL_REGULAR_EXPRESSION
  std::vector<std::string> skip = {};   // SKIP_REGULAR_EXPRESSION

  friend bool operator==(const VerdictProperties&, const VerdictProperties&) = default;
};

// As attach.cmake hands them over: parts with commas between them, `will-fail`, `code=77`,
// `pass=<expression>`, `fail=…`, `skip=…`, expressions encoded as names of locks are. A code that
// is none is none, as for ctest.
Result<VerdictProperties> parse_verdict_properties(std::string_view text);
std::string to_text(const VerdictProperties& properties);

// The output of a test as ctest compares it with expressions: lines end at line breaks and NUL
// bytes, without the carriage returns in front of them, each with a line break; without the lines
// that speak to ctest itself (<CTestDetails>, <CTestLabel>).
std::string as_ctest_reads(std::string_view output);

class CTestVerdict {
 public:
  // An expression that ctest cannot compile is found nowhere.
  explicit CTestVerdict(const VerdictProperties& properties);

  // Whether the verdict depends on the output at all: else none is looked at.
  bool needs_output() const { return !pass_.empty() || !fail_.empty() || !skip_.empty(); }

  // How the launcher ends under ctest (exit_of()), and all that the attempt wrote.
  MirroredVerdict of(const Exit& end, std::string_view output) const;

 private:
  using Expressions = std::vector<std::optional<CMakeExpression>>;
  static Expressions compiled(const std::vector<std::string>& texts);

  bool will_fail_;
  std::optional<int> skip_return_code_;
  Expressions pass_;
  Expressions fail_;
  Expressions skip_;
};

}  // namespace holdfast
