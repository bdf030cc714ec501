"""A redis-server that fifty tests share, of which five kill it. services_redis_test.py [RUNS]."""

import shutil
import sys
import unittest

from support import PATIENCE_S, ProjectCase, verdicts

SERVER = """
[service.db]
command = ["redis-server", "--bind", "127.0.0.1", "--port", "{port}", "--save", "", "--dir", "{dir}"]
ports = 1
ready-tcp = "127.0.0.1:{port}"
health-timeout = "5s"
grace = "1s"
"""
# Each test uses a key of its own. A test is red if the server dies under it. The next generation has
# the same port, so an attempt that lost its generation may have left a key there.
USE = """
key=$(basename "$0")
redis-cli -e -p "$HOLDFAST_SERVICE_DB_PORT" DEL "$key"
for n in 1 2 3 4 5 6 7 8 9 10; do
  test "$(redis-cli -e -p "$HOLDFAST_SERVICE_DB_PORT" INCR "$key")" = $n || { echo "not the $n."; exit 1; }
done
"""
# Another killer may have been quicker.
KILL = 'kill -9 "$HOLDFAST_SERVICE_DB_PID" || true\n'
TESTS = [f"t{n:02}" for n in range(1, 51)]
KILLERS = TESTS[4::10]

RUNS = 1


@unittest.skipUnless(shutil.which("redis-server") and shutil.which("redis-cli"), "redis-server or redis-cli is missing")
class RedisTest(ProjectCase):
    def suite(self, killers_use, properties=""):
        text = ""
        for name in TESTS:
            script = self.work / f"{name}.sh"
            script.write_text(KILL if name in KILLERS else USE)
            uses = killers_use if name in KILLERS else "db"
            text += f'add_test(NAME {name} COMMAND sh "{script}")\n' \
                    f'set_tests_properties({name} PROPERTIES HOLDFAST_SERVICES {uses} {properties})\n'
        tree = self.project(text)
        (self.work / "project/holdfast.toml").write_text(SERVER)
        return tree

    def run_of(self, tree):
        """ctest's end, the ends of all attempts by test, and what the journal says of the service."""
        # Without what it knows of earlier runs, ctest begins the tests in their order.
        shutil.rmtree(tree / "Testing", ignore_errors=True)
        done = self.ctest(tree, "-j4", bound=10 * PATIENCE_S)
        run = self.runs(tree)[-1]
        attempts = {name: [] for name in TESTS}
        for one in self.records(run, "attempt_ended"):
            attempts[one["test"]].append(one)
        self.assert_nothing_left()
        return done, attempts, self.records(run, "service")

    def test_exclusive_killers_harm_nobody(self):
        tree = self.suite("db:exclusive")
        for n in range(RUNS):
            done, attempts, events = self.run_of(tree)
            self.assertEqual(verdicts(done.text), {name: "Passed" for name in TESTS}, f"run {n + 1}\n{done.text}")
            self.assertEqual(max(one["generation"] for one in events), 6)
            died = [(one["generation"], one["users"]) for one in events if one["event"] == "died"]
            self.assertEqual([generation for generation, _ in died], [1, 2, 3, 4, 5])
            self.assertEqual(sorted(users for _, users in died), [[killer] for killer in KILLERS])
            self.assertEqual({name: len(ends) for name, ends in attempts.items()}, {name: 1 for name in TESTS})

    def test_every_red_bystander_of_a_shared_killer_has_the_flag(self):
        tree = self.suite("db")
        red = []
        for n in range(RUNS):
            done, attempts, events = self.run_of(tree)
            for name, (end,) in attempts.items():
                if end["outcome"] != "passed":
                    red.append(name)
                    self.assertEqual((end["outcome"], end.get("flags")), ("failed", ["service_lost"]),
                                     f"run {n + 1}, {name}\n{done.text}")
            # Each death has a killer among its users.
            for one in events:
                if one["event"] == "died":
                    self.assertTrue(set(one["users"]) & set(KILLERS), f"run {n + 1}: {one}\n{done.text}")
        self.assertFalse(set(red) & set(KILLERS))
        print(f"{len(red)} red bystanders in {RUNS} runs", file=sys.stderr)

    def test_with_the_rule_no_bystander_ends_red(self):
        tree = self.suite("db", 'HOLDFAST_RETRY "service=1"')
        again = 0
        for n in range(RUNS):
            done, attempts, _ = self.run_of(tree)
            self.assertEqual(verdicts(done.text), {name: "Passed" for name in TESTS}, f"run {n + 1}\n{done.text}")
            again += sum(len(ends) - 1 for ends in attempts.values())
        print(f"{again} second attempts in {RUNS} runs", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        RUNS = int(sys.argv[1])
    unittest.main(argv=[sys.argv[0]])
