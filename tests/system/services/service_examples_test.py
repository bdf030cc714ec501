"""Runs examples/service and examples/service-app as a new user would: servers that tests share and
break."""

import re
import unittest

from support import CMAKE, HOLDFAST, PATIENCE_S, SOURCES, STAGE, ProjectCase, verdicts

EXAMPLES = SOURCES / "examples"


class Examples(ProjectCase):
    def example(self, name, *options):
        tree = self.work / "build"
        made = self.finish(CMAKE, "-S", EXAMPLES / name, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}", *options)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        return tree, made.stdout.decode()

    def build(self, tree):
        # The compiler reads large headers while other tests run.
        made = self.finish(CMAKE, "--build", tree, bound=4 * PATIENCE_S)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)

    def deaths(self, tree):
        """Who used each generation when it was lost, in the last run."""
        return [one["users"] for one in self.records(self.runs(tree)[-1], "service") if one["event"] == "died"]

    def assert_all_passed(self, done, names):
        self.assertEqual(verdicts(done.text), {name: "Passed" for name in names}, done.text)


class RedisTest(Examples):
    BREAKERS = ("kills_it", "stops_it", "fills_it")
    OTHERS = ("keeps_a_value", "counts", "queues", "sorts", "finds_nothing")

    def test_the_innocent_pass_and_the_breakers_are_named(self):
        tree, said = self.example("service")
        if "no tests" in said:
            self.skipTest(next(line for line in said.splitlines() if "no tests" in line))
        # The second run has another order: ctest begins with those that took longest.
        for options in (("-j4",), ("-j4", "--schedule-random"), ()):
            done = self.ctest(tree, *options, bound=2 * PATIENCE_S)
            self.assert_all_passed(done, self.BREAKERS + self.OTHERS)
            self.assertEqual(sorted(self.deaths(tree)), sorted([one] for one in self.BREAKERS), done.text)
            for one in self.BREAKERS:
                self.assertIn(f"holdfast: service redis died during {one} (alone); ", done.text)
            self.assertRegex(done.text, r"service redis was lost \(process \d+ is stopped\), used by \"stops_it\" alone")
            self.assertIn("OOM command not allowed", done.text)
            self.assert_nothing_left()
        text = self.finish(HOLDFAST, "report", "--tree", tree).stdout.decode()
        self.assertIn("\nServices lost\n", text)
        # The README promises lines that were just seen.
        promised = re.findall(r"^    holdfast: (service redis died during .*); generation \d", (
            EXAMPLES / "service/README.md").read_text(), re.MULTILINE)
        self.assertEqual(len(promised), 3)
        for line in promised:
            self.assertIn(line, done.text)

    def test_without_redis_it_says_so_and_has_no_tests(self):
        tree, said = self.example("service", "-DREDIS_SERVER=")
        lines = [line for line in said.splitlines() if "redis" in line and str(self.work) not in line]
        self.assertEqual(lines, ["-- redis-server or redis-cli is missing: no tests "
                                 "(Debian's packages: redis-server, redis-tools)"])
        self.assertIn("No tests were found", self.ctest(tree).text)


class ServiceAppTest(Examples):
    TESTS = ("keeps_a_note", "forgets_a_note", "survives_a_hang", "begins_without_notes", "Client")

    def test_all_pass_in_any_order(self):
        tree, _ = self.example("service-app")
        self.build(tree)
        for options in (("-j4",), ("-j4", "--schedule-random"), ("--schedule-random",), ()):
            done = self.ctest(tree, *options, bound=2 * PATIENCE_S)
            self.assert_all_passed(done, self.TESTS)
            self.assertIn("holdfast: 4 cases in batches: 4 passed\n", done.text)
            self.assertIn(["Client"], self.deaths(tree))
            self.assertIn("holdfast: service notes died during Client (alone); generation ", done.text)
            cases = {one["case"]: one["worker"] for one in self.case_records(self.runs(tree)[-1])}
            # The case that killed the server was the last of its process.
            self.assertEqual(list(cases.values()), [1, 1, 1, 2])
            self.assert_nothing_left()
        logs = {log.name for log in (self.runs(tree)[-1] / "services").iterdir()}
        self.assertLessEqual({"notes-1.log", "notes-2.log"}, logs)

    def test_without_holdfast_its_tests_fail(self):
        tree, _ = self.example("service-app", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
        done = self.ctest(tree, env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(done.returncode, 8, done.text)
        self.assertIn("holdfast: HOLDFAST_DISABLE is set: services are not started", done.text)


if __name__ == "__main__":
    unittest.main()
