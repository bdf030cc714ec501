"""The fault ring: processes of Holdfast die at any step that they take, and all is well afterwards.

  fault_test.py [--seed N] [--count N]      random schedules, one per seed from N (default: random)
  fault_test.py --every ROLE                ROLE killed at each of its steps
  fault_test.py --schedule WORKLOAD STRIKES  one, as a failure prints it (schedules.py)

After each, no process of the test lives. Its lock is free, and was not free before. The journal can
be read and has each attempt once, or the run reads as incomplete. ctest was green only for a test
that came to its end. The next ctest starts clean and prints nothing of this."""

import argparse
import fcntl
import json
import os
import random
import re
import shutil
import signal
import subprocess
import unittest

from schedules import ROLES, WORKLOADS, Schedule, every_step, random_schedule, victims_of
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, USER_DIRECTORY, ProjectCase, children_of,
                     no_keeper_of, processes_of, program, wait_until)

GRACE_S = 0.2
# The grace and 2 s, and more for a machine that is busy with the other tests.
BOUND_S = GRACE_S + 2 + 4
NOT_TRACED = 3  # exit code of kill_at
MOST_FAILURES = 5

OPTIONS = None


class FaultTest(ProjectCase):
    def setUp(self):
        super().setUp()
        # Every process of the test runs this file, whatever else it does to itself.
        self.hide, self.later = self.work / "hide", self.work / "hide-later"
        for copy in (self.hide, self.later):
            shutil.copy(program("hide"), copy)
        self.file = self.pid_file("first")
        self.lock = self.lock_name()
        self.lock_path = USER_DIRECTORY / "locks/user" / self.lock / "lock"
        tests = "".join(f"add_test(NAME {one.name} COMMAND {self.hide} {self.file} {one.words})\n"
                        for one in WORKLOADS.values())
        tests += f"add_test(NAME later COMMAND {self.later} {self.pid_file('later')} for=0)\n"
        self.tree = self.project(tests + f"set_tests_properties({' '.join(WORKLOADS)} later PROPERTIES "
                                 f"HOLDFAST_LOCKS {self.lock}@user)\n")
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {GRACE_S}\n")
        self.profiles = Profiles(self)

    def end_everything(self):
        self.end_hidden()
        super().end_everything()

    def end_hidden(self):
        # A process that forks all the time cannot be caught, so this file asks it to stop.
        (self.work / "first.pids.stop").touch()

        def none_left():
            for one in (left := processes_of(self.hide)):
                try:
                    os.kill(one.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not left

        wait_until(none_left, "the end of what is beyond the reach of tags")

    def test_schedules(self):
        failures = 0
        for label, schedule in self.schedules():
            with self.subTest(f"{label}: --schedule {schedule}"):
                failures += 1
                self.play(schedule)
                failures -= 1
            if failures >= MOST_FAILURES:
                self.fail(f"{failures} schedules failed: the others are left out")

    def schedules(self):
        if OPTIONS.schedule:
            yield "one", Schedule(*OPTIONS.schedule)
        elif OPTIONS.every:
            for schedule in every_step(OPTIONS.every, self.profiles):
                yield "every step", schedule
        else:
            first = OPTIONS.seed if OPTIONS.seed is not None else random.randrange(10**9)
            print(f"seeds {first} to {first + OPTIONS.count - 1}", flush=True)
            for seed in range(first, first + OPTIONS.count):
                yield f"--seed {seed} --count 1", random_schedule(seed, self.profiles)

    # --- One schedule --------------------------------------------------------------------

    def play(self, schedule):
        for name in ("first.pids", "first.pids.end", "first.pids.stop", "later.pids", "later.pids.end", "witness",
                     "strikes", "output"):
            (self.work / name).unlink(missing_ok=True)
        witness = self.start(program("witness_lock"), self.file, self.lock_path, self.hide,
                             self.work / "witness")
        earlier = set(self.tree.glob(".holdfast/runs/*"))
        ctest = self.run_ctest(schedule)
        self.assert_tree_gone(schedule, witness)
        self.assert_lock_free()
        self.assert_never_green_for_a_killed_test(schedule)
        self.assert_journal(schedule, ctest, earlier)
        self.assert_next_run_is_clean()

    def run_ctest(self, schedule):
        """Plays the schedule. Returns ctest's pid."""
        workload = WORKLOADS[schedule.workload]
        with open(self.work / "output", "wb") as output:
            driver = self.start(program("kill_at"), self.work / "strikes", schedule.strikes, CTEST, "-R",
                                f"^({workload.name}|later)$", cwd=self.tree, stdout=output, stderr=output)
        if workload.ended:
            wait_until(lambda: len(self.read_pids(self.file)) >= 2 or driver.poll() is not None,
                       "the test")
            self.send_term(workload.ended)
        code = driver.wait(PATIENCE_S + 10)
        if code == NOT_TRACED:
            self.skipTest("this machine does not let processes be traced")
        self.assertEqual(code, 0, f"somebody is stuck\n{self.told()}")
        return int(re.search(r"^ctest (\d+)$", self.told(), re.MULTILINE)[1])

    def send_term(self, to):
        started = re.search(r"^ctest (\d+)$", self.told(), re.MULTILINE)
        victims = [int(started[1])] if started else []
        if to == "launcher" and victims:
            victims = [pid for pid in children_of(victims[0])
                       if self.runs_launcher(pid)]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass  # the schedule killed it

    @staticmethod
    def runs_launcher(pid):
        try:
            return os.readlink(f"/proc/{pid}/exe") == os.path.realpath(LAUNCHER)
        except OSError:
            return False

    def told(self):
        texts = [self.work / name for name in ("strikes", "output")]
        return "\n".join(text.read_text(errors="replace") for text in texts if text.exists())

    # --- Checks afterwards ---------------------------------------------------------------

    def assert_tree_gone(self, schedule, witness):
        if schedule.workload == "spawns" and schedule.kills_pair:
            self.end_hidden()
            witness.kill()
            witness.wait()
            return
        left = processes_of(self.hide)
        self.assert_gone(left, BOUND_S)
        self.assertEqual(processes_of(self.hide), [], self.told())
        if not self.read_pids(self.file):
            # The test never began, so nothing waits for its lock.
            witness.kill()
            witness.wait()
            return
        try:
            witness.wait(BOUND_S)
        except subprocess.TimeoutExpired:
            self.fail(f"the lock is held by nobody who can be seen\n{self.told()}")
        self.assertEqual((self.work / "witness").read_text(), "free\n", self.told())

    def assert_lock_free(self):
        if not self.lock_path.exists():
            return
        with open(self.lock_path, "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.fail(f"the lock is still held\n{self.told()}")

    def came_to_its_end(self, name):
        return (self.work / f"{name}.pids.end").exists()

    def assert_never_green_for_a_killed_test(self, schedule):
        output = (self.work / "output").read_text(errors="replace")
        for test, name in ((schedule.workload, "first"), ("later", "later")):
            if re.search(rf" {test} \.+ +Passed", output):
                self.assertTrue(self.came_to_its_end(name), f"green: {test}\n{self.told()}")

    def assert_journal(self, schedule, ctest, earlier):
        struck = set().union(*(victims_of(strike) for strike in schedule.strikes.split(",")))
        # After some thousand schedules, the kernel gives the same pids again.
        runs = set(self.tree.glob(f".holdfast/runs/*-{ctest}")) - earlier
        self.assertLessEqual(len(runs), 1)
        for run in runs:
            if not (run / "journal.jsonl").exists():
                self.assertIn("keeper", struck)  # killed before its first record
                continue
            complete = any(record["complete"] for record in self.records(run, "run_ended"))
            started = [record["attempt"] for record in self.records(run, "attempt_started")]
            ended = [record["attempt"] for record in self.records(run, "attempt_ended")]
            for attempts in (started, ended):
                self.assertEqual(len(attempts), len(set(attempts)), f"{attempts}\n{self.told()}")
            if complete or not struck & {"keeper", "begin", "ctest"}:
                # An end without a start belongs to a launcher that was killed between grant and
                # record.
                self.assertEqual(set(started) - set(ended), set(), self.told())
            for record in self.records(run, "attempt_ended"):
                name = "later" if record["test"] == "later" else "first"
                if record["outcome"] == "passed":
                    self.assertTrue(self.came_to_its_end(name), f"passed: {record}\n{self.told()}")
            report = self.finish(HOLDFAST, "report", run.name, "--format", "json", "--tree", self.tree)
            self.assertIn(report.returncode, (0, 1), report.stderr)
            tests = json.loads(report.stdout)["tests"]
            self.assertEqual(len(tests), len({test["name"] for test in tests}), tests)

    def assert_next_run_is_clean(self):
        ran = self.ctest(self.tree, "-R", "^later$")
        self.assertEqual(ran.returncode, 0, ran.text + self.told())
        said = [line for line in ran.text.splitlines() if "holdfast: " in line]
        self.assertEqual(said, ["holdfast: 1 test through Holdfast: 1 passed"], self.told())
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")


class Profiles(dict):
    """Maps each workload to how many steps each role takes if no process dies."""

    def __init__(self, case):
        super().__init__()
        self.case = case

    def __missing__(self, workload):
        self.case.play(Schedule(workload, "-"))
        counts = re.findall(r"^steps (\w+) (\d+)$", self.case.told(), re.MULTILINE)
        self[workload] = {role: int(count) for role, count in counts}
        return self[workload]


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--every", choices=ROLES)
    parser.add_argument("--schedule", nargs=2, metavar=("WORKLOAD", "STRIKES"))
    return parser.parse_args()


if __name__ == "__main__":
    OPTIONS = parse_options()
    unittest.main(argv=["fault_test.py"])
