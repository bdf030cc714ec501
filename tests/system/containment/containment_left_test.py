"""Checks what a contained test leaves behind, and what a killed run leaves with its containment."""

import os
import signal
import unittest
from pathlib import Path

from contained import Contained, apart, cgroup_of, cgroups_of, cgroups_of_run, own_cgroup
from forsaken import Forsaken, kill_at_once
from needs import AS_NOBODY, need_reach
from support import (CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, SystemCase, is_alive,
                     keepers_of, no_keeper_of, process, program, stat_of, wait_until)


class LeftoversTest(Contained, SystemCase):
    def leave(self, kind, *more, options=()):
        return self.supervised(program("leave_child"), self.pid_file(), 4, *more,
                               options=["--containment", kind, *options])

    def test_what_is_left_is_ended_and_named_by_the_number_that_people_know(self):
        for kind in self.each_kind():
            self.fresh()
            begun = self.start(*self.leave(kind, "deaf", options=["--grace", "1s"]), stderr=-1)
            wait_until(lambda: self.read_pids(self.pid_file()), "the child")
            left = self.inside(kind, self.guard_of(begun.pid), 1)
            _, said = begun.communicate(timeout=PATIENCE_S)
            self.assertEqual(begun.returncode, 4)
            self.assert_our_lines(said, 1)
            numbers = [one.pid for one in left if f"leave_child (pid {one.pid})" in said.decode()]
            self.assertEqual(len(numbers), 1, (said, left))
            self.assert_gone(left, 0)

    def test_what_is_let_go_lives_on_in_no_cgroup_of_ours(self):
        self.need("cgroup")
        begun = self.start(*self.leave("cgroup", "quiet", options=["--on-leak", "ignore"]), stderr=-1)
        _, said = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual((begun.returncode, said), (4, b""))
        left, = self.announced(self.pid_file())
        self.assertEqual(cgroup_of(left.pid), cgroup_of(os.getpid()))
        self.assertEqual(cgroups_of(begun.pid), [])

    def test_what_is_let_go_lives_on_with_the_first_process_of_its_namespace(self):
        self.need("pidns")
        begun = self.start(*self.leave("pidns", "quiet", options=["--on-leak", "ignore"]), stderr=-1)
        _, said = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual((begun.returncode, said), (4, b""))
        left, = self.by_name("leave_child")
        guard = process(int(stat_of(left.pid)[1]))
        self.assertEqual(self.in_namespace_of(guard), [left])
        os.kill(left.pid, signal.SIGKILL)
        self.assert_gone([left, guard])


class FixtureTest(Contained, ProjectCase):
    def test_a_server_of_a_fixture_lives_until_the_run_ends(self):
        for kind in self.each_kind():
            self.fresh()
            self.settings(kind)
            tree = self.project(f"""
add_test(NAME server.start COMMAND @P@/leave_child {self.pid_file()} 0 quiet)
add_test(NAME use COMMAND @P@/close_output {self.pid_file("use")})
set_tests_properties(server.start PROPERTIES FIXTURES_SETUP server)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED server WILL_FAIL ON)""")
            ctest = self.start(CTEST, cwd=tree, stdout=-1)
            wait_until(lambda: self.read_pids(self.pid_file("use")), "the second test")
            server = self.by_name("leave_child")
            self.assertEqual(len(server), 1)
            (self.work / "use.inside.go").touch()
            out, _ = ctest.communicate(timeout=PATIENCE_S)
            self.assertEqual(ctest.returncode, 0, out)
            self.assert_gone(server, 0)
            self.assert_nothing_left()
            self.assertEqual(cgroups_of_run(self.runs(tree)[-1]), [])


class ReapTest(Contained, Forsaken, ProjectCase):
    """All processes that would have tidied up were killed. Without tags only the cgroup tells which
    processes belong to the test."""

    def leave(self, kind, more=""):
        self.settings(kind)
        tree = self.project(self.forsaken(ways=("untagged", "plain")) + more)
        ctest = self.start(CTEST, "-R", "hides", cwd=tree, stdout=-3, stderr=-3)
        pair = self.pair_of(ctest)
        wait_until(lambda: len(self.read_pids(self.pid_file())) == 3, "the test to have hidden")
        inside = self.inside(kind, pair[1], 3)
        victims = [*keepers_of(tree), *pair]
        kill_at_once(process(ctest.pid), *victims)
        ctest.wait(PATIENCE_S)
        # Each of them holds the lock of the cgroup, and looks after it, until its own end.
        self.assert_gone(victims)
        return tree, inside

    def test_reap_ends_who_is_in_a_cgroup_and_removes_it(self):
        self.need("cgroup")
        tree, left = self.leave("cgroup")
        run, = self.runs(tree)
        self.assertEqual(len(cgroups_of_run(run)), 1)
        listed = self.finish(HOLDFAST, "reap", "--tree", tree, "--dry-run").stdout.decode().splitlines()
        listed = [line for line in listed if line.split()[0].isdigit()]  # the lines about files
        self.assertEqual(sorted(int(line.split()[0]) for line in listed), sorted(one.pid for one in left))
        for line in listed:
            self.assertRegex(line, rf"^ *\d+  \S+ +hides  \(run {run.name}\)$")
        self.assertEqual([one for one in left if not is_alive(one)], [])
        done = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertRegex(done.stdout, rb'^ended 3 processes: .*test "hides"')
        self.assert_gone(left, 0)
        self.assertEqual(cgroups_of_run(run), [])
        again = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(again.stdout, b"nothing is left of earlier runs\n")

    def test_so_does_the_next_run_before_its_first_test(self):
        self.need("cgroup")
        tree, left = self.leave("cgroup", "add_test(NAME after COMMAND true)\n")
        run, = self.runs(tree)
        ran = self.ctest(tree, "-R", "after")
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertIn("ended what an earlier run left, 3 processes: ", ran.text)
        self.assert_gone(left, 0)
        self.assertEqual(cgroups_of_run(run), [])

    def test_the_tmp_of_a_killed_command_stays_while_somebody_may_use_it(self):
        self.need("tmp")
        path = self.work / "path"
        begun = self.start(HOLDFAST, "run", "--containment", "tmp", "--", "sh", "-c",
                           f'echo $HOLDFAST_TMPDIR >{path}; exec {program("linger")} {self.pid_file()}')
        wait_until(lambda: self.read_pids(self.pid_file()), "the command")
        guard = self.guard_of(begun.pid)
        left, = self.inside("tmp", guard, 1)
        kill_at_once(process(begun.pid), guard)
        self.assert_gone([guard])
        scratch = Path(path.read_text().strip())
        tree = self.project("add_test(NAME t COMMAND true)\n")
        for lives in (True, False):
            if not lives:
                os.kill(left.pid, signal.SIGKILL)
                self.assert_gone([left])
            self.assertEqual(self.ctest(tree).returncode, 0)
            wait_until(lambda: no_keeper_of(tree), "the keeper to end")
            self.assertEqual((is_alive(left), scratch.exists()), (lives, lives))

    def test_another_trees_cgroup_and_one_that_is_looked_after_are_left_alone(self):
        self.need("cgroup")
        tree, left = self.leave("cgroup")
        self.settings("cgroup", "other")
        other = self.project(f"add_test(NAME w COMMAND @P@/linger {self.pid_file('w')})\n",
                             name="other", build="other-build")
        ctest = self.start(CTEST, cwd=other, stdout=-3, stderr=-3)
        living, = self.announced(self.pid_file("w"))
        for one in (other, self.work / "project"):
            self.finish(HOLDFAST, "reap", "--tree", one)
        self.assertEqual([one for one in [living, *left] if not is_alive(one)], [])
        self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assert_gone(left, 0)
        self.assertTrue(is_alive(living))
        ctest.terminate()
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(other), "the keeper to end")
        self.assertEqual(cgroups_of_run(self.runs(other)[-1]), [])

    def test_of_a_pid_namespace_there_is_nothing_to_reap(self):
        self.need("pidns")
        tree, left = self.leave("pidns")
        self.assert_gone(left, 3)
        done = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertNotIn(b"ended", done.stdout)

    def test_a_keeper_in_a_namespace_keeps_its_socket(self):
        self.need("pidns")
        inner = self.project(f"add_test(NAME w COMMAND @P@/close_output {self.pid_file('w')})\n"
                             "set_tests_properties(w PROPERTIES WILL_FAIL ON)\n")
        if os.geteuid() != 0:
            self.skipTest(f"needs root, for a {USER_DIRECTORY} of its own")
        words = " ".join(f"'{word}'" for word in self.supervised(
            CTEST, "--test-dir", inner, options=["--containment", "pidns"]))
        done = self.finish(*apart("sh", "-ec", f"""
{words} & while ! test -s {self.pid_file("w")}; do sleep 0.01; done
ls {USER_DIRECTORY}/keepers
'{HOLDFAST}' reap --tree '{inner}'
touch {self.work}/w.inside.go
wait $!"""))
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
        self.assertRegex(done.stdout, rb"(?m)^\d+-\d+-\d+$")
        self.assertIn(b"nothing is left", done.stdout)
        self.assertIn(b"1 passed", done.stdout)


class DelegatedTest(Contained, SystemCase):
    def test_a_user_with_a_cgroup_of_its_own(self):
        """A cgroup as systemd delegates it: the user owns the directory and cgroup.procs."""
        if os.geteuid() != 0:
            self.skipTest("needs root, to delegate a cgroup; all other tests have been run as this user")
        self.need("cgroup")
        need_reach(self, AS_NOBODY)
        delegated = own_cgroup() / f"test-{self.work.name}"
        delegated.mkdir()
        try:
            for path in (delegated, delegated / "cgroup.procs"):
                os.chown(path, 65534, 65534)
            join = (f'echo $$ >{delegated}/cgroup.procs && exec {" ".join(AS_NOBODY)} "$@"')
            shown = self.finish("sh", "-c", join, "sh", *self.supervised(
                "sh", "-c", "tail -n1 /proc/self/cgroup; sleep 60 & exit 3", options=["--containment", "cgroup"]))
            self.assertEqual(shown.returncode, 3, shown.stderr)
            self.assertIn(f"/{delegated.name}/holdfast-".encode(), shown.stdout)
            self.assert_our_lines(shown.stderr, 1)
            self.assertRegex(shown.stderr, rb"left 1 process behind, ended: (sleep|sh) ")
            self.assertEqual([one.name for one in delegated.iterdir() if one.is_dir()], [])
        finally:
            delegated.rmdir()


if __name__ == "__main__":
    unittest.main()
