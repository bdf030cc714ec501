"""A batch whose cases use a service: each of its processes has the generation that is there."""

import re
import unittest

from services_test import SERVER
from support import ProjectCase, program

CASES = [f"Service.{name}" for name in ("first", "second", "third", "fourth", "fifth")]


class Batches(ProjectCase):
    def ran(self, which, isolation, killer="", uses="db", retry="", services=SERVER, timeout=""):
        """The tree, and ctest's end. `killer`: how the third case ends, which kills the service."""
        text = f'add_test(NAME batch COMMAND {program(which)})\n' \
               f'set_tests_properties(batch PROPERTIES HOLDFAST_SERVICES "{uses}" HOLDFAST_ISOLATION {isolation} ' \
               f'ENVIRONMENT "KILLER_IS={killer}")\n'
        if retry:
            text += f'set_tests_properties(batch PROPERTIES HOLDFAST_RETRY "{retry}")\n'
        if timeout:
            text += f'set_tests_properties(batch PROPERTIES HOLDFAST_TIMEOUT {timeout})\n'
        tree = self.project(text)
        (self.work / "project/holdfast.toml").write_text(services)
        return tree, self.ctest(tree, "-V")

    def outcomes(self, tree):
        run = self.runs(tree)[-1]
        return [(one["case"], one["outcome"]) for one in self.case_records(run)]

    def last(self, tree):
        run = self.runs(tree)[-1]
        return self.records(run, "attempt_ended")[-1]

    def generations(self, done):
        return [int(found) for found in re.findall(r"sees generation (\d+)", done.text)]

    def outcomes_with(self, **others):
        return [(name, others.get(name.split(".")[1], "passed")) for name in CASES]

    def test_in_one_process_the_cases_after_the_loss_see_the_next_generation(self):
        for killer, outcome in (("green", "passed"), ("red", "failed"), ("dead", "crashed")):
            with self.subTest(killer=killer):
                tree, done = self.ran("service_cases_linked", "none", killer)
                self.assertEqual(self.outcomes(tree), self.outcomes_with(third=outcome), done.text)
                self.assertEqual(self.generations(done), [1, 1, 1, 2, 2])
                self.assertEqual(self.last(tree)["outcome"], outcome)
                self.assertEqual(self.last(tree)["services"], ["db#1", "db#2"])
                self.assertEqual(self.last(tree).get("flags", []), [] if killer == "green" else ["service_lost"])
        self.assert_nothing_left()

    def test_the_time_until_the_next_generation_is_there_is_of_no_case(self):
        # The length is what is tested: the next generation needs more time than a case has.
        late = SERVER.replace(f'["{program("small_server")}", "0"]',
                              f'["sh", "-c", "mkdir {self.work}/once || sleep 4; exec {program("small_server")} 0"]')
        tree, done = self.ran("service_cases_linked", "none", "green", services=late, timeout="3s")
        self.assertEqual(self.outcomes(tree), self.outcomes_with(), done.text)
        self.assertEqual(self.generations(done), [1, 1, 1, 2, 2])
        self.assertEqual(self.last(tree)["outcome"], "passed")

    def test_in_processes_of_their_own_too(self):
        for which in ("service_cases", "service_cases_linked"):
            with self.subTest(which):
                tree, done = self.ran(which, "process", "green")
                self.assertEqual(self.outcomes(tree), self.outcomes_with(), done.text)
                self.assertEqual(self.generations(done), [1, 1, 1, 2, 2])

    def test_all_share_one_process_if_nothing_happens(self):
        tree, done = self.ran("service_cases_linked", "none")
        self.assertEqual(self.generations(done), [1, 1, 1, 1, 1], done.text)
        self.assertEqual(self.last(tree)["services"], ["db#1"])
        run = self.runs(tree)[-1]
        self.assertEqual({one["worker"] for one in self.case_records(run)}, {1})

    def test_a_program_that_is_not_linked_is_helped_by_the_retry_rule(self):
        tree, done = self.ran("service_cases", "none", "green", retry="service=1")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(self.outcomes(tree), self.outcomes_with(fourth="failed", fifth="failed") +
                         [("Service.fourth", "passed"), ("Service.fifth", "passed")])

    def test_fresh_is_a_generation_for_each_process(self):
        _, done = self.ran("service_cases", "process", uses="db:fresh")
        self.assertEqual(self.generations(done), [1, 2, 3, 4, 5], done.text)

    def test_what_is_used_exclusively_is_reset_between_processes(self):
        reset = f'reset-command = ["sh", "-c", "echo >>{self.work}/resets"]\n'
        _, done = self.ran("service_cases", "process", uses="db:exclusive", services=SERVER + reset)
        self.assertEqual(self.generations(done), [1] * 5, done.text)
        self.assertEqual((self.work / "resets").read_text(), "\n" * 4)

    def test_without_its_service_no_further_process_begins(self):
        once = SERVER.replace('"0"]', '"0"]\nmax-restarts = 0').replace(
            f'["{program("small_server")}", "0"]',
            f'["sh", "-c", "mkdir {self.work}/once && exec {program("small_server")} 0"]')
        for which, isolation in (("service_cases_linked", "none"), ("service_cases", "process")):
            with self.subTest(isolation):
                if (self.work / "once").exists():
                    (self.work / "once").rmdir()
                tree, done = self.ran(which, isolation, "green", services=once)
                self.assertEqual(self.outcomes(tree), self.outcomes_with(fourth="not_run", fifth="not_run"), done.text)
                self.assertEqual(self.last(tree)["outcome"], "service_unavailable")
                self.assertIn('"batch": service db is not available: it ended with exit code 1', done.text)


if __name__ == "__main__":
    unittest.main()
