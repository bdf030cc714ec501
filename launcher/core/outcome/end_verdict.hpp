// The verdict of ctest on a test whose output nobody has read.
#pragma once

#include <optional>
#include <string_view>

#include "core/outcome/outcome.hpp"

namespace holdfast {

// What ctest says of an attempt that ended so, where nothing is set that could change it. Empty: a
// setting says what it counts as (no_tests), or ctest may not have lived to say anything.
std::string_view usual_verdict(Outcome outcome);

// `passed` or `failed`, of one that was not skipped; empty where an expression decides.
// `properties`: as parse_verdict_properties() reads them.
std::string_view verdict_by_end(std::string_view properties, const Exit& end);

// What a launcher knows when its attempt is over.
struct EndedTest {
  Outcome outcome = Outcome::passed;
  Exit end;                      // of the launcher
  std::optional<int> skip_code;  // SKIP_RETURN_CODE
  // `output` where an expression is set, `will-fail` where WILL_FAIL is.
  std::string_view judged;
  // As above, where it may be tried again, and the verdict that was found with them.
  std::string_view properties = {};
  std::string_view mirrored = {};
};

// What goes on record of ctest's verdict: `passed`, `failed`, `skipped`, or `unknown` where an
// expression decides that nobody has looked for. Empty: what the outcome says by itself, or ctest
// may have ended before it had any.
std::string_view verdict_on_record(const EndedTest& test);

}  // namespace holdfast
