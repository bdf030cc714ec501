// ctest's verdict on a test, found without the test's output.
#pragma once

#include <optional>
#include <string_view>

#include "core/outcome/outcome.hpp"

namespace holdfast {

// ctest's verdict on an attempt with that outcome, if no property changes it. Empty: a setting
// decides (no_tests), or ctest may have died before it gave a verdict (interrupted).
std::string_view usual_verdict(Outcome outcome);

// `passed` or `failed` for a test that was not skipped; empty: an expression decides. `properties`
// is in the form that parse_verdict_properties() reads.
std::string_view verdict_by_end(std::string_view properties, const Exit& end);

// What a launcher knows when its attempt is over.
struct EndedTest {
  Outcome outcome = Outcome::passed;
  Exit end;                      // of the launcher
  std::optional<int> skip_code;  // SKIP_RETURN_CODE
  // `output` if an expression is set, `will-fail` if WILL_FAIL is.
  std::string_view judged;
  // If the test may be tried again: its properties, as above, and the verdict found with them.
  std::string_view properties = {};
  std::string_view mirrored = {};
};

// The verdict of ctest for the record: `passed`, `failed`, `skipped`, or `unknown` if an expression
// decides and nobody has looked for it. Empty: the verdict follows from the outcome, or ctest may
// have given none.
std::string_view verdict_on_record(const EndedTest& test);

}  // namespace holdfast
