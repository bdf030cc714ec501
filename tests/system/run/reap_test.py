"""`holdfast reap` and the sweep before a run end and remove what earlier runs left, and nothing
else."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import time
import unittest

import own_locks
from forsaken import Forsaken, kill_at_once
from needs import AS_NOBODY, need, need_mounts, need_reach
from support import (CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, is_alive, keepers_of, no_keeper_of,
                     not_inside, process, program, state_of, wait_until)

NOTHING = b"nothing is left of earlier runs\n"


class ReapCase(Forsaken, ProjectCase):
    def leave(self, ways=("plain", "bare", "overwritten"), name="project", more=""):
        """A tree whose run died together with every process that would have tidied up."""
        file = self.pid_file(name)
        tree = self.project(self.forsaken(ways=ways, file=file) + more, name=name, build=f"build-{name}")
        return tree, self.die_in(tree, file, len(ways) + 1)

    def die_in(self, tree, file, count, *arguments, keeper_too=True):
        ctest = self.start(CTEST, *arguments, cwd=tree, stdout=-3, stderr=-3)
        left = self.announced(file, count)
        keepers = keepers_of(tree) if keeper_too else []
        kill_at_once(process(ctest.pid), *keepers, *self.pair_of(ctest))
        ctest.wait(PATIENCE_S)
        self.last_ctest = ctest.pid
        return left

    def reap(self, tree, *options):
        return self.finish(HOLDFAST, "reap", "--tree", tree, *options)

    def assert_all_alive(self, processes):
        self.assertEqual([one for one in processes if not is_alive(one)], [])


class ReapTest(ReapCase):
    def test_it_ends_what_a_dead_run_left(self):
        tree, left = self.leave()
        self.assert_all_alive(left)
        done = self.reap(tree)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout, rb'^ended 4 processes: .*\(pid \d+, test "hides", run \d+-\d{8}-\d{6}-\d+\)')
        self.assert_gone(left, 0)
        again = self.reap(tree)
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, NOTHING, b""))

    def test_a_dry_run_lists_and_ends_nobody(self):
        tree, left = self.leave()
        done = self.reap(tree, "--dry-run")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        run, = self.runs(tree)
        lines = done.stdout.decode().splitlines()
        processes = [line for line in lines if line.split()[0].isdigit()]
        self.assertEqual(sorted(int(line.split()[0]) for line in processes),
                         sorted(one.pid for one in left))
        for line in processes:
            self.assertRegex(line, rf"^ *\d+  \S+ +hides  \(run {run.name}\)$")
        self.assertEqual([line.split("  (run")[0].split(maxsplit=1) for line in lines
                          if line not in processes and not line.startswith("  socket")], [
            ["record", 'end of "hides"'], ["record", "end of the run"],
            ["directory", str(run / "scratch/1")], ["directory", str(run / "scratch")]])
        self.assert_all_alive(left)
        self.assertEqual(self.records(run, "attempt_ended", "run_ended"), [])
        self.assertTrue((run / "scratch/1").exists())
        self.reap(tree)

    def test_it_interrupts_first_and_kills_the_deaf(self):
        tree, left = self.leave(("deaf",))
        before = time.monotonic()
        done = self.reap(tree)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(time.monotonic() - before, 4)
        self.assert_gone(left, 0)

    def test_the_tree_is_found_upward_and_through_a_link(self):
        tree, left = self.leave()
        (tree / "deep/down").mkdir(parents=True)
        done = self.finish(HOLDFAST, "reap", "--dry-run", cwd=tree / "deep/down")
        processes = [line for line in done.stdout.splitlines() if line.split()[0].isdigit()]
        self.assertEqual(len(processes), len(left))
        (self.work / "link").symlink_to(tree)
        done = self.reap(self.work / "link")
        self.assertEqual(done.returncode, 0)
        self.assert_gone(left, 0)

    def test_what_is_no_build_tree_is_a_usage_error(self):
        for options in (["--tree", self.work / "missing"], ["--tree", "/"], ["--bogus"]):
            done = self.finish(HOLDFAST, "reap", *options)
            self.assertEqual(done.returncode, 2, options)
            self.assert_our_lines(done.stderr, 1)

    def test_other_trees_are_left_alone_even_with_copied_journals(self):
        tree, left = self.leave()
        other, others = self.leave(name="other")
        shutil.copytree(tree / ".holdfast/runs", other / ".holdfast/runs", dirs_exist_ok=True)
        self.assertEqual(self.reap(other).returncode, 0)
        self.assert_gone(others, 0)
        self.assert_all_alive(left)
        self.assertEqual(self.reap(tree).returncode, 0)
        self.assert_gone(left, 0)

    def test_a_living_run_is_left_alone(self):
        tree = self.project(f"add_test(NAME w COMMAND @P@/close_output {self.pid_file()})\n"
                            "set_tests_properties(w PROPERTIES WILL_FAIL ON)\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(self.pid_file())
        done = self.reap(tree)
        self.assertEqual((done.returncode, done.stdout), (0, NOTHING))
        self.assertEqual(self.reap(tree, "--dry-run").stdout, NOTHING)
        self.assert_all_alive([test])
        # Nor is it a leftover when its keeper is gone, because its ctest lives.
        os.kill(self.keeper_of(tree).pid, signal.SIGKILL)
        self.assertEqual(self.reap(tree).stdout, NOTHING)
        self.assert_all_alive([test])
        (self.work / "announced.pids.go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)

    def deaf_test_with_a_long_grace(self):
        """It lives on while those that look after it end it."""
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 60\n")
        tree = self.project(f"add_test(NAME w COMMAND @P@/ignore {self.pid_file()} 15 2)\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(self.pid_file())
        return tree, ctest, test

    def test_an_attempt_whose_launcher_lives_is_its_launchers(self):
        tree, ctest, test = self.deaf_test_with_a_long_grace()
        launcher, guard = self.pair_of(ctest)
        kill_at_once(process(ctest.pid), self.keeper_of(tree))
        self.assertEqual(self.reap(tree).stdout, NOTHING)
        self.assert_all_alive([test, launcher, guard])
        os.kill(test.pid, signal.SIGKILL)
        self.assert_gone([test, launcher, guard])

    def test_it_may_be_called_by_what_a_dead_run_left(self):
        script = self.work / "calls.sh"
        script.write_text(f"""{program("linger")} {self.pid_file("daemon")} &
{program("close_output")} {self.pid_file()}
{HOLDFAST} reap --tree {self.work}/build >{self.work}/reaped 2>&1
echo $? >{self.work}/code
""")
        tree = self.project(f"add_test(NAME calls COMMAND sh {script})\n")
        self.die_in(tree, self.pid_file(), 1)
        daemon, = self.announced(self.pid_file("daemon"))
        (self.work / "announced.pids.go").touch()
        wait_until(lambda: (self.work / "code").exists() and (self.work / "code").read_text(), "reap")
        self.assertEqual((self.work / "code").read_text(), "0\n", (self.work / "reaped").read_text())
        self.assert_gone([daemon], 0)

    def test_processes_that_a_finished_test_was_allowed_to_leave_are_ended_on_request(self):
        tree = self.project(f"""add_test(NAME daemon COMMAND @P@/leave_child {self.pid_file()} 0 quiet)
set_tests_properties(daemon PROPERTIES HOLDFAST_ON_LEAK ignore)""")
        self.assertEqual(self.ctest(tree).returncode, 0)
        daemon, = self.announced(self.pid_file())
        self.assert_all_alive([daemon])
        done = self.reap(tree)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b'test "daemon"', done.stdout)
        self.assert_gone([daemon], 0)

    def test_a_stopped_keeper_is_named_and_goes_on(self):
        tree = self.project(f"add_test(NAME w COMMAND @P@/linger {self.pid_file()})\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(keeper.pid) == "T", "the keeper to stop")
        listed = self.reap(tree, "--dry-run").stdout.decode()
        self.assertRegex(listed, rf"(?m)^ *{keeper.pid}  holdfast keeper +is stopped, and is to go on$")
        self.assertIn(f"holdfast keeper (pid {keeper.pid})", self.reap(tree).stdout.decode())
        wait_until(lambda: state_of(keeper.pid) != "T", "the keeper to go on")
        ctest.terminate()

    @own_locks.needed  # any other keeper that starts meanwhile removes them, too
    def test_stale_sockets_go_and_those_of_the_living_stay(self):
        tree, _ = self.leave()
        stale = [n for n in os.listdir(USER_DIRECTORY / "keepers") if n.startswith(f"{self.last_ctest}-")]
        self.assertEqual(len(stale), 1)
        other = self.project(f"add_test(NAME w COMMAND @P@/linger {self.pid_file('w')})\n",
                             name="other", build="other-build")
        ctest = self.start(CTEST, cwd=other, stdout=-3, stderr=-3)
        self.announced(self.pid_file("w"))
        another = USER_DIRECTORY / "keepers" / f"another-{self.work.name[-8:]}"  # of no form that we know
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(another))
        self.addCleanup(another.unlink, missing_ok=True)
        self.reap(tree)
        left = os.listdir(USER_DIRECTORY / "keepers")
        self.assertIn(another.name, left)
        self.assertEqual([n for n in left if n.startswith(f"{self.last_ctest}-")], [])
        self.assertEqual(len([n for n in left if n.startswith(f"{ctest.pid}-")]), 1)
        ctest.terminate()

    @not_inside("tmp", "a /tmp of its own may be in use")
    @own_locks.needed  # any keeper that starts meanwhile removes them, too
    def test_what_dead_owners_left_outside_of_any_tree_goes_too(self):
        other = self.project("add_test(NAME t COMMAND true)\n", name="other", build="other-build")
        tree, _ = self.leave(("plain",))
        command = self.start(HOLDFAST, "run", "--", program("linger"), self.pid_file("command"), stderr=-3)
        self.announced(self.pid_file("command"))

        def left():
            return [len(list((USER_DIRECTORY / place).glob(f"{owner}-*")))
                    for place, owner in (("keepers", self.last_ctest), ("scratch", command.pid))]
        self.assertEqual(left(), [1, 1])
        kill_at_once(process(command.pid), self.guard_of(command.pid))
        command.wait(PATIENCE_S)
        self.assertEqual(self.reap(other).stdout, NOTHING)
        self.assertEqual(left(), [0, 0])
        self.reap(tree)

    @own_locks.needed  # any other keeper of that kind removes it, too
    def test_the_socket_of_another_pid_namespace_stays_for_a_day(self):
        """Its ctest may live, but cannot be seen from here. Without the socket its next test would
        start a second keeper."""
        elsewhere = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
        need(self, [*elsewhere, "true"], "no namespaces to be had")
        tree, _ = self.leave()
        stale, = USER_DIRECTORY.glob(f"keepers/{self.last_ctest}-*")
        other = self.project("add_test(NAME t COMMAND true)\n", name="other", build="other-build")
        self.assertEqual(self.finish(*elsewhere, CTEST, cwd=other).returncode, 0)
        self.assertTrue(stale.exists())
        os.utime(stale, (time.time() - 25 * 3600,) * 2)
        self.assertEqual(self.finish(*elsewhere, CTEST, cwd=other).returncode, 0)
        self.assertFalse(stale.exists())
        self.reap(tree)

    @unittest.skipUnless(shutil.which("strace"), "strace makes flock(2) take its time")
    def test_it_looks_at_the_tree_s_lock_without_taking_it(self):
        """A run that wants the tree at that moment would be refused, or wait."""
        tree, _ = self.leave()
        reap = self.start("strace", "-qq", "-f", "-o", "/dev/null", "-e", "inject=flock:delay_exit=300000", HOLDFAST,
                          "reap", "--tree", tree, stdout=-1, stderr=-2)
        with open(tree / ".holdfast/run-lock/lock", "rb") as lock:
            while reap.poll() is None:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                fcntl.flock(lock, fcntl.LOCK_UN)
                time.sleep(0.01)  # the interval of the tries: reap holds no lock
        text = reap.stdout.read()
        if b"strace: " in text:
            self.skipTest(f"strace may not trace here: {text}")
        self.assertIn(b"tidied 1 run", text)

    def test_it_writes_what_nobody_wrote_and_removes_what_nobody_took_back(self):
        tree, _ = self.leave()
        run, = self.runs(tree)
        with (run / "journal.jsonl").open("a") as journal:
            journal.write('{"v":1,"type":"attempt_en')  # cut off, as its writer died
        (run / "scratch/2").mkdir()
        (run / "scratch/2/evidence").touch()
        done = self.reap(tree)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        # Another keeper that starts meanwhile may remove the socket.
        self.assertRegex(done.stdout, rb"\ntidied 1 run: 1 attempt recorded as interrupted, 1 run's end "
                                      rb"recorded, 1 empty directory( and 1 socket)? removed\n")
        lines = (run / "journal.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines[:-3] + lines[-2:]]
        self.assertEqual([r["type"] for r in records],
                         ["run_started", "log_word", "attempt_started", "attempt_ended", "run_ended"])
        _, _, began, ended, end = records
        self.assertEqual((ended["outcome"], end["complete"]), ("interrupted", False))
        for key in ("attempt", "test", "key", "n"):
            self.assertEqual(ended[key], began[key])
        self.assertEqual(os.listdir(run / "scratch"), ["2"])
        self.assertEqual(list(USER_DIRECTORY.glob(f"keepers/{self.last_ctest}-*")), [])
        again = self.reap(tree)
        self.assertEqual((again.returncode, again.stdout), (0, NOTHING))

    def test_of_runs_that_only_lack_their_end_it_says_no_more(self):
        tree = self.project("add_test(NAME t COMMAND true)\n")
        for _ in range(2):
            self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        for runs, said in ((1, b"tidied 1 run: 1 run's end recorded\n"),
                           (2, b"tidied 2 runs: 2 runs' ends recorded\n")):
            for run in self.runs(tree)[:runs]:
                journal = run / "journal.jsonl"
                lines = journal.read_text().splitlines(keepends=True)
                journal.write_text("".join(line for line in lines if '"run_ended"' not in line))
            done = self.reap(tree)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, said, b""))

    def reap_read_only(self, tree, below):
        """Runs reap while `below`, which is below the tree, is read-only: by a mount, or by modes,
        which do not stop root. Also returns the error that a write gets."""
        if os.geteuid() == 0:
            need_mounts(self)
            done = self.finish("unshare", "--mount", "sh", "-c", f"mount --bind '{below}' '{below}' && "
                               f"mount -o remount,bind,ro '{below}' && exec {HOLDFAST} reap --tree '{tree}'")
            return done, "Read-only file system"
        modes = [(path, path.stat().st_mode) for path in (below, *below.rglob("*"))]
        for path, mode in modes:
            path.chmod(mode & ~0o222)
        try:
            return self.reap(tree), "Permission denied"
        finally:
            for path, mode in modes:
                path.chmod(mode)

    def test_what_cannot_be_tidied_is_said_and_what_was_not_done_is_not(self):
        tree, _ = self.leave()
        run, = self.runs(tree)
        before = (run / "journal.jsonl").read_bytes()
        done, why = self.reap_read_only(tree, tree)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode(), f"holdfast: 1 run not tidied: failed to open {tree}/.holdfast/"
                                               f"run-lock/lock: {why}\n")
        self.assertRegex(done.stdout, rb"^ended 4 processes: .*\n$")
        done, why = self.reap_read_only(tree, run)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode().splitlines(), [
            f"holdfast: failed to open {run}/journal.jsonl: {why}",
            *(f"holdfast: failed to remove {run}/{name}: {why}"
              for name in ("scratch/1/.markers", "scratch"))])
        # Another keeper that starts meanwhile may remove the socket, which is outside the tree.
        self.assertRegex(done.stdout.decode(), r"^(tidied 1 run: 1 socket removed\n)?$")
        self.assertEqual((run / "journal.jsonl").read_bytes(), before)
        # Of the two things to do, only one is possible.
        done, why = self.reap_read_only(tree, run / "scratch")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"/scratch/1/.markers: {why}\n", done.stderr.decode())
        self.assertRegex(done.stdout, rb"tidied 1 run: 1 attempt recorded as interrupted, 1 run's end recorded"
                                      rb"(, 1 socket removed)?\n$")
        # The next run says so too, and goes on.
        if os.geteuid() == 0:
            with (tree / "CTestTestfile.cmake").open("a", encoding="utf-8") as file:
                file.write("add_test(more true)\nset_tests_properties(more PROPERTIES LABELS more)\n")
            done = self.finish("unshare", "--mount", "sh", "-c", f"mount --bind '{run}/scratch' '{run}/scratch' && mount -o "
                               f"remount,bind,ro '{run}/scratch' && cd '{tree}' && exec {CTEST} -L more")
            self.assertIn("holdfast: ignoring that an earlier run's directory is not tidy: failed to remove "
                          f"{run}/scratch/1/.markers: {why}\n", (done.stdout + done.stderr).decode())
            self.assertEqual(done.returncode, 0)
            # While it has the tree, it tidies, and nobody else does.
            wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        done = self.reap(tree)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout, b"tidied 1 run: 2 empty directories removed\n")
        self.assertFalse((run / "scratch").exists())

    def test_a_run_that_somebody_is_still_at_work_for_is_not_tidied(self):
        tree, ctest, test = self.deaf_test_with_a_long_grace()
        run, = self.runs(tree)
        launcher, guard = self.pair_of(ctest)
        keeper = self.keeper_of(tree)
        kill_at_once(process(ctest.pid))
        # First keeper, launcher and guard live, then the last two.
        for gone in (keeper, launcher):
            self.assertEqual(self.reap(tree, "--dry-run").stdout, NOTHING)
            self.assertEqual(self.reap(tree).stdout, NOTHING)
            self.assertEqual(self.records(run, "attempt_ended", "run_ended"), [])
            os.kill(gone.pid, signal.SIGKILL)
            self.assert_gone([gone])
        os.kill(test.pid, signal.SIGKILL)
        self.assert_gone([guard])
        self.reap(tree)
        ended = self.records(run, "attempt_ended", "run_ended")
        self.assertEqual([r["type"] for r in ended], ["attempt_ended", "run_ended"])

    def test_damaged_journals_end_nobody_and_harm_nothing(self):
        tree, left = self.leave()
        run, = self.runs(tree)
        journal = run / "journal.jsonl"
        whole = journal.read_bytes()
        first, rest = whole.split(b"\n", 1)
        for text in (b"", b"\0" * 100, rest, first.replace(b'"ctest"', b'"nobody"') + b"\n" + rest,
                     first.replace(b'"boot":"', b'"boot":"another-') + b"\n" + rest,
                     first.replace(b'"tree":"', b'"tree":"/elsewhere') + b"\n" + rest):
            journal.write_bytes(text)
            self.assertNotIn(b"ended", self.reap(tree).stdout, text[:300])
        journal.write_bytes(whole + b'{"v":1,"type":"attempt_en')
        self.assertEqual(self.reap(tree).returncode, 0)
        self.assert_gone(left, 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
    def test_what_cannot_be_ended_is_said_and_fails(self):
        tree, left = self.leave(("bare",))
        nobody = pwd.getpwnam("nobody")
        need_reach(self, AS_NOBODY)
        done = self.finish(*AS_NOBODY, HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assert_our_lines(done.stderr, 1)
        self.assertIn(b'failed to end ', done.stderr)
        self.assert_all_alive(left)
        self.reap(tree)
        self.finish("find", f"/tmp/holdfast-{nobody.pw_uid}", "-depth", "-type", "d", "-empty", "-delete")


class SweepTest(ReapCase):
    CHECK = 'add_test(NAME check COMMAND sh @W@/check.sh)\n'

    def leave_and_check(self, left_by=("plain", "bare", "overwritten")):
        """Adds a test `check`, which fails while one of these processes lives."""
        tree, left = self.leave(left_by, more=self.CHECK.replace("@W@", str(self.work)))
        (self.work / "check.sh").write_text(
            f'for p in {" ".join(str(one.pid) for one in left)}; do '
            'grep -qs "^State:.[^ZX]" /proc/$p/status && exit 1; done; exit 0\n')
        return tree, left

    def test_the_next_run_ends_it_before_its_first_test_and_says_so_once(self):
        tree, left = self.leave_and_check()
        ran = self.ctest(tree, "-R", "check")
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assert_gone(left, 0)
        said = [line for line in ran.text.splitlines() if "earlier run" in line]
        self.assertEqual(len(said), 1, ran.text)
        self.assertRegex(said[0], r'^holdfast: ended what an earlier run left, 4 processes: .*test "hides"')
        self.assertNotIn("earlier run", self.ctest(tree, "-R", "check").text)
        dead = self.runs(tree)[0]
        ended = self.records(dead, "attempt_ended", "run_ended")
        self.assertEqual([(r["type"], r.get("outcome"), r.get("complete")) for r in ended],
                         [("attempt_ended", "interrupted", None), ("run_ended", None, False)])
        self.assertFalse((dead / "scratch").exists())

    def test_so_does_a_run_of_a_sub_directory(self):
        (self.work / "project/sub").mkdir(parents=True)
        (self.work / "project/sub/CMakeLists.txt").write_text("add_test(NAME in_sub COMMAND true)\n")
        tree, left = self.leave(more="add_subdirectory(sub)\n")
        ran = self.ctest(tree / "sub")
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertIn("ended what an earlier run left", ran.text)
        self.assert_gone(left, 0)

    def test_what_settings_let_live_stays(self):
        tree = self.project(f"""add_test(NAME daemon COMMAND @P@/leave_child {self.pid_file()} 0 quiet)
set_tests_properties(daemon PROPERTIES HOLDFAST_ON_LEAK ignore)
add_test(NAME w COMMAND @P@/linger {self.pid_file("w")})
set_tests_properties(w PROPERTIES DEPENDS "")
add_test(NAME after COMMAND true)\n""")
        test, = self.die_in(tree, self.pid_file("w"), 1, "-R", "daemon|w")
        daemon, = self.announced(self.pid_file())
        ran = self.ctest(tree, "-R", "after")
        self.assertIn('1 process: linger', ran.text)
        self.assert_gone([test], 0)
        self.assert_all_alive([daemon])
        self.reap(tree)

    def test_a_complete_run_is_not_swept(self):
        tree = self.project(f"""add_test(NAME daemon COMMAND @P@/leave_child {self.pid_file()} 0 quiet)
set_tests_properties(daemon PROPERTIES HOLDFAST_ON_LEAK ignore)\n""")
        self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ran = self.ctest(tree)
        self.assertNotIn("earlier run", ran.text)
        self.assert_all_alive(self.announced(self.pid_file(), 2))

    def test_a_nested_run_leaves_the_run_around_it_alone(self):
        tree = self.project(f"""add_test(NAME outer COMMAND {CTEST} -R ^inner$ -V
  --output-log {self.work}/log WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
add_test(NAME inner COMMAND true)\n""")
        ran = self.ctest(tree, "-R", "outer", "-V")
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertNotIn("earlier run", ran.text + (self.work / "log").read_text())


if __name__ == "__main__":
    own_locks.main()
