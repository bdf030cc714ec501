// Every environment variable that Holdfast's programs read or set. docs/reference/environment.md
// describes those for users, docs/internals/launcher-variables.md the internal ones.
#pragma once

#include <string_view>

namespace holdfast::environment {

// --- Set by the user -----------------------------------------------------------------
inline constexpr std::string_view k_disable = "HOLDFAST_DISABLE";
inline constexpr std::string_view k_profile = "HOLDFAST_PROFILE";
inline constexpr std::string_view k_log = "HOLDFAST_LOG";

// --- From attach.cmake to the launcher, which removes them before the test starts -----------
// "2 <ctest pid> <ctest start time, clock ticks since boot> <PID namespace, by its inode> <include
// count> <project key> <build tree>", with single blanks between. The tree is last because it may
// hold blanks.
inline constexpr std::string_view k_attach = "HOLDFAST_ATTACH";
// What a test's properties say. ENVIRONMENT_MODIFICATION sets each only for the tests that have the
// property; ctest-integration/environment.cmake names all of them. The settings among them are in
// core/settings/table.def, the other facts about a test in core/settings/facts.def.
inline constexpr std::string_view k_property_prefix = "HOLDFAST_P_";
inline constexpr std::string_view k_property_enabled = "HOLDFAST_P_ENABLED";
// Where ctest would have found the command. ctest looks up relative and bare names in the test's
// working directory, which is known only after the command was wrapped.
inline constexpr std::string_view k_property_command = "HOLDFAST_P_COMMAND";
// The limit that ctest got instead of TIMEOUT: docs/guide/timeouts.md.
inline constexpr std::string_view k_property_native_limit = "HOLDFAST_P_NATIVE_LIMIT";
// The limit after which ctest ends a test whose own limit was not raised; 0: not known. The value
// of a test wins over that of the run.
inline constexpr std::string_view k_property_kept_limit = "HOLDFAST_P_KEPT_LIMIT";
// What the run's limit for tests without one was raised to.
inline constexpr std::string_view k_property_default_limit = "HOLDFAST_P_DEFAULT_LIMIT";
// The run's --stop-time, in seconds since 1970.
inline constexpr std::string_view k_property_stop_time = "HOLDFAST_P_STOP_TIME";
// TIMEOUT_SIGNAL_NAME and TIMEOUT_SIGNAL_GRACE_PERIOD, which end a test whose time is over.
inline constexpr std::string_view k_property_timeout_signal = "HOLDFAST_P_TIMEOUT_SIGNAL";
inline constexpr std::string_view k_property_timeout_grace = "HOLDFAST_P_TIMEOUT_GRACE";
// `1`: ctest sends SIGUSR1 when the test's limit is over, and waits for its end until NATIVE_LIMIT.
inline constexpr std::string_view k_property_tells_limit = "HOLDFAST_P_TELLS_LIMIT";
// `1`: ctest restarts its clock at a line which says that the test holds its locks.
inline constexpr std::string_view k_property_timeout_line = "HOLDFAST_P_TIMEOUT_LINE";
inline constexpr std::string_view k_property_lock_line = "HOLDFAST_P_LOCK_LINE";
inline constexpr std::string_view k_property_skip_return_code = "HOLDFAST_P_SKIP_RETURN_CODE";
// Makes the test a batch.
inline constexpr std::string_view k_property_isolation = "HOLDFAST_P_ISOLATION";
// What ctest judges any test by besides its end: `output`, `will-fail`, separated by a comma.
inline constexpr std::string_view k_property_judged = "HOLDFAST_P_JUDGED";

// --- From `holdfast config --explain` to attach.cmake ---------------------------------------
// Makes listings show each command as the launcher gets it, with its variables.
inline constexpr std::string_view k_explain = "HOLDFAST_EXPLAIN";

// --- To the test ------------------------------------------------------------------------
inline constexpr std::string_view k_test_name = "HOLDFAST_TEST_NAME";
inline constexpr std::string_view k_attempt = "HOLDFAST_ATTEMPT";
inline constexpr std::string_view k_attempt_id = "HOLDFAST_ATTEMPT_ID";
inline constexpr std::string_view k_run_id = "HOLDFAST_RUN_ID";
inline constexpr std::string_view k_held = "HOLDFAST_HELD";
inline constexpr std::string_view k_tmpdir = "HOLDFAST_TMPDIR";
inline constexpr std::string_view k_marker_dir = "HOLDFAST_MARKER_DIR";
inline constexpr std::string_view k_slot_prefix = "HOLDFAST_SLOT_";

// --- To a GoogleTest program, unless the user has set them -----------------------------------
// A file that the program makes, and removes when its tests have finished.
inline constexpr std::string_view k_googletest_runs = "TEST_PREMATURE_EXIT_FILE";
inline constexpr std::string_view k_googletest_output = "GTEST_OUTPUT";
// A file that the program makes when its tests begin.
inline constexpr std::string_view k_googletest_shard_file = "GTEST_SHARD_STATUS_FILE";

// --- To a hook, besides those of the test -------------------------------------------------
inline constexpr std::string_view k_hook = "HOLDFAST_HOOK";
inline constexpr std::string_view k_hook_outcome = "HOLDFAST_OUTCOME";
inline constexpr std::string_view k_hook_exit_code = "HOLDFAST_EXIT_CODE";
inline constexpr std::string_view k_hook_signal = "HOLDFAST_SIGNAL";
inline constexpr std::string_view k_hook_pid = "HOLDFAST_PID";
inline constexpr std::string_view k_hook_output = "HOLDFAST_OUTPUT";

}  // namespace holdfast::environment
