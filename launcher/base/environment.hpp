// Environment variables: what one is, and every one that Holdfast's programs read or set. Those for
// users are in base/variables.def. docs/internals/launcher-variables.md describes the internal
// ones.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct Variable {
  std::string name;
  std::string value;

  friend bool operator==(const Variable&, const Variable&) = default;
};

// The name in `NAME=VALUE`.
inline std::string_view name_in(std::string_view entry) { return entry.substr(0, entry.find('=')); }

// The value in it; empty: it has none.
inline std::string_view value_in(std::string_view entry) {
  return entry.substr(std::min(entry.size(), name_in(entry).size() + 1));
}

inline Variable variable_of(std::string_view entry) {
  return {std::string(name_in(entry)), std::string(value_in(entry))};
}

// The environment of a test: ctest's, without what was meant for Holdfast, plus what Holdfast
// tells.
class TestEnvironment {
 public:
  // `inherited` is environ(7), null-terminated, and must outlive this object. HOLDFAST_ entries are
  // left out, except for the user's own settings: they belong to us or to an enclosing attempt.
  // What an enclosing attempt set for its own GoogleTest program is left out too.
  explicit TestEnvironment(char** inherited);

  // Only before environ() is called.
  void set(std::string_view name, std::string_view value);
  // Whether the user has set it, even to an empty value.
  bool has(std::string_view name) const;
  // Sets it unless the user has, even to an empty value. False: the user has.
  bool set_if_absent(std::string_view name, std::string_view value);

  // Null-terminated, for execve(2). Valid as long as this object lives.
  char** environ();

 private:
  std::vector<std::string> own_;
  std::vector<char*> entries_;
};

// Whether the entry is `<name>=…`.
bool is_variable(std::string_view entry, std::string_view name);
// The value of a variable in an environment as execve(2) takes it; `unset` if it is not set.
std::string_view variable_in(const char* const* environment, std::string_view name,
                             std::string_view unset = {});
// The same in a list of entries, or in TextParts.
template <typename Entries>
requires requires(const Entries& entries) { entries.begin(); }
std::string_view variable_in(const Entries& entries, std::string_view name) {
  for (const std::string_view entry : entries) {
    if (is_variable(entry, name)) return value_in(entry);
  }
  return {};
}

// Whether only Holdfast may set a variable: users cannot choose its value in a test.
bool is_holdfasts_own(std::string_view name);

// Whether the test inherits a variable: HOLDFAST_DISABLE, HOLDFAST_PROFILE, HOLDFAST_LOG,
// HOLDFAST_CLUSTER_ENDPOINTS, and everything without our prefix.
bool passes_to_test(std::string_view entry);

}  // namespace holdfast

namespace holdfast::environment {

// --- Set by the user, to a test, and to a hook --------------------------------------------
#define HOLDFAST_VARIABLE(id, whose, name, ...) inline constexpr std::string_view id = name;
// The last parts of HOLDFAST_SERVICE_<NAME>_<part>.
#define HOLDFAST_SERVICE_VARIABLE(id, word, ...) inline constexpr std::string_view id = word;
#include "base/variables.def"
inline constexpr std::string_view k_service_prefix = "HOLDFAST_SERVICE_";

// --- Set by ctest ----------------------------------------------------------------------
// The configuration that its tests are of (`ctest -C`); not set, or empty: none was said.
inline constexpr std::string_view k_configuration = "CMAKE_CONFIG_TYPE";

// --- Set by Jenkins ----------------------------------------------------------------------
// The address of the server.
inline constexpr std::string_view k_jenkins_url = "JENKINS_URL";

// --- Set by GitHub Actions ---------------------------------------------------------------
// The file to which a step adds what the page of its job shows.
inline constexpr std::string_view k_github_step_summary = "GITHUB_STEP_SUMMARY";

// --- From attach.cmake to the launcher, which removes them before the test starts ----------- "2
// <ctest pid> <ctest start time, clock ticks since boot> <inode of the PID namespace> <include
// count> <project key> <build tree>", with single blanks between. The build tree is last because
// its path may hold blanks.
inline constexpr std::string_view k_attach = "HOLDFAST_ATTACH";
// The variables with this prefix carry a test's properties. ENVIRONMENT_MODIFICATION sets each
// variable only for the tests that have the property. ctest-integration/environment.cmake names all
// these variables. Those that are settings are in values/table.def. Those that are other
// facts about a test are in values/test_properties.def.
inline constexpr std::string_view k_property_prefix = "HOLDFAST_P_";
inline constexpr std::string_view k_property_enabled = "HOLDFAST_P_ENABLED";
// The path where ctest would have found the command. ctest looks up relative and bare names in the
// test's working directory, which is known only after the command was wrapped.
inline constexpr std::string_view k_property_command = "HOLDFAST_P_COMMAND";
inline constexpr std::string_view k_property_argument = "HOLDFAST_P_ARGUMENT";
// The limit that ctest got instead of TIMEOUT: docs/reference/timeouts.md.
inline constexpr std::string_view k_property_native_limit = "HOLDFAST_P_NATIVE_LIMIT";
// The limit after which ctest ends a test whose own limit was not raised; 0: not known. A test's
// own value wins over the run's.
inline constexpr std::string_view k_property_kept_limit = "HOLDFAST_P_KEPT_LIMIT";
// The raised limit that ctest has, in this run, for tests without a TIMEOUT.
inline constexpr std::string_view k_property_default_limit = "HOLDFAST_P_DEFAULT_LIMIT";
// The run's --stop-time, in seconds since 1970.
inline constexpr std::string_view k_property_stop_time = "HOLDFAST_P_STOP_TIME";
// TIMEOUT_SIGNAL_NAME and TIMEOUT_SIGNAL_GRACE_PERIOD, which end a test whose time is over.
inline constexpr std::string_view k_property_timeout_signal = "HOLDFAST_P_TIMEOUT_SIGNAL";
inline constexpr std::string_view k_property_timeout_grace = "HOLDFAST_P_TIMEOUT_GRACE";
// `1`: ctest sends SIGUSR1 when the test's limit is over, and then waits until NATIVE_LIMIT for the
// test to end.
inline constexpr std::string_view k_property_tells_limit = "HOLDFAST_P_TELLS_LIMIT";
// Each moves ctest's clock by a line at the beginning of the output. TIMEOUT_LINE: how many seconds
// after the line "timed out" ctest ends the test. LOCK_LINE: `1`; ctest's clock begins anew at the
// line which says that the test has its locks and services.
inline constexpr std::string_view k_property_timeout_line = "HOLDFAST_P_TIMEOUT_LINE";
inline constexpr std::string_view k_property_lock_line = "HOLDFAST_P_LOCK_LINE";
inline constexpr std::string_view k_property_skip_return_code = "HOLDFAST_P_SKIP_RETURN_CODE";
// Makes the test a batch.
inline constexpr std::string_view k_property_isolation = "HOLDFAST_P_ISOLATION";
// By what ctest judges the test besides its end: `output`, `will-fail`, separated by a comma. Set
// for any test, not only for one that may be tried again.
inline constexpr std::string_view k_property_judged = "HOLDFAST_P_JUDGED";

// --- From `holdfast config --explain` to attach.cmake ---------------------------------------
// Makes listings show each command as the launcher gets it, with its variables.
inline constexpr std::string_view k_explain = "HOLDFAST_EXPLAIN";

// --- From `holdfast rerun` and `holdfast ctest` to attach.cmake --------------------------------
// The path of a file that says in which order ctest starts the tests (cost_commands()). `as-is`:
// ctest starts them in its own order, whatever holdfast.toml says.
inline constexpr std::string_view k_test_order = "HOLDFAST_TEST_ORDER";

// --- From `holdfast ctest` to `holdfast begin` -----------------------------------------------
// The path of a file with records that say which tests were chosen.
inline constexpr std::string_view k_planned = "HOLDFAST_PLANNED";
// Not empty: this ctest runs a shard beside others in one build tree. No test is in two of them.
inline constexpr std::string_view k_one_tree = "HOLDFAST_ONE_TREE";

// --- To a GoogleTest program, unless the user has set them -----------------------------------
// A file that the program makes, and removes when its tests have finished.
inline constexpr std::string_view k_googletest_runs = "TEST_PREMATURE_EXIT_FILE";
inline constexpr std::string_view k_googletest_output = "GTEST_OUTPUT";

}  // namespace holdfast::environment
