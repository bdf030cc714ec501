"""Locks of runs inside runs: there is no upgrade, and circles are named and end."""

import contextlib
import os
import signal
import subprocess
import unittest

from contained import Contained
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, USER_DIRECTORY, ProjectCase, SystemCase, keepers_of,
                     processes_with, program, unfolded, wait_until)


class LockNestingTest(SystemCase):
    def nested(self, outer, inner):
        run = [HOLDFAST, "run", "--lock", outer, "--", HOLDFAST, "run", "--lock", inner, "--", "true"]
        return self.finish(*run)

    def test_more_than_an_ancestor_has_is_refused(self):
        for outer, inner, why in ((":shared", "", "has shared"), (":shared", ":1/2", "has shared"),
                                  (":1/2", "", "slots of it"), (":1/2", ":2/2", "has 1"),
                                  (":1/2", ":1/3", "size 2; expected 3")):
            name = self.lock_name()
            ended = self.nested(name + outer, name + inner)
            self.assertEqual(ended.returncode, 125, (outer, inner))
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(why, ended.stderr.decode())

    def test_as_much_or_less_is_had(self):
        for outer, inner in (("", ""), ("", ":shared"), ("", ":2/2"), (":shared", ":shared"),
                             (":2/2", ":1/2"), (":1/2", ":shared")):
            name = self.lock_name()
            ended = self.nested(name + outer, name + inner)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""), (outer, inner))

    def outer(self, which, has, wants, options=()):
        """Starts a run that has one lock and, once it is told to, runs another that wants a second
        lock."""
        gate = self.work / f"{which}.gate"
        os.mkfifo(gate)
        inner = " ".join([HOLDFAST, "run", "--name", f"in-{which}", "--lock", wants, *options,
                          "--", "true"])
        log = open(self.work / f"{which}.err", "wb")
        self.addCleanup(log.close)
        begun = self.start(HOLDFAST, "run", "--name", which, "--lock", has, "--", "sh", "-c",
                           f'echo $$ >"{self.pid_file(which)}"; read go <"{gate}"; {inner}',
                           stderr=log)
        self.announced(self.pid_file(which))
        return begun, gate

    def log(self, which):
        return (self.work / f"{which}.err").read_text()

    def test_a_circle_is_named_and_ends(self):
        a, b = self.lock_name(), self.lock_name()
        one, one_gate = self.outer("one", has=b, wants=a, options=["--lock-timeout", "1h"])
        two, two_gate = self.outer("two", has=a, wants=b)
        two_gate.write_text("go\n")
        wait_until(lambda: "waiting for lock" in self.log("two"), "the first to wait")
        one_gate.write_text("go\n")
        # Inside PID namespaces each command of the circle has one of its own.
        there = "( in another PID namespace)?"
        circle = (rf'circle: "in-one" \(pid \d+\) waits for {a}@user, held by "two" \(pid {two.pid}{there}\), '
                  rf'in which "in-two" \(pid \d+{there}\) waits for {b}@user, '
                  rf'held by "one" \(pid {one.pid}{there}\), which is around "in-one" \(pid \d+\)')
        self.assertEqual(one.wait(PATIENCE_S), 75)
        # The other run goes on with the lock that this one released.
        self.assertEqual(two.wait(PATIENCE_S), 0)
        first, *_, last = unfolded(self.log("one")).splitlines()
        self.assertRegex(first, "waiting for lock")
        self.assertRegex(last, "gave up waiting for lock .*" + circle)
        self.assertNotIn("circle", self.log("two"))

    def test_who_only_has_to_be_patient_has_it_in_the_end(self):
        """The outer lock comes later in the order, but no run waits for it."""
        a, b = self.lock_name(), self.lock_name()
        other, gate = self.outer("other", has=a, wants="unused-" + b)
        self.lock_names.append("unused-" + b)
        one, one_gate = self.outer("one", has=b, wants=a)
        one_gate.write_text("go\n")
        wait_until(lambda: "still waiting for lock" in self.log("one"), "several looks")
        gate.write_text("go\n")
        self.assertEqual((other.wait(PATIENCE_S), one.wait(PATIENCE_S)), (0, 0))

    def test_out_of_order_without_a_circle_says_so_when_it_gives_up(self):
        a, b = self.lock_name(), self.lock_name()
        other, gate = self.outer("other", has=a, wants="unused-" + b)
        self.lock_names.append("unused-" + b)
        one, one_gate = self.outer("one", has=b, wants=a, options=["--lock-timeout", "400ms"])
        one_gate.write_text("go\n")
        self.assertEqual(one.wait(PATIENCE_S), 75)
        self.assertIn("out of order", self.log("one").splitlines()[-1])
        gate.write_text("go\n")
        self.assertEqual(other.wait(PATIENCE_S), 0)

    def test_out_of_order_and_free_is_had_at_once(self):
        a, b = self.lock_name(), self.lock_name()
        ended = self.nested(b, a)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))

    def test_an_ancestor_is_known_though_the_environment_was_cleared(self):
        """It is found before a wait, which would never end."""
        for outer, inner in (("", ""), ("", ":shared"), (":2/2", ":1/2"), (":shared", ":shared")):
            name = self.lock_name()
            ended = self.finish(HOLDFAST, "run", "--lock", name + outer, "--", "env", "-i", "setsid", "-w",
                                HOLDFAST, "run", "--lock", name + inner, "--", "true")
            self.assertEqual((ended.returncode, ended.stderr), (0, b""), (outer, inner))
        name = self.lock_name()
        ended = self.finish(HOLDFAST, "run", "--lock", name + ":shared", "--", "env", "-i",
                            HOLDFAST, "run", "--lock", name, "--", "true")
        self.assertEqual(ended.returncode, 125)
        self.assertIn(b"has shared and would be waited for forever", ended.stderr)

    def test_two_levels_are_known_too_and_what_is_inside_is_told(self):
        name, other = self.lock_name(), self.lock_name()
        inner = [HOLDFAST, "run", "--lock", name, "--", "sh", "-c", "echo $HOLDFAST_HELD"]
        ended = self.finish(HOLDFAST, "run", "--lock", name, "--", HOLDFAST, "run", "--lock", name,
                            "--lock", other, "--", "env", "-i", *inner)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        entries = ended.stdout.decode().strip().split(",")
        self.assertEqual([entry.partition("#")[0] for entry in entries],
                         [f"user/{name}", *sorted([f"user/{name}", f"user/{other}"]), f"user/{name}"])
        self.assertEqual(len({entry.partition("#")[2] for entry in entries}), 3)

    def test_siblings_exclude_one_another_whether_their_environment_was_cleared_or_not(self):
        name = self.lock_name()
        spans = self.work / "spans"
        inner = f"{HOLDFAST} run --lock {name} -- {program('record_interval')} {spans} 100"
        ended = self.finish(HOLDFAST, "run", "--lock", name, "--", "sh", "-c",
                            f"env -i {inner} & env -i {inner} & {inner} & wait")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        lines = [line.split() for line in spans.read_text().splitlines()]
        one, two, three = sorted((int(begin), int(end)) for begin, end, _ in lines)
        self.assertLess(one[1], two[0])
        self.assertLess(two[1], three[0])

    def test_what_outlived_the_holder_takes_the_lock_as_everybody_does(self):
        """The process has inherited HOLDFAST_HELD of an attempt that is over."""
        for which, mode in (("exclusive", ""), ("counted", ":2/2")):
            with self.subTest(which):
                self.outlive_a_holder(which, self.lock_name() + mode)

    def outlive_a_holder(self, which, lock):
        gate, log = self.work / f"{which}.gate", self.work / f"{which}.err"
        held, left_file, holder_file = (self.work / f"{which}.held", self.pid_file(f"{which}.left"),
                                        self.pid_file(f"{which}.holder"))
        os.mkfifo(gate)
        inner = f"{HOLDFAST} run --lock {lock} -- sh -c 'echo $HOLDFAST_HELD >{held}' 2>{log}"
        ended = self.finish(HOLDFAST, "run", "--on-leak", "ignore", "--lock", lock, "--", "setsid", "-f", "sh",
                            "-c", f"echo $$ >{left_file}; read go <{gate}; {inner}", stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
        self.assertEqual(ended.returncode, 0)
        left, = self.announced(left_file)
        holder = self.start(HOLDFAST, "run", "--lock", lock, "--", program("linger"), holder_file,
                            stderr=subprocess.DEVNULL)
        self.announced(holder_file)
        gate.write_text("go\n")
        wait_until(lambda: held.exists() or log.exists() and "waiting for lock" in log.read_text(),
                   "it to ask")
        self.assertFalse(held.exists(), "two have it")
        holder.terminate()
        holder.wait(PATIENCE_S)
        self.assert_gone([left])
        # The lock that it has now, and the attempt from which it descends, which can still find it.
        self.assertRegex(held.read_text(), rf"^user/{lock.partition(':')[0]}[^,]*#[^,]+,#[^,]+$")

    def test_nothing_is_left_of_the_levels_of_attempts_that_are_over(self):
        name = self.lock_name()
        run = [HOLDFAST, "run", "--lock", name, "--"]
        counted = [HOLDFAST, "run", "--lock", f"{name}n:2/3", "--"]
        self.lock_names.append(f"{name}n")
        ended = self.finish(*run, *run, *counted, *run, *counted, *run, "true")
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        for lock in (name, f"{name}n"):
            self.assertEqual(list(self.lock_file(lock).parent.glob("below-*")), [])

    def test_out_of_order_is_known_too(self):
        """The lock belongs to an ancestor that the environment does not name; such a wait has a
        deadline."""
        a, b = self.lock_name(), self.lock_name()
        holder = self.start(HOLDFAST, "run", "--lock", a, "--", program("close_output"), self.pid_file())
        self.announced(self.pid_file())
        ended = self.finish(HOLDFAST, "run", "--lock", b, "--", "env", "-i", HOLDFAST, "run", "--lock", a,
                            "--lock-timeout", "300ms", "--", "true")
        self.assertEqual(ended.returncode, 75)
        self.assertIn(b"out of order", ended.stderr)
        (self.work / "announced.pids.go").touch()
        holder.wait(PATIENCE_S)


class ContainedNestingTest(SystemCase, Contained):
    def test_an_ancestor_out_of_sight_is_known_by_its_tag_and_by_who_is_in_it(self):
        for kind in self.each_kind():
            name, other = self.lock_name(), self.lock_name()
            cleared = ["env", "-i", LAUNCHER, "--lock", name, "--", "true"]
            contained = [LAUNCHER, "--containment", kind, "--lock"]
            for words in ([*contained, name, "--", *cleared],
                          [LAUNCHER, "--lock", name, "--", *contained, other, "--", *cleared]):
                ended = self.finish(*words)
                self.assertEqual((ended.returncode, ended.stderr), (0, b""))


class KilledTest(ProjectCase):
    """What is locked below an attempt ends with it. If its launcher was killed, the next one to
    look ends it."""

    def leave(self):
        name = self.lock_name()
        tree = self.project(f"""
add_test(NAME outer COMMAND {HOLDFAST} run --lock {name}@build -- @P@/linger {self.pid_file()})
set_tests_properties(outer PROPERTIES HOLDFAST_LOCKS {name}@build)
add_test(NAME other COMMAND true)
""")
        ctest = self.start(CTEST, "-R", "outer", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.announced(self.pid_file())
        level, = USER_DIRECTORY.glob(f"locks/build-*/{name}/below-*")
        self.finish(HOLDFAST, "reap", cwd=tree)
        self.assertTrue((level / "lock").exists(), "somebody has it")
        everybody = [*keepers_of(tree), *processes_with(self.cookie)]
        for signal_number in signal.SIGSTOP, signal.SIGKILL:  # so that none tidies up after another
            for one in everybody:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, signal_number)
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()
        self.assertTrue(level.exists())
        return tree, level

    def test_the_next_run_removes_it(self):
        tree, level = self.leave()
        done = self.ctest(tree, "-R", "other")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertFalse(level.exists())

    def test_reap_removes_it(self):
        tree, level = self.leave()
        self.assertEqual(self.finish(HOLDFAST, "reap", cwd=tree).returncode, 0)
        self.assertFalse(level.exists())


if __name__ == "__main__":
    unittest.main()
