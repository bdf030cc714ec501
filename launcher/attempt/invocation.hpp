// What this launcher was started for; command line and environment are read once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/process_name.hpp"
#include "base/result.hpp"
#include "ctest/ctest_limits.hpp"
#include "settings/command_line.hpp"
#include "values/attach.hpp"
#include "values/outcome.hpp"
#include "values/test_inputs.hpp"
#include "values/test_properties.hpp"

namespace holdfast::supervision {

// A launcher on another machine than the ctest of its test: what it has from the launcher beside
// ctest.
struct FarSide {
  ProcessName parent;  // our parent, in ctest's place: when it dies, the test is ended
  unsigned n = 1;      // which attempt of the test it is
  std::vector<Variable> variables = {};  // what the other side tells the test
  std::string log = {};                  // path: where this side logs
  std::string node = {};                 // its machine
};

// What ctest says of the test that it starts.
struct SaidByCtest {
  TestProperties properties;
  Values said;  // what the test's properties say
  CtestLimits limits;
  std::optional<int> skip_code;  // SKIP_RETURN_CODE, if ctest would judge by it
  // The properties by which ctest judges the test besides its end. Only reports need them.
  std::string_view judged;
  bool tells_locks = false;  // by a line in the output, which starts ctest's clock
  // If this is more than 0, the output is held back, so that it can begin with our line that the
  // test timed out. ctest ends the test this long after that line.
  Milliseconds told_timeout{0};
  bool bare = false;  // the test's property HOLDFAST_ENABLED is OFF
};

struct Invocation : SaidByCtest {
  CommandLine line;
  char** arguments = nullptr;    // argv
  char** command = nullptr;      // null-terminated tail of argv
  char** environment = nullptr;  // as inherited
  std::optional<Attach> attach;  // set: ctest started us
  std::string held;              // what ancestors hold (HOLDFAST_HELD)
  std::string test;              // the name in records and messages
  bool disabled = false;         // HOLDFAST_DISABLE
  // Set: this side of the attempt is on another machine than its ctest, and there is no keeper.
  std::optional<FarSide> far;
  std::string not_understood;  // what ctest has said in another version's words; empty: nothing

  ExitMode mode() const { return attach ? ExitMode::ctest : ExitMode::command; }
};

// Makes of what the launcher beside ctest has read the invocation of the far side. ctest's clock
// and its first line of the output stay there.
void be_far_side(FarSide far, Invocation& invocation);

// Returns the words of a null-terminated command, valid as long as the command.
std::vector<std::string_view> words_of(char** command);

// Returns the inputs of the test that is started here. `required`: REQUIRED_FILES, as
// TestProperties has them.
TestInputs inputs_of(char** command, std::string_view required);

// `arguments` is argv. An error is a usage error.
Result<Invocation> read_invocation(char** arguments, char** environment);

}  // namespace holdfast::supervision
