"""A test that exits on purpose counts once, a marker hides no crash, and no other test's marker
counts."""

import json
import os
import signal
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from needs import need_mounts
from support import (HOLDFAST, PATIENCE_S, ProjectCase, SystemCase, no_keeper_of, program, wait_until)

# The beginning of each test of the table below.
HELPERS = r'''
import os, resource, shutil, signal, subprocess, sys, time
DIR, ATTEMPT = os.environ["HOLDFAST_MARKER_DIR"], os.environ["HOLDFAST_ATTEMPT_ID"]
def start_of(pid="self"):
    return int(open(f"/proc/{pid}/stat").read().rpartition(") ")[2].split()[19])
def marker(attempt=ATTEMPT, pid=None, start=None, reason="the reason", version=1, end="end\n"):
    return (f"holdfast-marker {version}\nattempt {attempt}\npid {pid or os.getpid()}\n"
            f"start {start or start_of()}\nreason {reason}\n{end}")
def leave(text, name=None):
    path = f"{DIR}/{name or 'exit-%d' % os.getpid()}"
    with open(path, "x") as out:
        out.write(text)
    return path
OWN = f"{DIR}/exit-{os.getpid()}"
'''

ROOT = os.geteuid() == 0
NOT_MAIN = "which is not the test's main process"

# name: what the test does, its outcome, ctest's words for its end, the orphan marker's `why` (None:
# no orphan marker).
ABUSES = {
    "own": ("leave(marker()); sys.exit(3)", "deliberate_exit", "Failed", None),
    "other_attempt": ("leave(marker(attempt='run.1')); sys.exit(3)", "failed", "Failed",
                      "is of another attempt"),
    "recycled_pid": ("leave(marker(start=start_of() - 1000)); sys.exit(3)", "failed", "Failed",
                     "but not of the one that was the test's main process"),
    "later_pid": ("leave(marker(start=start_of() + 1000)); sys.exit(3)", "failed", "Failed",
                  "but not of the one that was the test's main process"),
    "child": ("""
if os.fork() == 0:
    leave(marker())
    os._exit(3)
os.wait()
sys.exit(3)""", "failed", "Failed", NOT_MAIN),
    "child_as_parent": ("""
if os.fork() == 0:
    leave(marker(pid=os.getpid()), f"exit-{os.getppid()}")
    os._exit(3)
os.wait()
sys.exit(3)""", "failed", "Failed", "has a name that is not its process's"),
    "directory_deleted": ("shutil.rmtree(DIR); subprocess.run([MARK_EXIT]); sys.exit(3)", "failed",
                          "Failed", None),
    "disk_full": ("""
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
os.execv(MARK_EXIT, [MARK_EXIT, "exit", "3"])""", "failed", "Failed", "is cut off"),
    "cut_off": ("leave(marker()[:-1]); sys.exit(3)", "failed", "Failed", "is cut off"),
    "empty": ("leave(''); sys.exit(3)", "failed", "Failed", "is cut off"),
    "garbage": ("open(OWN, 'wb').write(os.urandom(700)); sys.exit(3)", "failed", "Failed",
                "is not a marker"),
    "version": ("leave(marker(version=2)); sys.exit(3)", "failed", "Failed",
                "is of a version that this Holdfast does not know"),
    "fifo": ("os.mkfifo(OWN); sys.exit(3)", "failed", "Failed", "is not a regular file"),
    "directory": ("os.mkdir(OWN); sys.exit(3)", "failed", "Failed", "is not a regular file"),
    "symlink": ("os.symlink(leave(marker(), '../real'), OWN); sys.exit(3)", "failed", "Failed",
                "is not a regular file"),
    "hard_link": ("os.link(leave(marker(), '../real'), OWN); sys.exit(3)", "failed", "Failed",
                  "has another name somewhere"),
    "huge": ("leave(marker()); os.truncate(OWN, 1 << 40); sys.exit(3)", "failed", "Failed",
             "is longer than a marker may be"),
    "unreadable": ("leave(marker(), 'stray'); sys.exit(3)", "failed", "Failed",
                   "has a name that is not its process's"),
    "exit_0": ("leave(marker()); sys.exit(0)", "deliberate_exit", "Subprocess aborted", None),
    "exit_0_will_fail": ("leave(marker()); sys.exit(0)", "deliberate_exit", "Subprocess aborted",
                         None),
    "skip_code": ("leave(marker()); sys.exit(77)", "deliberate_exit", "Subprocess aborted", None),
    "segfault": ("leave(marker()); resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
                 "os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "SegFault", None),
    "timed_out": ("leave(marker()); time.sleep(600)", "timed_out", "Timeout", None),
    "orphan_and_pass": ("leave(marker(attempt='run.1'))", "passed", None, "is of another attempt"),
}
if ROOT:
    ABUSES["another_users"] = ("leave(marker()); os.chown(OWN, 65534, 65534); sys.exit(3)",
                               "failed", "Failed", "belongs to another user")
PROPERTIES = '''
set_tests_properties(exit_0_will_fail PROPERTIES WILL_FAIL ON)
set_tests_properties(skip_code PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(timed_out PROPERTIES HOLDFAST_TIMEOUT 5)
'''
ALSO = f'''
add_test(NAME skipped COMMAND @P@/exit_with 77)
set_tests_properties(skipped PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME passed COMMAND @P@/exit_with 0)
add_test(NAME nested COMMAND sh -c "{HOLDFAST} run -- @P@/mark_exit exit 3; exit 3")
add_test(NAME shell COMMAND sh -c "{HOLDFAST} mark 'the shell says so'; exit 4")
add_test(NAME subshell COMMAND sh -c "({HOLDFAST} mark --pid $$ 'from below'); exit 4")
add_test(NAME wrong_shell COMMAND sh -c "({HOLDFAST} mark; :); exit 4")
add_test(NAME c_exit COMMAND @P@/mark_exit exit 5)
add_test(NAME c_handler COMMAND @P@/mark_exit handler 6)
add_test(NAME c_fork COMMAND @P@/mark_exit fork 7)
add_test(NAME c_twice COMMAND @P@/mark_exit twice 7)
add_test(NAME c_abort COMMAND @P@/mark_exit die 6)
'''
ALSO_OUTCOMES = {"skipped": "skipped", "passed": "passed", "nested": "failed",
                 "shell": "deliberate_exit", "subshell": "deliberate_exit", "wrong_shell": "failed",
                 "c_exit": "deliberate_exit", "c_handler": "deliberate_exit", "c_fork": "failed",
                 "c_twice": "deliberate_exit", "c_abort": "crashed"}


class MarkersTest(ProjectCase):
    """Runs all of them under one ctest, because a ctest is slow."""

    def run_table(self):
        lines = []
        for name, (body, *_) in ABUSES.items():
            script = self.work / f"{name}.py"
            script.write_text(HELPERS + f"MARK_EXIT = {program('mark_exit')!r}\n" + body + "\n")
            lines.append(f"add_test(NAME {name} COMMAND python3 {script})\n")
        tree = self.project("".join(lines) + ALSO + PROPERTIES)
        ran = self.ctest(tree, "-j4")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        return tree, ran, {r["test"]: r for r in self.records(run, "attempt_ended")}

    def test_each_marker_counts_for_its_own_process_and_attempt_only(self):
        tree, ran, ended = self.run_table()
        for name, (_, outcome, status, why) in ABUSES.items():
            with self.subTest(name):
                record = ended[name]
                self.assertEqual(record["outcome"], outcome, record)
                whys = [o["why"] for o in record.get("orphan_markers", [])]
                self.assertEqual(len(whys), 0 if why is None else 1, record)
                self.assertIn(why or "", "".join(whys))
                own = outcome == "deliberate_exit" or name in ("segfault", "timed_out")
                self.assertEqual(record.get("marker"), {"reason": "the reason"} if own else None)
                line, = [l for l in ran.text.splitlines() if f": {name} ." in l]
                self.assertIn(f"***{status}" if status == "Failed" else status or "Passed", line)
        for name, outcome in ALSO_OUTCOMES.items():
            with self.subTest(name):
                self.assertEqual(ended[name]["outcome"], outcome, ended[name])
        self.assertEqual(ended["shell"]["marker"], {"reason": "the shell says so"})
        self.assertEqual(ended["subshell"]["marker"], {"reason": "from below"})
        self.assertEqual(ended["c_exit"]["marker"], {"reason": "on purpose\nas it says"})
        self.assertEqual(ended["c_handler"]["marker"], {"reason": "in the handler"})
        self.assertEqual(ended["c_abort"]["signal"], signal.SIGABRT)
        for name in ("c_fork", "wrong_shell"):
            self.assertIn(NOT_MAIN, ended[name]["orphan_markers"][0]["why"])
        # The test is a run inside a run. The outer run sees not even its orphan markers.
        self.assertNotIn("orphan_markers", ended["nested"])
        # The directories that are kept of failed tests have no marker, nor anything else of
        # Holdfast's.
        self.assertEqual([p for p in self.runs(tree)[0].rglob(".markers")], [])
        self.check_reports(tree, ran, ended)

    def check_reports(self, tree, ran, ended):
        def report(form):
            return self.finish(HOLDFAST, "report", "latest", "--format", form, "--tree", tree).stdout
        on_purpose = sum(r["outcome"] == "deliberate_exit" for r in ended.values())
        failed = on_purpose + sum(r["outcome"] == "failed" for r in ended.values())
        orphans = sum("orphan_markers" in r for r in ended.values())
        counts = json.loads(report("json"))["counts"]
        self.assertEqual(counts["failed"], failed)
        self.assertEqual(counts["deliberate_exit"], on_purpose)
        self.assertEqual(counts["orphan_markers"], orphans)
        self.assertEqual(counts["crashed"], 2)
        self.assertEqual(counts["timed_out"], 1)
        self.assertEqual(counts["skipped"], 1)
        exclusive = [v for k, v in counts.items() if k not in (
            "planned", "run", "through_holdfast", "flaky", "leaked", "bare", "deliberate_exit",
            "orphan_markers", "cases")]
        self.assertEqual(sum(exclusive), counts["planned"])
        suite = ElementTree.fromstring(report("junit")).find("testsuite")
        self.assertEqual(int(suite.get("failures")), failed)
        types = [f.get("type") for f in suite.iter("failure")]
        self.assertEqual(types.count("deliberate_exit"), on_purpose)
        properties = [p for p in suite.iter("property") if p.get("name") == "holdfast.orphan_marker"]
        self.assertEqual(len(properties), orphans)
        self.assertIn("exited on purpose: the shell says so", report("text").decode())
        summary, = [l for l in ran.text.splitlines() if "through Holdfast:" in l]
        self.assertIn(f"{failed} failed", summary)
        self.assertIn("2 crashed", summary)
        self.assertIn(f"{on_purpose} exited on purpose", summary)
        self.assertIn(f"{orphans} with orphan markers", summary)

    def test_twenty_that_exit_on_purpose_and_twenty_that_crash(self):
        tree = self.project("".join(f"add_test(NAME e{i} COMMAND @P@/mark_exit exit 1)\n"
                                    f"add_test(NAME c{i} COMMAND @P@/mark_exit die 11)\n"
                                    for i in range(20)))
        ran = self.ctest(tree, "-j4")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertIn("40 tests through Holdfast: 20 failed, 20 crashed; 20 exited on purpose", ran.text)

    def test_a_kept_process_of_an_earlier_test_marks_nobody(self):
        late = self.work / "late.py"
        late.write_text(HELPERS + """
if os.fork() == 0:
    os.setsid()
    for fd in range(3):  # who holds ctest's output is not let live on
        os.dup2(os.open(os.devnull, os.O_RDWR), fd)
    while not os.path.exists(sys.argv[1]): time.sleep(0.01)
    leave(marker())
    open(sys.argv[1] + ".done", "w")
    os._exit(0)
""")
        go = self.work / "go"
        tree = self.project(f"""
add_test(NAME first COMMAND python3 {late} {go})
set_tests_properties(first PROPERTIES FIXTURES_SETUP f)
add_test(NAME second COMMAND sh -c "touch {go}; while ! test -e {go}.done; do sleep 0.01; done; exit 3")
set_tests_properties(second PROPERTIES FIXTURES_REQUIRED f)
""")
        self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        ended = {r["test"]: r for r in self.records(run, "attempt_ended")}
        self.assertEqual(ended["second"]["outcome"], "failed")
        # The second test got the same directory again, but its attempt is another one.
        self.assertEqual([o["why"] for o in ended["second"].get("orphan_markers", [])],
                         ["is of another attempt"])

    def test_when_the_guard_is_killed_its_tests_marker_is_nobodys(self):
        script = self.work / "t.py"
        script.write_text(HELPERS + """
leave(marker())
print(os.getpid(), file=open(sys.argv[1], "w"), flush=True)
time.sleep(600)""")
        tree = self.project(f"add_test(NAME t COMMAND python3 {script} {self.pid_file()})\n")
        ctest = self.start("ctest", cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(self.pid_file())
        guard = int(open(f"/proc/{test.pid}/stat").read().rpartition(") ")[2].split()[1])
        os.kill(guard, signal.SIGKILL)
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        record, = self.records(self.runs(tree)[0], "attempt_ended")
        self.assertEqual(record["outcome"], "internal_error")
        self.assertNotIn("marker", record)
        self.assertIn("main process is not known", record["orphan_markers"][0]["why"])

    def test_when_the_launcher_is_killed_the_marker_goes_with_the_run(self):
        script = self.work / "t.py"
        script.write_text(HELPERS + """
leave(marker())
print(os.getpid(), file=open(sys.argv[1], "w"), flush=True)
time.sleep(600)""")
        tree = self.project(f"add_test(NAME t COMMAND python3 {script} {self.pid_file()})\n")
        ctest = self.start("ctest", cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(self.pid_file())
        guard = int(open(f"/proc/{test.pid}/stat").read().rpartition(") ")[2].split()[1])
        launcher = int(open(f"/proc/{guard}/stat").read().rpartition(") ")[2].split()[1])
        os.kill(launcher, signal.SIGKILL)
        ctest.wait(PATIENCE_S)
        self.assert_gone([test])
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        record, = self.records(self.runs(tree)[0], "attempt_ended")
        self.assertEqual(record["outcome"], "interrupted")
        self.assertFalse((self.runs(tree)[0] / "scratch").exists())


class RunCommandTest(SystemCase):
    def run_it(self, *command, options=()):
        return self.finish(HOLDFAST, "run", *options, "--", *command)

    def test_it_ends_as_the_command_ended_but_never_green(self):
        for how, code in ((("exit", "3"), 3), (("exit", "0"), 1), (("die", "11"), -11)):
            with self.subTest(how):
                ran = self.run_it(program("mark_exit"), *how)
                self.assertEqual(ran.returncode, code, ran.stderr)
                self.assert_our_lines(ran.stderr, 1 if how == ("exit", "0") else 0)

    def test_two_runs_in_one_shell_see_no_marker_of_each_other(self):
        show = "echo $HOLDFAST_MARKER_DIR; ls -A $HOLDFAST_MARKER_DIR; "
        one, other = (self.finish(
            "sh", "-c", f"{HOLDFAST} run -- sh -c '{show} {HOLDFAST} mark first; exit 3'; echo $?;"
            f"{HOLDFAST} run -- sh -c '{show} exit {code}'; echo $?") for code in (0, 4))
        for ran, code in ((one, "0"), (other, "4")):
            first, status, second, last = ran.stdout.decode().split()
            self.assertEqual((status, last), ("3", code))
            self.assertNotEqual(first, second)
            self.assertFalse(os.path.exists(first) or os.path.exists(second))
            self.assertEqual(ran.stderr, b"")

    def test_without_holdfast_it_does_nothing(self):
        told = self.finish(program("mark_exit"), "tell", "3")
        self.assertEqual((told.returncode, told.stdout), (3, b"marked\n"))
        told = self.finish(HOLDFAST, "mark", "why")
        self.assertEqual((told.returncode, told.stdout, told.stderr), (0, b"", b""))

    def test_a_marker_that_cannot_be_written_is_said(self):
        for place in (self.work / "missing", self.work / ("x" * 400)):
            env = self.environment(HOLDFAST_MARKER_DIR=str(place), HOLDFAST_ATTEMPT_ID="a.1")
            told = self.finish(program("mark_exit"), "tell", "3", env=env)
            self.assertEqual((told.returncode, told.stdout), (3, b"not marked\n"))
            told = self.finish(HOLDFAST, "mark", "why", env=env)
            self.assertEqual(told.returncode, 125)
            self.assert_our_lines(told.stderr, 1)

    @unittest.skipUnless(ROOT, "needs root, to mount a file system that can be full")
    def test_a_full_disk_is_said(self):
        full = self.work / "full"
        full.mkdir()
        script = (f"mount -t tmpfs -o size=4k none {full} && cp /bin/sh {full}/x 2>/dev/null; "
                  f"exec {program('mark_exit')} tell 3")
        env = self.environment(HOLDFAST_MARKER_DIR=str(full), HOLDFAST_ATTEMPT_ID="a.1")
        need_mounts(self)
        told = self.finish("unshare", "-m", "sh", "-c", script, env=env)
        self.assertEqual((told.returncode, told.stdout), (3, b"not marked\n"), told.stderr)

    def test_inside_a_pid_namespace_it_counts_too(self):
        probe = self.run_it("true", options=["--containment", "pidns"])
        if probe.stderr:
            self.skipTest(probe.stderr.decode())
        ran = self.run_it(program("mark_exit"), "exit", "0", options=["--containment", "pidns"])
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertIn(b"counts as failed", ran.stderr)

    def test_the_header_is_c89(self):
        compiler = next((c for c in ("cc", "gcc", "clang") if subprocess.run(
            ["which", c], stdout=subprocess.DEVNULL).returncode == 0), None)
        if compiler is None:
            self.skipTest("no C compiler")
        source = self.work / "t.c"
        source.write_text('#include <holdfast/mark.h>\n'
                          'int main(void) { return holdfast_mark_exit("why"); }\n')
        header = os.path.join(os.path.dirname(os.path.dirname(HOLDFAST)), "include")
        flags = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
        for standard in (["-std=c89", "-pedantic-errors"], ["-std=c99"], ["-std=gnu17"],
                         ["-x", "c++", "-std=c++98", "-pedantic-errors"],
                         ["-x", "c++", "-std=c++20", "-Wold-style-cast"]):
            with self.subTest(standard):
                built = self.finish(compiler, *standard, *flags, f"-I{header}", source, "-o",
                                    self.work / "t")
                self.assertEqual(built.returncode, 0, built.stderr)
                self.assertEqual(self.finish(self.work / "t").returncode, 0)


if __name__ == "__main__":
    unittest.main()
