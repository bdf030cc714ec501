// Every name that Holdfast puts on disk. docs/reference/on-disk.md describes them.
#pragma once

#include <string_view>

namespace holdfast::names {

// In the build tree. The configure step (Holdfast.cmake) and the keeper make `<tree>/.holdfast/`. A
// run that cannot write there does without the directory.
inline constexpr std::string_view k_tree_directory = ".holdfast";
// Written at configure time. The first line is the key of the lock scope `project`. The second line
// is the absolute path of the project's top source directory.
inline constexpr std::string_view k_project_file = ".holdfast/project";
// Written at configure time, by holdfast_add_service(): <configuration>/<service>.toml. Without a
// configuration the files are in the directory itself.
inline constexpr std::string_view k_declared_services_directory = ".holdfast/services";
// Written by `holdfast begin` for attach.cmake: the longest grace of any test, in milliseconds.
inline constexpr std::string_view k_grace_file = ".holdfast/grace";
// Written by `holdfast begin` for `holdfast end` of the same ctest, if holdfast.toml asks for
// tracked files: those that differ from what is committed (affected/include_names.hpp).
inline constexpr std::string_view k_tracked_files_file = ".holdfast/tracked-files";
// In the project's top source directory, written by people: docs/reference/config.md.
inline constexpr std::string_view k_settings_file = "holdfast.toml";
// Written by `holdfast begin` for attach.cmake (settings/locks_for_ctest.hpp). It exists only
// if holdfast.toml has locks or services for tests.
inline constexpr std::string_view k_locks_for_ctest = ".holdfast/locks.cmake";
// Likewise: the costs of tests (ctest/shown_tests.hpp). It exists only if holdfast.toml has an
// order of tests.
inline constexpr std::string_view k_order_for_ctest = ".holdfast/order.cmake";
// What a run's tests say of fixtures (ctest/test_graph.hpp), followed by `<ctest's pid>-<its
// start>-<its PID namespace>-<include count>`. ctest writes it while it reads the tests; the keeper
// removes it.
inline constexpr std::string_view k_fixture_notes_prefix = ".holdfast/fixtures-";
// The lock that a run has on the build tree. Its files are those of every lock (below).
inline constexpr std::string_view k_run_lock_directory = ".holdfast/run-lock";
// When several ctests begin side by side, they open their logs in turn: each first takes this lock.
inline constexpr std::string_view k_log_lock_directory = ".holdfast/log-lock";
// What is remembered of past runs (launcher/history), unless HOLDFAST_HISTORY names a file.
inline constexpr std::string_view k_history_file = ".holdfast/history.sqlite";
inline constexpr std::string_view k_runs_directory = ".holdfast/runs";
// Likewise, what people start without ctest: services for a command of `holdfast run`.
inline constexpr std::string_view k_by_hand_directory = ".holdfast/by-hand";
// Below it: <service>/ for each service that is kept by hand, with the output of its generations.
inline constexpr std::string_view k_kept_directory = ".holdfast/kept";
// In there: the number of its last generation.
inline constexpr std::string_view k_kept_generation_file = "generation";
// In there, while it is kept.
inline constexpr std::string_view k_kept_file = "kept";
// Inside a run's directory: one directory per attempt, by its id.
inline constexpr std::string_view k_scratch_directory = "scratch";
// The marker directory, in an attempt's scratch directory. docs/reference/marker-protocol.md says
// what may be in it. Its name begins with a dot, so that a test may use `*` for its own files.
inline constexpr std::string_view k_marker_directory = ".markers";
// An attempt's own /tmp, /var/tmp and /dev/shm (os/containment/private_tmp.hpp): beside its scratch
// directory, in a directory of the same name and this suffix. If that stays, a link in the scratch
// directory leads to it.
inline constexpr std::string_view k_private_tmp_suffix = ".tmp";
inline constexpr std::string_view k_private_tmp_link = ".tmp";
inline constexpr std::string_view k_marker_prefix = "exit-";  // followed by the decimal pid
inline constexpr std::string_view k_googletest_runs_file = "googletest-runs";
inline constexpr std::string_view k_googletest_report = ".xml";  // follows a program's name
inline constexpr std::string_view k_googletest_list_file = "googletest-list.json";
inline constexpr std::string_view k_googletest_cases_file = "googletest-cases.xml";
// The parts of a report that the processes of a batch leave: one file each.
inline constexpr std::string_view k_report_parts_directory = "report-parts";
inline constexpr std::string_view k_doctest_list_file = "doctest-list.xml";
inline constexpr std::string_view k_doctest_cases_file = "doctest-cases.xml";
inline constexpr std::string_view k_boost_cases_file = "boost-cases.xml";
inline constexpr std::string_view k_catch2_list_file = "catch2-list.xml";
inline constexpr std::string_view k_catch2_cases_file = "catch2-cases";
inline constexpr std::string_view k_catch2_totals_file = "catch2-totals";
// The journal of build steps, and the suffix of its name once it is full.
inline constexpr std::string_view k_build_journal = ".holdfast/build/journal.jsonl";
inline constexpr std::string_view k_older_suffix = ".old";
// Written at configure time if holdfast.toml has settings for build steps.
inline constexpr std::string_view k_build_has_settings = ".holdfast/build/has-settings";
// In the same place: what services print, one file and one directory for each generation.
inline constexpr std::string_view k_services_directory = "services";
inline constexpr std::string_view k_journal_file = "journal.jsonl";
// What Holdfast did and why, beside the journal; older lines have the suffixes `.1` and `.2`.
inline constexpr std::string_view k_log_file = "holdfast.log";
// What attempts of batches print: one file per attempt, by its id.
inline constexpr std::string_view k_output_directory = "output";
inline constexpr std::string_view k_output_suffix = ".log";
// In there, besides: how many bytes the run's files have taken so far of what they may take, and a
// file that is there once they have made room for those of later runs.
inline constexpr std::string_view k_kept_size_file = "size";
inline constexpr std::string_view k_dropped_outputs_file = "dropped";
// The stop command of a service that runs (os/process/user.hpp).
inline constexpr std::string_view k_stop_suffix = ".stop";
// In the same directory: the output of tests that did not pass.
inline constexpr std::string_view k_kept_output_file = "ctest.log";

// In a run's directory, if its tests run on the nodes of a Slurm allocation: both sides of a far
// attempt write here (slurm/far_job.hpp).
inline constexpr std::string_view k_far_directory = "far";
// In there, by the attempt's id: what the far side is to do, what it is told meanwhile, what it
// says when it has begun and when all is over, and the records of a batch's cases.
inline constexpr std::string_view k_far_job_suffix = ".job";
inline constexpr std::string_view k_far_control_suffix = ".control";
inline constexpr std::string_view k_far_started_suffix = ".started";
inline constexpr std::string_view k_far_ended_suffix = ".ended";
inline constexpr std::string_view k_far_cases_suffix = ".cases";
// And what the far side logs, which the near side adds to the run's log.
inline constexpr std::string_view k_far_log_suffix = ".log";
// There if the allocation was over when a test was to begin.
inline constexpr std::string_view k_far_over_file = "allocation-over";
// Followed by the name of a node on which no further test of the run is to begin.
inline constexpr std::string_view k_far_left_out_prefix = "left-out-";

// Written by `holdfast rerun` into the directory of the run that it repeats, and read by ctest: the
// numbers of the tests if the command line cannot have them all, and the order of the tests.
inline constexpr std::string_view k_rerun_numbers_file = "rerun-numbers";
inline constexpr std::string_view k_rerun_order_file = "rerun-order.cmake";

// Written by `holdfast ctest` for the ctest that it becomes: files `<pid>-<start>.NAME`, by its
// process name. A later `holdfast ctest` removes them when that process has ended.
inline constexpr std::string_view k_selections_directory = ".holdfast/selections";
inline constexpr std::string_view k_selected_array_suffix = ".array";  // a directory
inline constexpr std::string_view k_array_lock_file = "array-lock";    // in k_selections_directory
// These names: the numbers of the tests if the command line cannot have them all, the order of the
// tests, and the records that say which tests were chosen, for the run's journal.
inline constexpr std::string_view k_selected_numbers_file = "numbers";
inline constexpr std::string_view k_selected_order_file = "order.cmake";
inline constexpr std::string_view k_planned_file = "planned.jsonl";

// A user's directory. The decimal uid follows. The path depends on nothing but the uid, because
// XDG_RUNTIME_DIR and TMPDIR differ between two jobs of one user. The directory's mode is 0700.
inline constexpr std::string_view k_user_directory_prefix = "/tmp/holdfast-";
inline constexpr std::string_view k_user_locks_directory = "locks";
inline constexpr std::string_view k_user_keepers_directory = "keepers";
// Sockets of services that are kept by hand.
inline constexpr std::string_view k_user_services_directory = "services";
// Records of ctests that wait inside a test for a build tree.
inline constexpr std::string_view k_user_run_waits_file = "run-waits";
// For `holdfast run`: one directory per attempt, by its id.
inline constexpr std::string_view k_user_scratch_directory = "scratch";
// The machine's directory. Root makes it (tmpfiles.d or an administrator). If it has another owner,
// it is refused.
inline constexpr std::string_view k_machine_directory = "/var/lock/holdfast";

// Below the run's cgroup: one cgroup per contained attempt (base/process_name.hpp).
inline constexpr std::string_view k_cgroup_prefix = "holdfast-";

// In the directory of one lock: <locks>/<scope key>/<name>/.
inline constexpr std::string_view k_lock_file = "lock";
inline constexpr std::string_view k_queue_file = "queue";
inline constexpr std::string_view k_slot_file_prefix = "slot.";  // followed by its number, from 0
// The suffix of the second name of a file that processes hold open. If the first name is removed,
// it is restored from the second.
inline constexpr std::string_view k_spare_suffix = ".spare";

}  // namespace holdfast::names
