"""Records survive every death, and every attempt has exactly one end."""

import collections
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import unittest

from support import (CTEST, HOLDFAST, ProjectCase, children_of, keepers_of, no_keeper_of, wait_until)


class JournalTest(ProjectCase):
    def after_run(self, tree):
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return self.runs(tree)[-1]

    def report(self, tree, run="latest"):
        done = self.finish(HOLDFAST, "report", run, "--tree", tree, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_one_end_per_attempt_and_counts_that_add_up(self):
        tree = self.project("".join(f"add_test(NAME pass{i} COMMAND @P@/exit_with 0)\n"
                                    f"add_test(NAME fail{i} COMMAND @P@/exit_with 3)\n"
                                    f"add_test(NAME crash{i} COMMAND @P@/die_of 11)\n" for i in range(5)))
        self.ctest(tree, "-j4")
        run = self.after_run(tree)
        started = [r["attempt"] for r in self.records(run, "attempt_started")]
        self.assertEqual({r["cwd"] for r in self.records(run, "attempt_started")}, {str(tree)})
        ended = [r["attempt"] for r in self.records(run, "attempt_ended")]
        self.assertEqual((len(started), len(set(started))), (15, 15))
        self.assertEqual(sorted(started), sorted(ended))
        outcomes = collections.Counter(r["outcome"] for r in self.records(run, "attempt_ended"))
        self.assertEqual(outcomes, {"passed": 5, "failed": 5, "crashed": 5})
        self.assertEqual(len(self.records(run, "verdict")), 15)
        self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [True])
        counts = self.report(tree)["counts"]
        self.assertEqual((counts["run"], counts["passed"], counts["failed"], counts["crashed"]),
                         (15, 5, 5, 5))

    def test_a_report_does_not_call_interrupted_what_still_runs(self):
        tree = self.project(f"add_test(NAME done COMMAND @P@/exit_with 0)\nadd_test(NAME runs COMMAND @P@/linger {self.pid_file()})\n"
                            "set_tests_properties(runs PROPERTIES DEPENDS done)\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        tests = {test["name"]: test["outcome"] for test in self.report(tree)["tests"]}
        self.assertEqual(tests, {"done": "passed", "runs": "unknown"})
        ctest.terminate()
        ctest.wait()

    def test_what_its_keeper_cannot_be_asked_for_is_on_record_too(self):
        locks = ";".join(f"lock-of-a-long-name-{i}" for i in range(3000))  # more than a packet has room for
        tree = self.project("add_test(NAME first COMMAND @P@/exit_with 0)\nadd_test(NAME asks COMMAND @P@/exit_with 0)\n"
                            f'set_tests_properties(asks PROPERTIES DEPENDS first HOLDFAST_LOCKS "{locks}")\n')
        self.assertEqual(self.ctest(tree).returncode, 8)
        ended = {one["test"]: one for one in self.records(self.after_run(tree), "attempt_ended")}
        self.assertEqual(sorted(ended), ["asks", "first"])
        self.assertIn("the properties of the test are too long to be handed on", ended["asks"]["note"])

    def test_times_and_memory_are_those_of_the_process_tree(self):
        # The times are the sum of both processes. The memory is that of the larger one.
        tree = self.project('add_test(NAME burn COMMAND sh -c "@P@/burn 150 30000 & @P@/burn 150 25000 & wait")')
        self.ctest(tree)
        ended, = self.records(self.after_run(tree), "attempt_ended")
        self.assertGreaterEqual(ended["user_s"] + ended["sys_s"], 0.25)
        self.assertGreaterEqual(ended["max_rss_kb"], 30000)
        self.assertLess(ended["max_rss_kb"], 50000)
        # Each of the two takes 150 ms, at the same time if there are two processors.
        self.assertGreater(ended["wall_s"], 0.14)

    def test_leftovers_are_named(self):
        tree = self.project(f"add_test(NAME leak COMMAND @P@/leave_child {self.pid_file()} 0)")
        self.ctest(tree)
        ended, = self.records(self.after_run(tree), "attempt_ended")
        self.assertEqual((ended["outcome"], ended["flags"]), ("passed", ["leaked"]))
        self.assertEqual([one["name"] for one in ended["leftovers"]], ["leave_child"])
        self.assertEqual([one["pid"] for one in ended["leftovers"]], self.read_pids(self.pid_file()))

    def test_it_is_valid_after_launchers_were_killed_at_any_point(self):
        tree = self.project("".join(f"add_test(NAME t{i} COMMAND @P@/record_interval {self.work}/spans 5)\n"
                                    for i in range(60))
                            # On a busy machine the other tests may be over before the loop sees
                            # one.
                            + f"add_test(NAME stays COMMAND @P@/linger {self.pid_file()})\n")
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=-3, stderr=-3)
        dice, killed = random.Random(7), 0
        while ctest.poll() is None:
            for pid in children_of(ctest.pid):
                if dice.random() < 0.3 and "holdfast-launch" in comm(pid):
                    kill(pid)
                    killed += 1
        run = self.after_run(tree)
        self.assertGreater(killed, 0)
        records = self.records(run)  # checks that each line is whole JSON
        self.assertEqual(len([r for r in records if r["type"] == "run_ended"]), 1)
        ends = collections.Counter(r["attempt"] for r in records if r["type"] == "attempt_ended")
        self.assertLessEqual(set(ends.values()), {1})
        self.assertEqual(self.report(tree)["run"]["complete"], True)
        self.assert_nothing_left()

    def test_a_run_whose_ctest_was_killed_reads_incomplete(self):
        tree = self.project(f"""
add_test(NAME done COMMAND @P@/exit_with 0)
add_test(NAME waits COMMAND @P@/linger {self.pid_file()})
set_tests_properties(waits PROPERTIES DEPENDS done)""")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        ctest.kill()
        ctest.wait()
        run = self.after_run(tree)
        self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [False])
        self.assert_nothing_left()
        report = self.report(tree)
        self.assertIs(report["run"]["complete"], False)
        tests = {test["name"]: test["outcome"] for test in report["tests"]}
        self.assertEqual(tests["done"], "passed")
        self.assertNotEqual(tests["waits"], "passed")

    def test_it_is_read_after_the_keeper_and_ctest_were_killed(self):
        tree = self.project(f"add_test(NAME waits COMMAND @P@/linger {self.pid_file()})")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(self.pid_file())
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        ctest.kill()
        ctest.wait()
        self.assert_gone([test])
        self.assertIs(self.report(tree)["run"]["complete"], False)

    def test_the_last_twenty_runs_are_kept(self):
        tree = self.project("add_test(NAME t COMMAND @P@/exit_with 0)")
        first = None
        for _ in range(22):
            self.assertEqual(self.ctest(tree).returncode, 0)
            first = first or self.after_run(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(len(self.runs(tree)), 20)
        self.assertNotIn(first, self.runs(tree))

    def test_a_bare_test_is_recorded_as_such(self):
        tree = self.project("add_test(NAME bare COMMAND @P@/exit_with 0)\n"
                            "set_tests_properties(bare PROPERTIES HOLDFAST_ENABLED OFF)")
        ran = self.ctest(tree)
        run = self.after_run(tree)
        self.assertEqual([r["test"] for r in self.records(run, "bare")], ["bare"])
        self.assertEqual(self.records(run, "attempt_started", "attempt_ended"), [])
        self.assertIn("1 not through Holdfast: bare (HOLDFAST_ENABLED is OFF)", ran.text)

    def test_a_report_goes_where_it_is_sent(self):
        tree = self.project("add_test(NAME t COMMAND @P@/exit_with 0)")
        self.ctest(tree)
        run = self.after_run(tree).name
        place = self.work / "reports"
        place.mkdir()
        (place / "old").write_text("as it was")
        (place / "link").symlink_to("old")
        os.mkfifo(place / "pipe")
        reader = self.start("cat", place / "pipe", stdout=subprocess.PIPE)

        def report(output):
            return self.finish(HOLDFAST, "report", run, "--tree", tree, "--output", output)

        for name in ("new", "link", "pipe"):
            done = report(place / name)
            self.assertEqual((done.returncode, done.stderr), (0, b""), name)
        whole = self.finish(HOLDFAST, "report", run, "--tree", tree).stdout
        self.assertEqual((place / "new").read_bytes(), whole)
        self.assertEqual((place / "old").read_bytes(), whole)
        self.assertEqual(reader.communicate(timeout=30)[0], whole)
        # A file that is not a regular file, such as /dev/null, stays as it was.
        self.assertTrue((place / "link").is_symlink())
        self.assertTrue((place / "pipe").is_fifo())
        self.assertEqual(sorted(os.listdir(place)), ["link", "new", "old", "pipe"])
        (place / "dangling").symlink_to("made")
        self.assertEqual(report(place / "dangling").returncode, 0)
        self.assertEqual((place / "made").read_bytes(), whole)
        with open(place / "log", "wb") as log:
            for words in (["echo", "before"], [HOLDFAST, "report", run, "--tree", tree, "--output", "/dev/stdout"],
                          ["echo", "behind"]):
                self.finish(*words, stdout=log)
        self.assertEqual((place / "log").read_bytes(), b"before\n" + whole + b"behind\n")
        (place / "planted").symlink_to("old")
        with contextlib.suppress(OSError):  # only root may do that
            os.lchown(place / "planted", 65534, 65534)
        if (place / "planted").lstat().st_uid != os.geteuid():
            done = report(place / "planted")
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr.decode(), f"holdfast: failed to write {place}/planted: found a link of "
                                                   "user 65534, expected one of this user\n")
        for nowhere, why in (place, "Is a directory"), (place / "no/such", "No such file or directory"):
            done = report(nowhere)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr.decode(), f"holdfast: failed to write {nowhere}: {why}\n")

    @unittest.skipUnless(shutil.which("strace"), "strace tells what is read")
    def test_a_run_begins_without_reading_through_earlier_ones(self):
        tree = self.project("add_test(NAME t COMMAND @P@/exit_with 0)")
        for _ in range(2):
            self.ctest(tree)
            journal = self.after_run(tree) / "journal.jsonl"
            # An ending keeper keeps its descriptors for a moment. A run that waits for the tree
            # looks into the holder's run.
            lock = tree / ".holdfast/run-lock/lock"
            wait_until(lambda lock=lock: self.finish("flock", "-n", lock, "true").returncode == 0, "the tree to be free")
            first, rest = journal.read_bytes().split(b"\n", 1)
            between = b'{"v":1,"type":"later","what":"' + b"x" * 1000 + b'"}\n'
            journal.write_bytes(first + b"\n" + 1000 * between + rest)
        earlier = self.runs(tree)
        log = self.work / "reads"
        ran = self.finish("strace", "-f", "-qq", "-y", "-e", "trace=read,pread64", "-o", log,
                          CTEST, cwd=tree)
        if not log.exists() or not log.stat().st_size:
            self.skipTest("strace may not trace here")
        self.assertEqual(ran.returncode, 0)
        names = "|".join(run.name for run in earlier)
        reads = re.findall(rf"<[^>]*/(?:{names})/journal.jsonl>.* = (\d+)$",
                           log.read_text(errors="replace"), re.M)
        had = [int(count) for count in reads]
        self.assertGreater(len(had), 0)
        self.assertLess(sum(had), 300_000, had)


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    unittest.main()
