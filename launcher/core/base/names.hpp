// Every name that Holdfast puts on disk, in one place. docs/reference/on-disk.md describes them.
#pragma once

#include <string_view>

namespace holdfast::names {

// In the build tree. `<tree>/.holdfast/` is made by the configure step (Holdfast.cmake)
// and by the keeper; nothing in it is needed by a run that cannot write there.
inline constexpr std::string_view k_tree_directory = ".holdfast";
// Written at configure time. First line: the key of the lock scope `project`; second: the project's
// top source directory, absolute.
inline constexpr std::string_view k_project_file = ".holdfast/project";
// Written by `holdfast begin` for attach.cmake: the longest grace that a test may have, in
// milliseconds.
inline constexpr std::string_view k_grace_file = ".holdfast/grace";
// In the project's top source directory, written by people: docs/reference/config.md.
inline constexpr std::string_view k_settings_file = "holdfast.toml";
// Written by `holdfast begin`, read by attach.cmake: core/settings/locks_for_ctest.hpp. Only there
// where holdfast.toml has locks for tests.
inline constexpr std::string_view k_locks_for_ctest = ".holdfast/locks.cmake";
// The lock of one run at a time: files like those of any lock (below).
inline constexpr std::string_view k_run_lock_directory = ".holdfast/run-lock";
// The turn of opening ctest's log, among ctests that begin side by side: the files of a lock.
inline constexpr std::string_view k_log_lock_directory = ".holdfast/log-lock";
inline constexpr std::string_view k_runs_directory = ".holdfast/runs";
// Inside a run's directory: one directory per attempt, by its id.
inline constexpr std::string_view k_scratch_directory = "scratch";
// Inside an attempt's scratch directory, and what may be in it: docs/reference/marker-protocol.md.
// Hidden, so that a test may take `*` for its own.
inline constexpr std::string_view k_marker_directory = ".markers";
inline constexpr std::string_view k_marker_prefix = "exit-";  // followed by the decimal pid
inline constexpr std::string_view k_googletest_runs_file = "googletest-runs";
inline constexpr std::string_view k_googletest_began_file = "googletest-began";
inline constexpr std::string_view k_googletest_report = ".xml";  // behind a program's name
inline constexpr std::string_view k_googletest_list_file = "googletest-list.json";
// Of the steps of a build, and what it is called once it is full.
inline constexpr std::string_view k_build_journal = ".holdfast/build/journal.jsonl";
inline constexpr std::string_view k_older_suffix = ".old";
// Written at configure time where holdfast.toml says something that concerns build steps.
inline constexpr std::string_view k_build_has_settings = ".holdfast/build/has-settings";
inline constexpr std::string_view k_journal_file = "journal.jsonl";
// What the attempts of batches print: a file per attempt, by its id.
inline constexpr std::string_view k_output_directory = "output";
inline constexpr std::string_view k_output_suffix = ".log";
// Beside those: what tests that did not pass printed, where ctest's own log was taken away.
inline constexpr std::string_view k_kept_output_file = "ctest.log";

// Of a user, in a directory whose path depends on nothing but the uid: XDG_RUNTIME_DIR and
// TMPDIR differ between two jobs of one user. Followed by the decimal uid. Mode 0700.
inline constexpr std::string_view k_user_directory_prefix = "/tmp/holdfast-";
inline constexpr std::string_view k_user_locks_directory = "locks";
inline constexpr std::string_view k_user_keepers_directory = "keepers";
// Records of ctests that wait for a build tree inside a test.
inline constexpr std::string_view k_user_run_waits_file = "run-waits";
// Of `holdfast run`: one directory per attempt, by its id.
inline constexpr std::string_view k_user_scratch_directory = "scratch";
// Of the machine: made by root (tmpfiles.d or an administrator), refused when it is not root's.
inline constexpr std::string_view k_machine_directory = "/var/lock/holdfast";

// Below the cgroup of the run: one cgroup per contained attempt (core/base/cgroup_name.hpp).
inline constexpr std::string_view k_cgroup_prefix = "holdfast-";

// In the directory of one lock: <locks>/<scope key>/<name>/.
inline constexpr std::string_view k_lock_file = "lock";
inline constexpr std::string_view k_queue_file = "queue";
inline constexpr std::string_view k_slot_file_prefix = "slot.";  // followed by its number, from 0
// A second name of a file that processes hold, from which its first is restored.
inline constexpr std::string_view k_spare_suffix = ".spare";

}  // namespace holdfast::names
