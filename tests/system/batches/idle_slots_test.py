"""Batches use the slots of `ctest -j` that no test has, and give them back: what ran beside what, by
the cases' own clocks."""

import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import CTEST, PATIENCE_S, ProjectCase, children_of, keepers_of, state_of, wait_until

BATCH = """
add_test(NAME {name} COMMAND "@P@/{program}" "--gtest_filter=All/*")
set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} {properties}
  ENVIRONMENT "SLOT_LOG={log};SLOT_NAME={name};{variables}")
"""
PLAIN = """
add_test(NAME {name} COMMAND "@P@/slot_cases" "--gtest_filter=Plain.test")
set_tests_properties({name} PROPERTIES {properties}
  ENVIRONMENT "SLOT_LOG={log};SLOT_NAME={name};{variables}")
"""


class Slots(ProjectCase):
    def setUp(self):
        super().setUp()
        self.log = self.work / "slots.log"

    def batch(self, name="batch", cases=12, properties="", program="slot_cases", isolation="fork", **variables):
        variables = {"SLOT_CASES": cases, "SLOT_MS": 40, **variables}
        return BATCH.format(name=name, program=program, isolation=isolation, properties=properties, log=self.log,
                            variables=";".join(f"{key}={value}" for key, value in variables.items()))

    def plain(self, name="plain", properties="LABELS x", **variables):
        variables = {"SLOT_MS": 40, **variables}
        return PLAIN.format(name=name, properties=properties, log=self.log,
                            variables=";".join(f"{key}={value}" for key, value in variables.items()))

    def events(self):
        """[(time in us, sign, name, number)], in their order."""
        try:
            lines = self.log.read_text().splitlines()
        except FileNotFoundError:
            return []
        events = []
        for line in lines:
            sign, name, number, at = line.split()
            events.append((int(at), sign, name, int(number)))
        return sorted(events)

    def most_at_once(self, name="batch"):
        running, most = 0, 0
        for _, sign, of, _ in self.events():
            if of == name:
                running += 1 if sign == "+" else -1
                most = max(most, running)
        return most

    def run_all(self, tests, *arguments, toml="", build="build", **environment):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(toml)
        self.log.unlink(missing_ok=True)
        tree = self.project(tests, build=build)
        # The machine may be busy: a case of 40 ms may take many times as long.
        done = self.ctest(tree, *arguments, env=self.environment(**environment), bound=10 * PATIENCE_S)
        self.assert_nothing_left()
        return tree, done


class IdleSlots(Slots):
    def run_until_three_are_at_work(self, build="build", **how):
        """Cases wait until three of them are there, however busy the machine is. Returns the batch's record."""
        gate = self.work / "gate"
        gate.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        tree = self.project(self.batch(cases=24, SLOT_GATE=gate, **how), build=build)
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.most_at_once() >= 3, self.events, 10 * PATIENCE_S)
        gate.touch()
        self.assertEqual(ctest.wait(10 * PATIENCE_S), 0)
        self.assertLessEqual(self.most_at_once(), 4)
        self.assert_nothing_left()
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        return ended

    def test_a_batch_uses_the_slots_that_no_test_has(self):
        self.assertGreater(self.run_until_three_are_at_work()["lent_s"], 0.1)

    def test_so_it_does_with_a_process_for_each_case(self):
        for program in ("slot_cases", "slot_cases_not_linked"):
            with self.subTest(program):
                self.run_until_three_are_at_work(program, program=program, isolation="process")

    def test_it_never_has_more_than_are_reserved_where_nothing_may_be_lent(self):
        serial = self.batch(properties="RUN_SERIAL ON")
        locked = self.batch(properties="RESOURCE_LOCK db")
        off = "[profile.default]\nidle-slots = false\n"
        for what, tests, arguments, toml, environment in (
                ("no -j", self.batch(), [], "", {}),
                ("-j without a number", self.batch(), ["-j"], "", {}),
                ("--test-load", self.batch(), ["-j4", "--test-load", "1000"], "", {}),
                ("idle-slots", self.batch(), ["-j4"], off, {}),
                ("an override", self.batch(), ["-j4"], '[[override]]\ntest = "^batch$"\nidle-slots = false\n', {}),
                ("RUN_SERIAL", serial, ["-j4"], "", {}),
                ("a lock", locked, ["-j4"], "", {}),
                ("a property", self.batch(properties="HOLDFAST_IDLE_SLOTS OFF"), ["-j4"], "", {}),
                ("a shared tree", self.batch(), ["-j4"], '[profile.default]\nruns = "share"\n', {}),
                ("PROCESSORS", self.batch(properties="PROCESSORS 2", cases=8), ["-j4"], off, {})):
            with self.subTest(what):
                _, done = self.run_all(tests, *arguments, toml=toml, build=what.replace(" ", "-"), **environment)
                self.assertEqual(done.returncode, 0, done.text)
                self.assertEqual(self.most_at_once(), 2 if what == "PROCESSORS" else 1)

    def test_the_number_may_come_from_the_environment(self):
        _, done = self.run_all(self.batch(cases=24), CTEST_PARALLEL_LEVEL="3")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertGreater(self.most_at_once(), 1)

    def test_two_batches_share_what_is_idle(self):
        _, done = self.run_all(self.batch("one", 30) + self.batch("two", 30), "-j6")
        self.assertEqual(done.returncode, 0, done.text)
        for name in ("one", "two"):
            self.assertGreater(self.most_at_once(name), 1)

    def test_a_test_without_holdfast_has_its_slots_all_the_same(self):
        gate = self.work / "gate"
        bare = self.plain("bare", "PROCESSORS 3 HOLDFAST_ENABLED OFF", SLOT_GATE=gate)
        tree = self.project(bare + self.batch(cases=8, SLOT_MS=20))
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: len([e for e in self.events() if e[1:3] == ("-", "batch")]) == 8, "the batch to end")
        self.assertEqual(self.most_at_once(), 1)
        gate.touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)

    def test_cases_that_fail_and_crash_lose_no_slot(self):
        tree, done = self.run_all(self.batch(cases=24, SLOT_FAILS=2), "-j4")
        self.assertNotEqual(done.returncode, 0)
        outcomes = [record["outcome"] for record in self.case_records(self.runs(tree)[-1])]
        self.assertEqual((outcomes.count("passed"), outcomes.count("failed")), (12, 12), done.text)
        self.assertGreater(self.most_at_once(), 2)


    def test_slots_that_come_too_late_are_given_back(self):
        """It has asked for two, and needs one when they come."""
        first, end = self.work / "first", self.work / "end"
        tree = self.project(
            self.plain("first", "PROCESSORS 3 COST 9", SLOT_GATE=first) + self.plain("between", "DEPENDS first") +
            self.batch("asks", 3, "COST 9", SLOT_MS=1, SLOT_GATE=end, SLOT_GATE_FROM=2) +
            self.batch("needs", 6, "DEPENDS between"))
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: any(event[1:] == ("+", "asks", 2) for event in self.events()), "the second case")
        first.touch()
        wait_until(lambda: len([event for event in self.events() if event[1:3] == ("-", "needs")]) == 6, "the other batch")
        most = self.most_at_once("needs")
        end.touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        self.assertEqual((self.most_at_once("asks"), most), (2, 2))


class Stopped(Slots):
    def test_cases_stop_and_go_on_with_their_batch(self):
        gate = self.work / "gate"
        tree = self.project(self.batch(cases=4, isolation="process", properties="PROCESSORS 2 TIMEOUT 3", SLOT_GATE=gate))
        # A job of its own, as a shell's: the kernel discards the stop signals of orphaned groups.
        ctest = self.start(CTEST, "-j2", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           preexec_fn=lambda: os.setpgid(0, 0))
        wait_until(lambda: self.most_at_once() == 2, "two cases")
        batch, = children_of(ctest.pid)
        both = [batch, *children_of(batch)]
        self.assertEqual(len(both), 3)
        for number, state in ((signal.SIGTSTP, "T"), (signal.SIGCONT, "S")):
            os.kill(batch, number)
            for pid in both:
                wait_until(lambda pid=pid, state=state: state_of(pid) == state, f"state {state} of {pid}")
            if state == "T":
                time.sleep(3.2)  # longer than the batch may take: its clock stands still
        gate.touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        self.assertEqual(self.most_at_once(), 2)
        self.assert_nothing_left()


class NeverPassed(Slots):
    """Random suites, each with a fixed seed."""

    def suite(self, seed):
        """Returns (tests, what each has reserved, -j)."""
        chance = random.Random(seed)
        jobs = chance.randint(2, 5)
        tests, reserved = "", {}
        for i in range(chance.randint(3, 7)):
            slots = min(jobs, chance.choice((1, 1, 1, 2, 3)))
            properties = f"PROCESSORS {slots}"
            name = f"plain{i}"
            if chance.random() < 0.15:
                properties += " RUN_SERIAL ON"
                slots = jobs
            tests += self.plain(name, properties, SLOT_SEED=chance.randint(0, 999), SLOT_MS=chance.choice((5, 60)))
            reserved[name] = slots
        for i in range(chance.randint(1, 3)):
            slots = min(jobs, chance.choice((1, 1, 2)))
            name = f"batch{i}"
            isolation, program = chance.choice((("fork", "slot_cases"), ("fork", "slot_cases"),
                                                ("process", "slot_cases"), ("process", "slot_cases_not_linked")))
            tests += self.batch(name, chance.randint(4, 16), f"PROCESSORS {slots}", program, isolation,
                                SLOT_SEED=chance.randint(0, 999), SLOT_MS=chance.choice((5, 30, 60)),
                                SLOT_FAILS=chance.choice((0, 0, 3)))
            reserved[name] = slots
        return tests, reserved, jobs

    def look(self, reserved, jobs):
        """Returns (for how long more than `jobs` slots were in use at a time, how long the longest case took, how
        many slots were lent at once), in us."""
        at_work = {}  # of each test: how many cases run
        began, longest_case, over_since, longest_over, most_lent = {}, 0, None, 0, 0
        for at, sign, name, number in self.events():
            if sign == "+":
                began[name, number] = at
                at_work[name] = at_work.get(name, 0) + 1
            else:
                longest_case = max(longest_case, at - began[name, number])
                at_work[name] -= 1
            used = sum(max(reserved[test], count) for test, count in at_work.items() if count)
            lent = sum(max(0, count - reserved[test]) for test, count in at_work.items() if test.startswith("batch"))
            most_lent = max(most_lent, lent)
            if used > jobs:
                over_since = over_since or at
            elif over_since:
                longest_over = max(longest_over, at - over_since)
                over_since = None
        return longest_over, longest_case, most_lent

    def test_the_number_of_slots_for_longer_than_a_case(self):
        lent = 0
        for seed in range(20):
            with self.subTest(seed=seed):
                tests, reserved, jobs = self.suite(seed)
                tree, done = self.run_all(tests, f"-j{jobs}", build=f"build{seed}")
                over, case, most_lent = self.look(reserved, jobs)
                self.assertLessEqual(over, case, done.text)
                lent += most_lent > 0
                outcomes = [record["outcome"] for record in self.case_records(self.runs(tree)[-1])]
                self.assertLessEqual(set(outcomes), {"passed", "failed"}, done.text)
        self.assertGreater(lent, 10)


class Deaths(Slots):
    """Whoever is killed during loans: nothing is left, and no slot is lost."""

    def begin(self, tests, jobs=4, at_once=3):
        """Starts ctest and waits until the first batch has loans."""
        self.gate = self.work / "gate"
        self.tree = self.project(tests)
        ctest = self.start(CTEST, f"-j{jobs}", cwd=self.tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.most_at_once("killed") >= at_once, "loans")
        return ctest

    def gated(self, name="killed", cases=12):
        return self.batch(name, cases, SLOT_GATE=self.work / "gate")

    def test_the_batch_itself(self):
        for isolation in ("fork", "process"):
            with self.subTest(isolation):
                self.log.unlink(missing_ok=True)
                (self.work / "gate").unlink(missing_ok=True)
                killed = self.batch("killed", 12, "PROCESSORS 2 COST 9", isolation=isolation,
                                    SLOT_GATE=self.work / "gate")
                # The other has room when the first is gone, and can have all that the first had.
                other = self.batch("other", 24, "PROCESSORS 3", SLOT_MS=100)
                ctest = self.begin(killed + other)
                pid, = children_of(ctest.pid)
                os.kill(pid, signal.SIGKILL)
                self.assertNotEqual(ctest.wait(10 * PATIENCE_S), 0)
                self.assertGreater(self.most_at_once("other"), 3)
                self.assert_nothing_left()

    def test_who_looks_after_a_case_in_a_process_of_its_own(self):
        ctest = self.begin(self.batch("killed", 4, "PROCESSORS 2", isolation="process", SLOT_GATE=self.work / "gate"),
                           jobs=2, at_once=2)
        batch, = children_of(ctest.pid)
        one, _ = children_of(batch)
        os.kill(one, signal.SIGKILL)
        self.gate.touch()
        self.assertNotEqual(ctest.wait(10 * PATIENCE_S), 0)
        self.assert_nothing_left()
        cases = self.case_records(self.runs(self.tree)[-1])
        self.assertEqual(sorted(case["outcome"] for case in cases), ["internal_error"] + ["passed"] * 3)
        lost, = (case for case in cases if case["outcome"] == "internal_error")
        self.assertEqual(lost["note"], "its supervisor was killed")
        self.assertEqual(len(self.records(self.runs(self.tree)[-1], "attempt_ended")), 1)

    def test_the_keeper(self):
        ctest = self.begin(self.gated())
        keeper, = keepers_of(self.tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.gate.touch()
        self.assertEqual(ctest.wait(10 * PATIENCE_S), 0)
        self.assertEqual(len([e for e in self.events() if e[1] == "-"]), 12)
        self.assert_nothing_left()

    def test_ctest(self):
        ctest = self.begin(self.gated())
        ctest.kill()
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()

    def test_ctest_beside_cases_in_processes_of_their_own(self):
        ctest = self.begin(self.batch("killed", 4, "PROCESSORS 2", isolation="process", SLOT_GATE=self.work / "gate"),
                           jobs=2, at_once=2)
        ctest.kill()
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left(PATIENCE_S)
        run = self.runs(self.tree)[-1]
        self.assertEqual(sorted(record["outcome"] for record in self.case_records(run)),
                         ["interrupted"] * 2 + ["not_run"] * 2)
        ended, = self.records(run, "attempt_ended")
        self.assertEqual(ended["outcome"], "interrupted")
        self.assertIn("ctest", ended["note"])

    def test_a_later_keeper_knows_of_tests_that_are_at_work(self):
        """The keeper is killed while a plain test has three of four slots."""
        gate, go_on = self.work / "gate", self.work / "go_on"
        tests = (self.plain("first", "PROCESSORS 3", SLOT_GATE=gate) + self.plain("between", "COST 1", SLOT_GATE=go_on) +
                 self.batch("late", 6, "DEPENDS between", SLOT_MS=20))
        self.tree = self.project(tests)
        ctest = self.start(CTEST, "-j4", cwd=self.tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: any(e[2] == "first" for e in self.events()), "the first test")
        keeper, = keepers_of(self.tree)
        os.kill(keeper.pid, signal.SIGKILL)
        # Beside the socket of a killed keeper none begins.
        socket, = Path(f"/tmp/holdfast-{os.geteuid()}").glob(f"keepers/{ctest.pid}[-:.]*")
        socket.unlink()
        go_on.touch()
        wait_until(lambda: len([e for e in self.events() if e[1:3] == ("-", "late")]) == 6, "the batch to end")
        self.assertEqual(self.most_at_once("late"), 1)
        gate.touch()
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
