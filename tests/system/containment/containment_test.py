"""A contained test is like any other test: what it sees, how it ends, what is said of it."""

import json
import os
import signal
import subprocess
import unittest

from contained import ALL_KINDS, KINDS, Contained, apart, cgroup_of, cgroups_of, trouble_with
from forsaken import kill_at_once
from needs import AS_NOBODY, need, need_reach
from support import CTEST, LAUNCHER, PATIENCE_S, ProjectCase, SystemCase, process, program, stat_of, wait_until


class ContainedTest(Contained, SystemCase):
    def contained(self, kind, *command, options=()):
        return self.supervised(*command, options=["--containment", kind, *options])

    def seen_by(self, *words):
        shown = self.finish(*words)
        self.assertEqual((shown.returncode, shown.stderr), (0, b""))
        return json.loads(shown.stdout)

    def test_exit_codes_and_signals_come_back_unchanged(self):
        for kind in self.each_kind(ALL_KINDS):
            for code in (0, 1, 2, 77, 124, 125, 126, 127, 128, 255):
                ended = self.finish(*self.contained(kind, program("exit_with"), code))
                self.assertEqual((ended.returncode, ended.stderr), (code, b""))
                self.finish(*self.under_ctest(program("exit_with"), code, options=["--containment", kind]))
                self.assertEqual(self.ended_as(), f"exit {code}")
            for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGRTMIN):
                ended = self.finish(*self.contained(kind, program("die_of"), int(number)))
                self.assertEqual((ended.returncode, ended.stderr), (-number, b""))
                self.finish(*self.under_ctest(program("die_of"), int(number),
                                              options=["--containment", kind]))
                self.assertEqual(self.ended_as(), f"signal {int(number)}")

    def test_a_command_that_cannot_be_executed_is_said_as_ever(self):
        for kind in self.each_kind(ALL_KINDS):
            ended = self.finish(*self.contained(kind, "/nonexistent"))
            self.assertEqual(ended.returncode, 127)
            self.assertEqual(ended.stderr, b"holdfast: failed to execute /nonexistent: No such file or directory\n")

    def test_it_sees_what_it_would_see_but_for_process_numbers(self):
        plain = self.seen_by(*self.supervised(program("show_self"), "a", ""))
        # SigQ is the number of signals that the user has queued anywhere.
        numbers = {"pid", "ppid", "pgid", "sid", "env", "fds", "tpgid", "limits", "SigQ"}
        for kind in self.each_kind(ALL_KINDS):
            seen = self.seen_by(*self.contained(kind, program("show_self"), "a", ""))
            self.assertEqual({k: v for k, v in seen.items() if k not in numbers},
                             {k: v for k, v in plain.items() if k not in numbers})
            self.assertEqual(seen["fds"].keys(), plain["fds"].keys())

    def test_it_is_in_the_process_group_and_session_that_it_would_be_in(self):
        for kind in self.each_kind(ALL_KINDS):
            self.fresh()
            begun = self.start(*self.contained(kind, program("linger"), self.pid_file()))
            inside, = self.inside(kind, self.guard_of(begun.pid), 1)
            self.assertEqual(stat_of(inside.pid)[2:4], stat_of(begun.pid)[2:4])
            begun.terminate()
            begun.wait(PATIENCE_S)

    def test_proc_is_that_of_its_own_processes(self):
        own = 'test "$(readlink /proc/self)" != "" && test "$(cut -d" " -f1 /proc/$$/stat)" = $$ && ' \
              'grep -q sleep-for-proc /proc/$$/cmdline && kill -0 $$ # sleep-for-proc'
        for kind in self.each_kind(ALL_KINDS):
            ended = self.finish(*self.contained(kind, "sh", "-c", own))
            self.assertEqual((ended.returncode, ended.stderr), (0, b""))

    def test_numbers_of_two_namespaces_differ(self):
        self.need("pidns")
        if not os.path.exists("/proc/sys/kernel/ns_last_pid"):
            self.skipTest("needs CONFIG_CHECKPOINT_RESTORE")
        seen = {self.seen_by(*self.contained("pidns", program("show_self")))["pid"] for _ in range(5)}
        self.assertEqual(len(seen), 5)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_numbers_differ_if_the_proc_around_it_is_read_only(self):
        """As in a container."""
        self.need("pidns")
        if not os.path.exists("/proc/sys/kernel/ns_last_pid"):
            self.skipTest("needs CONFIG_CHECKPOINT_RESTORE")
        inside = ["unshare", "--mount", "sh", "-ec", 'mount --bind /proc /proc; mount -o remount,bind,ro /proc; exec "$@"', "sh"]
        need(self, [*inside, "true"], "no mounts to be had")
        seen = {self.seen_by(*inside, *self.contained("pidns", program("show_self")))["pid"] for _ in range(3)}
        self.assertEqual(len(seen), 3)

    def test_a_signal_reaches_it_once_and_its_own_exit_code_is_kept(self):
        for kind in self.each_kind(ALL_KINDS):
            self.fresh()
            begun = self.start(*self.contained(kind, program("record_signals"), self.pid_file(), 7), stderr=-1)
            wait_until(lambda: self.read_pids(self.pid_file()), "the test")
            self.inside(kind, self.guard_of(begun.pid), 1)
            begun.send_signal(signal.SIGUSR1)
            signals = self.work / "announced.inside.signals"
            wait_until(lambda: signals.exists() and "10" in signals.read_text(), "USR1")
            begun.terminate()
            begun.communicate(timeout=PATIENCE_S)
            self.assertEqual(begun.returncode, 7)
            told = [number for number in signals.read_text().split() if number != "18"]
            self.assertEqual(told, ["10", "15", "clean"])

    def test_a_timeout_shows_stacks_and_ends_it(self):
        for kind in self.each_kind(ALL_KINDS):
            ended = self.finish(*self.contained(kind, program("deadlock"), self.pid_file(),
                                                options=["--timeout", "1500ms"]))
            self.assertEqual(ended.returncode, 124, ended.stderr)
            self.assertIn(b"deadlock", ended.stderr)
            self.assertIn(b"timed out after", ended.stderr)

    def test_a_stop_of_the_launcher_stops_it_too(self):
        for kind in self.each_kind(ALL_KINDS):
            self.fresh()
            # It has a process group of its own, as a shell's job: a job in an orphaned group never
            # stops.
            begun = self.start(*self.contained(kind, program("linger"), self.pid_file()),
                               preexec_fn=lambda: os.setpgid(0, 0))
            wait_until(lambda: self.read_pids(self.pid_file()), "the test")
            inside, = self.inside(kind, self.guard_of(begun.pid), 1)
            begun.send_signal(signal.SIGTSTP)
            wait_until(lambda: stat_of(inside.pid)[0] == stat_of(begun.pid)[0] == "T", "all to stop")
            begun.send_signal(signal.SIGCONT)
            wait_until(lambda: stat_of(inside.pid)[0] == "S", "the test to go on")
            begun.terminate()
            begun.wait(PATIENCE_S)

    def test_what_spawns_all_the_time_is_ended(self):
        for kind in self.each_kind(ALL_KINDS):
            begun = self.start(*self.contained(kind, program("hide"), self.pid_file(), "spawning",
                                               options=["--grace", "300ms"]), stderr=-3)
            inside = self.inside(kind, self.guard_of(begun.pid), 2)
            begun.terminate()
            begun.wait(PATIENCE_S)
            self.assert_gone(inside, 0)
            self.assert_nothing_left()

    def test_its_cgroup_is_gone_when_it_is(self):
        self.need("cgroup")
        begun = self.start(*self.contained("cgroup", program("linger"), self.pid_file()))
        test, = self.announced(self.pid_file())
        self.assertIn("/holdfast-", cgroup_of(test.pid))
        self.assertNotIn("/holdfast-", cgroup_of(begun.pid))
        self.assertEqual(len(cgroups_of(begun.pid)), 1)
        begun.terminate()
        begun.wait(PATIENCE_S)
        self.assertEqual(cgroups_of(begun.pid), [])


class AnnouncedTest(Contained, ProjectCase):
    """If the machine allows no containment, tests run without it and one line says so."""

    def forbidding_namespaces(self):
        forbid = 'echo 0 >/proc/sys/user/max_pid_namespaces && exec "$@"'
        words = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", forbid, "sh"]
        if self.finish(*words, "true").returncode:
            self.skipTest("needs a user namespace, to forbid PID namespaces in it")
        return words

    def test_no_pid_namespace(self):
        words = self.forbidding_namespaces()
        ended = self.finish(*words, LAUNCHER, "--containment", "pidns", "--", program("exit_with"), 3)
        self.assertEqual(ended.returncode, 3)
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(b'ignoring containment = "pidns": failed to make namespaces: ', ended.stderr)

    def test_no_cgroup(self):
        if os.geteuid() == 0:
            words = AS_NOBODY
            need_reach(self, words)
        else:
            words = []
        if trouble_with("cgroup", words) is None:
            self.skipTest("this user's cgroup is its own")
        ended = self.finish(*words, LAUNCHER, "--containment", "cgroup", "--", program("exit_with"), 3)
        self.assertEqual(ended.returncode, 3)
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(b'ignoring containment = "cgroup": failed to ', ended.stderr)

    def test_it_is_said_once_in_a_run(self):
        words = self.forbidding_namespaces()
        self.settings("pidns")
        tree = self.project("foreach(i RANGE 4)\nadd_test(NAME t${i} COMMAND @P@/exit_with 0)\nendforeach()\n")
        ran = self.finish(*words, "ctest", cwd=tree, stderr=subprocess.STDOUT)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertEqual(ran.stdout.count(b"ignoring containment"), 1, ran.stdout)

    def test_what_is_no_containment_is_refused(self):
        ended = self.finish(LAUNCHER, "--containment", "jail", "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertEqual(ended.stderr, b'holdfast: --containment "jail": expected none, or some of cgroup, pidns, '
                                       b'netns and tmp with commas between\n')


class NestedTest(Contained, ProjectCase):
    def ctest(self, tree, *arguments, **how):
        done = self.finish(*apart(CTEST, *arguments), cwd=tree, **how)
        done.text = (done.stdout + done.stderr).decode()
        return done

    def test_a_contained_ctest_inside_a_contained_test(self):
        for outer in self.each_kind():
            for inner in [kind for kind in (*KINDS, "none") if kind == "none" or not trouble_with(kind)]:
                self.fresh()
                self.settings(inner, "inner")
                file = self.pid_file("inner")
                tree = self.project(f"""add_test(NAME pass COMMAND @P@/exit_with 0)
add_test(NAME leaves COMMAND @P@/leave_child {file} 0)
add_test(NAME fails COMMAND @P@/exit_with 3)\n""", name="inner", build="inner-build")
                self.settings(outer, "outer")
                around = self.project(f"add_test(NAME outer COMMAND ctest -j3 --test-dir {tree})\n",
                                      name="outer", build="outer-build")
                ran = self.ctest(around, "-V")
                self.assertIn("67% tests passed, 1 tests failed out of 3", ran.text)
                self.assertIn("fails (Failed)", ran.text)
                self.assertNotIn("ignoring", ran.text)
                ended, = self.records(self.runs(around)[-1], "attempt_ended")
                self.assertEqual((ended["outcome"], ended["exit_code"]), ("failed", 8))
                outcomes = {r["test"]: (r["outcome"], r.get("flags"))
                            for r in self.records(self.runs(tree)[-1], "attempt_ended")}
                self.assertEqual(outcomes, {"pass": ("passed", None), "fails": ("failed", None),
                                            "leaves": ("passed", ["leaked"])})
                self.assert_nothing_left()

    def test_a_ctest_inside_a_test_that_is_killed_records_the_end_of_its_own(self):
        for outer in self.each_kind():
            self.fresh()
            self.settings("none", "inner", 'grace = "60s"\n')
            tree = self.project(f"add_test(NAME stays COMMAND @P@/ignore {self.pid_file('stays')})\n",
                                name="inner", build="inner-build")
            self.settings(outer, "outer", 'grace = "1s"\n')
            around = self.project(f"add_test(NAME outer COMMAND ctest --test-dir {tree})\n"
                                  "set_tests_properties(outer PROPERTIES TIMEOUT 3)\n",
                                  name="outer", build="outer-build")
            ran = self.ctest(around, "-V")
            self.assertIn("outer (Timeout)", ran.text)
            ended, = self.records(self.runs(tree)[-1], "attempt_ended")
            self.assertEqual(ended["outcome"], "interrupted", ended)
            self.assert_nothing_left()

    def test_a_ctest_of_the_same_tree_inside_ends_nobody_of_the_run_around_it(self):
        """A ctest inside a PID namespace cannot see the ctest around it, which is not dead."""
        for kind in self.each_kind():
            self.fresh()
            self.settings(kind)
            (self.work / "outer.sh").write_text(f"""{program("linger")} {self.pid_file()} &
while ! test -s {self.pid_file()}; do sleep 0.01; done
ctest -R inner --output-log {self.work}/log || exit 2
kill $!; wait $!; test $? = 143""")
            tree = self.project(f"""
add_test(NAME outer COMMAND sh {self.work}/outer.sh WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
add_test(NAME inner COMMAND @P@/exit_with 0)""")
            ran = self.ctest(tree, "-R", "outer", "-V")
            self.assertEqual(ran.returncode, 0, ran.text)
            self.assertNotIn("earlier run", ran.text + (self.work / "log").read_text())

    def test_what_is_inside_ends_with_what_is_around_it(self):
        for kind in self.each_kind():
            self.fresh()
            begun = self.start(*self.supervised(
                *self.supervised(program("linger"), self.pid_file(), options=["--containment", kind]),
                options=["--containment", kind]), stderr=-3)
            wait_until(lambda: self.read_pids(self.pid_file()), "the test")
            guard = self.guard_of(begun.pid)
            inside = self.inside(kind, guard, 1)
            # Without a keeper, a cgroup whose launcher and guard are dead belongs to nobody.
            kill_at_once(process(begun.pid), *([guard] if kind == "pidns" else []))
            self.assert_gone([*inside, guard])
            self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
