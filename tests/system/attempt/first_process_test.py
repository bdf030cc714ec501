"""ctest or `holdfast run` is the first process of a PID namespace (`docker run image ctest`). There
ctest does not reap, orphans become its children, and the first process cannot be stopped."""

import os
import select
import shutil
import signal
import sys
import unittest

from places import OWN_PROC, need_namespace
from support import (CTEST, HOLDFAST, PATIENCE_S, SUPERVISORS, ProjectCase, children_of, pending_signals,
                     process, processes_with, verdicts, wait_until)
from terminal import Terminal

NO_TERMINAL = "not shown here: only root may give a namespace the terminal"


def writing_end(fifo):
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None  # no process reads it yet


class FirstProcessCase(ProjectCase):
    def setUp(self):
        super().setUp()
        self.inside = need_namespace(self, OWN_PROC)

    def pid_file(self, name="announced"):
        # Not a `.pids` file: support.py would end processes of our namespace by these numbers.
        return self.work / f"{name}.inside"

    def first_of(self, begun):
        """The first process of the namespace, by its number in ours."""
        return wait_until(lambda: next(iter(map(process, children_of(begun.pid))), None), "the first")


class CtestTest(FirstProcessCase):
    TESTS = """
add_test(NAME good COMMAND @P@/exit_with 0)
add_test(NAME bad COMMAND @P@/exit_with 3)
add_test(NAME leaves COMMAND @P@/leave_child {} 0)
add_test(NAME daemon COMMAND @P@/hide {} orphan setsid closed bare)
set_tests_properties(daemon PROPERTIES TIMEOUT 2)
set_tests_properties(good bad PROPERTIES HOLDFAST_LOCKS {}@user)
"""

    def tree_of_all(self):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 0.3\n")
        return self.project(self.TESTS.format(self.pid_file("left"), self.pid_file("hidden"),
                                              self.lock_name()))

    def assert_as_anywhere(self, tree, done):
        text = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, 8, text)
        said = {name: verdict.split()[0] for name, verdict in verdicts(text).items()}
        self.assertEqual(said, {"good": "Passed", "bad": "***Failed", "leaves": "Passed",
                                "daemon": "***Timeout"})
        self.assertIn("holdfast: 4 tests through Holdfast: 2 passed, 1 failed, 1 timed out", text)
        run = self.runs(tree)[-1]
        outcomes = {r["test"]: r["outcome"] for r in self.records(run, "attempt_ended")}
        self.assertEqual(outcomes, {"good": "passed", "bad": "failed", "leaves": "passed",
                                    "daemon": "timed_out"})
        ended, = self.records(run, "run_ended")
        self.assertTrue(ended["complete"])
        self.assert_nothing_left()

    def test_a_run_is_as_anywhere(self):
        tree = self.tree_of_all()
        self.assert_as_anywhere(tree, self.finish(*self.inside, CTEST, "-j3", cwd=tree, bound=60))

    def test_and_so_is_one_by_a_shell_that_is_first(self):
        tree = self.tree_of_all()
        for words in ([f"exec {CTEST} -j3"], [f"{CTEST} -j3; exit $?"]):
            with self.subTest(words):
                self.assert_as_anywhere(tree, self.finish(*self.inside, "sh", "-c", *words, cwd=tree,
                                                          bound=60))

    def test_what_a_killed_one_had_begun_is_tidied_by_the_next(self):
        tree = self.project(f"add_test(NAME lingers COMMAND @P@/linger {self.pid_file()})\n"
                            "add_test(NAME next COMMAND @P@/exit_with 0)\n")
        # By expressions, because runs of single tests by name share the tree and tidy nothing.
        begun = self.start(*self.inside, CTEST, "-R", "linger", cwd=tree, stdout=-3, stderr=-3)
        wait_until(lambda: self.read_pids(self.pid_file()), "the test")
        os.kill(self.first_of(begun).pid, signal.SIGKILL)
        begun.wait(PATIENCE_S)
        self.assert_nothing_left()  # the kernel has ended all
        done = self.finish(*self.inside, CTEST, "-R", "next", cwd=tree)
        self.assertEqual(done.returncode, 0, done)
        first, second = self.runs(tree)
        for run, complete, outcomes in (first, False, ["interrupted"]), (second, True, ["passed"]):
            self.assertEqual([r["outcome"] for r in self.records(run, "attempt_ended")], outcomes)
            self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [complete])


class ToldToEndTest(FirstProcessCase):
    """`docker stop`, which sends SIGTERM and after ten seconds SIGKILL, and Ctrl-C."""

    # Once it is told to end, it waits for the file FILE.go: it needs its grace.
    POLITE = """
import os, signal, sys, time
file = sys.argv[1]
def tidy(*_):
    open(file + ".asked", "w").close()
    while not os.path.exists(file + ".go"):
        time.sleep(0.002)
    open(file + ".tidied", "w").close()
    sys.exit(3)
signal.signal(signal.SIGTERM, tidy)
signal.signal(signal.SIGINT, tidy)
open(file, "w").close()
while True:
    signal.pause()
"""

    def setUp(self):
        super().setUp()
        self.file = self.work / "polite"

    def polite_tree(self):
        polite = self.work / "polite.py"
        polite.write_text(self.POLITE)
        tree = self.project(f"add_test(NAME polite COMMAND {sys.executable} {polite} {self.file})\n"
                            "add_test(NAME next COMMAND @P@/exit_with 0)\n")
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 20\n")
        return tree

    def said(self, word):
        return self.file.with_name(f"polite.{word}")

    def told_to_stop(self, tree, *words):
        """Sends SIGTERM to the first process once the test runs. Returns a function that waits for
        its exit code."""
        begun = self.start(*self.inside, *words, cwd=tree, stdout=-3, stderr=-3)
        wait_until(self.file.exists, "the test")
        os.kill(self.first_of(begun).pid, signal.SIGTERM)
        return lambda: begun.wait(PATIENCE_S)

    def told_by_a_terminal(self, tree, *words):
        """Types Ctrl-C on the terminal of the namespace. Returns such a function, too."""
        terminal = Terminal([*self.inside, "setsid", "--ctty", *words], tree, self.environment())
        self.addCleanup(terminal.close)
        wait_until(lambda: terminal.read(0.01) and self.file.exists(), "the test")
        terminal.type("\x03")
        return terminal.wait

    def each_way_to_tell(self):
        ways = {signal.SIGTERM: self.told_to_stop, signal.SIGINT: self.told_by_a_terminal}
        if os.geteuid() != 0:
            print(NO_TERMINAL, flush=True)
            del ways[signal.SIGINT]
        for number, tell in ways.items():
            for left in self.work.glob("polite*"):
                left.unlink()
            yield number, tell, self.polite_tree()

    def let_go_once_told(self):
        """Waits until all processes have got the signal of the terminal. Otherwise a test might end
        before its launcher looks, as if by itself."""
        wait_until(self.said("asked").exists, "the test to be told")
        wait_until(lambda: not any(signal.SIGINT in pending_signals(one.pid) for one in processes_with(self.cookie)),
                   "all to be told")
        self.said("go").touch()

    def assert_run(self, tree, complete, **outcomes):
        run = self.runs(tree)[-1]
        self.assertEqual({r["test"]: r["outcome"] for r in self.records(run, "attempt_ended")}, outcomes)
        self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [complete])

    def test_a_signal_to_ctest_is_nothing_and_its_tests_go_on(self):
        fifo = self.work / "fifo"
        os.mkfifo(fifo)
        tree = self.project(f"add_test(NAME waits COMMAND cat {fifo})\n"
                            "add_test(NAME next COMMAND @P@/exit_with 0)\n")
        begun = self.start(*self.inside, CTEST, "-j1", cwd=tree, stdout=-1, stderr=-2)
        release = wait_until(lambda: writing_end(fifo), "the test")
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT:
            os.kill(self.first_of(begun).pid, number)
        os.close(release)
        said, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 0, said)
        self.assertNotIn(b"has ended", said)
        self.assert_run(tree, True, waits="passed", next="passed")

    def test_with_holdfast_run_first_each_test_has_its_grace(self):
        for number, tell, tree in self.each_way_to_tell():
            with self.subTest(number):
                wait = tell(tree, HOLDFAST, "run", "--grace", "20s", "--", CTEST, "-j1")
                self.let_go_once_told()
                self.assertEqual(wait(), 128 + number)
                self.assertTrue(self.said("tidied").exists())
                self.assert_nothing_left()
                self.assert_run(tree, False, polite="interrupted")
                done = self.finish(HOLDFAST, "reap", cwd=tree)
                self.assertEqual(done.stdout, b"nothing is left of earlier runs\n")

    def test_with_an_init_all_end_when_ctest_does(self):
        """`docker run --init`: its init passes SIGTERM on to its child, and ends when the child has
        ended."""
        if not shutil.which("tini"):
            self.skipTest("tini is missing")
        for number, tell, tree in self.each_way_to_tell():
            with self.subTest(number):
                wait = tell(tree, "tini", "--", CTEST, "-j1")
                self.assertEqual(wait(), 128 + number)
                self.assert_nothing_left()  # the kernel has ended all
                self.assertFalse(self.said("tidied").exists())
                self.assertIn(b"tidied 1 run", self.finish(HOLDFAST, "reap", cwd=tree).stdout)
                self.assert_run(tree, False, polite="interrupted")

    def test_ctrl_c_ends_the_tests_of_the_moment(self):
        """The tests are in the terminal's foreground group, but are not the first process."""
        if os.geteuid() != 0:
            self.skipTest(NO_TERMINAL)
        tree = self.polite_tree()
        wait = self.told_by_a_terminal(tree, CTEST, "-j1")
        self.let_go_once_told()
        self.assertEqual(wait(), 8)
        self.assert_run(tree, True, polite="interrupted", next="passed")


class TwoOfOneNameTest(FirstProcessCase):
    """Two containers share /tmp. Both ctests are process 1 and began in the same clock tick, which
    the test forces by the clock of a time namespace."""

    # The first process. It prints when it was started, or gives itself the start that it is told,
    # and becomes ctest.
    BEGIN = """
import ctypes, os, sys
def tick():
    return int(open("/proc/self/stat").read().rpartition(")")[2].split()[19])
wanted, words = sys.argv[1], sys.argv[2:]
if wanted == "say":
    print(tick(), flush=True)
elif tick() != int(wanted):
    CLONE_NEWTIME = 0x80
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWTIME) != 0:
        sys.exit("no time namespace: " + os.strerror(ctypes.get_errno()))
    nanoseconds = (int(wanted) - tick()) * 10**9 // os.sysconf("SC_CLK_TCK")
    with open("/proc/self/timens_offsets", "w") as offsets:
        offsets.write("boottime %d %d" % divmod(nanoseconds, 10**9))
    os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[2], *sys.argv[1:]])
os.execvp(words[0], words)
"""

    def words(self, tick, *ctest):
        return [*self.inside, sys.executable, "-c", self.BEGIN, str(tick), *ctest]

    def test_each_has_its_own_run(self):
        fifo = self.work / "fifo"
        os.mkfifo(fifo)
        one = self.project(f"""
add_test(NAME early COMMAND @P@/exit_with 0)
add_test(NAME waits COMMAND cat {fifo})
add_test(NAME late COMMAND @P@/exit_with 3)
""", name="one", build="one-build")
        two = self.project("""
add_test(NAME other COMMAND @P@/exit_with 0)
add_test(NAME another COMMAND @P@/exit_with 0)
""", name="two", build="two-build")
        first = self.start(*self.words("say", CTEST, "-j1"), cwd=one, stdout=-1, stderr=-2)
        tick = int(first.stdout.readline())
        # This open succeeds as soon as the test reads the FIFO.
        release = wait_until(lambda: writing_end(fifo), "the first ctest's second test")
        tick_there = self.finish(*self.words(tick, "sh", "-c", "cut -d' ' -f22 /proc/1/stat"))
        if tick_there.stdout.decode().split() != [str(tick)]:
            self.skipTest(f"no clock of our own to be had: {tick_there}")
        second = self.finish(*self.words(tick, CTEST), cwd=two, bound=60)
        os.close(release)
        text = first.communicate(timeout=PATIENCE_S)[0].decode()

        self.assertEqual(second.returncode, 0, second)
        self.assertIn(b"holdfast: 2 tests through Holdfast: 2 passed", second.stdout)
        self.assertIn("holdfast: 3 tests through Holdfast: 2 passed, 1 failed", text)
        for tree, tests in (one, ["early", "waits", "late"]), (two, ["other", "another"]):
            run, = self.runs(tree)
            began, = self.records(run, "run_started")
            self.assertEqual(began["ctest"], {"pid": 1, "start": tick})
            self.assertEqual([r["test"] for r in self.records(run, "attempt_ended")], tests)
            self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [True])


class RunTest(FirstProcessCase):
    # Stops by default, and says so when it goes on.
    STOPS = """
import os, signal, sys
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"goes on\\n"))
os.write(1, b"is there\\n")
sys.stdin.read()
"""

    def test_who_cannot_be_stopped_stops_nobody_for_good(self):
        for by, words in SUPERVISORS.items():
            for number in signal.SIGTSTP, signal.SIGTTIN, signal.SIGTSTP:
                with self.subTest(by=by, signal=number):
                    # A new session would make this an orphaned process group, which the kernel
                    # never stops by a terminal's signals.
                    begun = self.start(*self.inside, *words, "--", sys.executable, "-c", self.STOPS,
                                       stdin=-1, stdout=-1, process_group=0)
                    self.assertEqual(begun.stdout.readline(), b"is there\n")
                    os.kill(self.first_of(begun).pid, number)
                    ready, _, _ = select.select([begun.stdout], [], [], 10)
                    self.assertTrue(ready, "it does not go on")
                    self.assertEqual(begun.stdout.readline(), b"goes on\n")
                    begun.communicate(timeout=PATIENCE_S)
                    self.assertEqual(begun.returncode, 0)

    def test_an_end_by_a_signal_is_told_as_a_shell_would(self):
        for by, words in SUPERVISORS.items():
            with self.subTest(by=by):
                ended = self.finish(*self.inside, *words, "--", "sh", "-c", "kill -9 $$")
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (137, b"", b""))

    def test_its_locks_are_locks(self):
        lock = f"{self.lock_name()}@user"
        holder = self.start(*self.inside, HOLDFAST, "run", "--lock", lock, "--", "cat", stdin=-1, stdout=-1)
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        holder.stdout.readline()
        waits = self.finish(HOLDFAST, "run", "--lock", lock, "--lock-timeout", "0.1s", "--", "true")
        self.assertEqual(waits.returncode, 75, waits)
        holder.communicate(timeout=PATIENCE_S)
        self.assertEqual(self.finish(HOLDFAST, "run", "--lock", lock, "--", "true").returncode, 0)


if __name__ == "__main__":
    unittest.main()
