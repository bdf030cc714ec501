// Every environment variable that Holdfast's programs read or set, in one place.
// docs/reference/environment.md describes them for users, docs/internals/launcher-variables.md
// those between Holdfast's own parts.
#pragma once

#include <string_view>

namespace holdfast::environment {

// --- Set by the user -----------------------------------------------------------------
inline constexpr std::string_view k_disable = "HOLDFAST_DISABLE";
inline constexpr std::string_view k_profile = "HOLDFAST_PROFILE";
inline constexpr std::string_view k_log = "HOLDFAST_LOG";

// --- From attach.cmake to the launcher; taken away before the test starts -----------------
// "2 <ctest pid> <ctest start time, clock ticks since boot> <PID namespace, by its inode>
// <include count> <project key> <build tree>", separated by single blanks; the tree comes last
// because it may hold blanks.
inline constexpr std::string_view k_attach = "HOLDFAST_ATTACH";
// What a test's properties say; set by ENVIRONMENT_MODIFICATION for the tests that have them, and
// for nobody else: ctest-integration/environment.cmake names each of them. The settings among them
// are in core/settings/table.def, what else is known of a test in core/settings/facts.def.
inline constexpr std::string_view k_property_prefix = "HOLDFAST_P_";
inline constexpr std::string_view k_property_enabled = "HOLDFAST_P_ENABLED";
// Where ctest would have found the command: it looks up relative and bare names from the test's
// working directory, which is known only after the command was wrapped.
inline constexpr std::string_view k_property_command = "HOLDFAST_P_COMMAND";
// What ctest has been told instead of TIMEOUT: docs/guide/timeouts.md.
inline constexpr std::string_view k_property_native_limit = "HOLDFAST_P_NATIVE_LIMIT";
// What ctest waits where its own limit was not raised: 0 when that is not known. Of a test, else of
// the run. ctest's limit for tests without one, and what it was raised to; its --stop-time, in
// seconds since 1970: of the run.
inline constexpr std::string_view k_property_kept_limit = "HOLDFAST_P_KEPT_LIMIT";
inline constexpr std::string_view k_property_default_limit = "HOLDFAST_P_DEFAULT_LIMIT";
inline constexpr std::string_view k_property_stop_time = "HOLDFAST_P_STOP_TIME";
// How the end of its time is told to the test, where that is not SIGTERM: TIMEOUT_SIGNAL_NAME and
// TIMEOUT_SIGNAL_GRACE_PERIOD.
inline constexpr std::string_view k_property_timeout_signal = "HOLDFAST_P_TIMEOUT_SIGNAL";
inline constexpr std::string_view k_property_timeout_grace = "HOLDFAST_P_TIMEOUT_GRACE";
// `1`: ctest tells by SIGUSR1 that the test's limit is over, and waits until NATIVE_LIMIT for its
// end.
inline constexpr std::string_view k_property_tells_limit = "HOLDFAST_P_TELLS_LIMIT";
// `1`: ctest starts its clock anew at a line that says that the locks are had.
inline constexpr std::string_view k_property_timeout_line = "HOLDFAST_P_TIMEOUT_LINE";
inline constexpr std::string_view k_property_lock_line = "HOLDFAST_P_LOCK_LINE";
inline constexpr std::string_view k_property_skip_return_code = "HOLDFAST_P_SKIP_RETURN_CODE";
// What makes a test a batch.
inline constexpr std::string_view k_property_isolation = "HOLDFAST_P_ISOLATION";
// By what ctest judges the test besides its end: `output`, `will-fail`, with a comma. Of any test.
inline constexpr std::string_view k_property_judged = "HOLDFAST_P_JUDGED";

// --- From `holdfast config --explain` to attach.cmake ---------------------------------------
// Listings show commands as the launcher gets them, with its variables.
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

// --- To a GoogleTest program, where the user has not set them -------------------------------
// A file that the program makes and removes again when its tests are through.
inline constexpr std::string_view k_googletest_runs = "TEST_PREMATURE_EXIT_FILE";
inline constexpr std::string_view k_googletest_output = "GTEST_OUTPUT";
// A file that the program makes when its tests begin.
inline constexpr std::string_view k_googletest_shard_file = "GTEST_SHARD_STATUS_FILE";

// --- To a hook, beside those of the test --------------------------------------------------
inline constexpr std::string_view k_hook = "HOLDFAST_HOOK";
inline constexpr std::string_view k_hook_outcome = "HOLDFAST_OUTCOME";
inline constexpr std::string_view k_hook_exit_code = "HOLDFAST_EXIT_CODE";
inline constexpr std::string_view k_hook_signal = "HOLDFAST_SIGNAL";
inline constexpr std::string_view k_hook_pid = "HOLDFAST_PID";
inline constexpr std::string_view k_hook_output = "HOLDFAST_OUTPUT";

}  // namespace holdfast::environment
