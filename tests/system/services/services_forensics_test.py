"""A test that has failed for good shows the state of its services."""

import unittest

from support import ProjectCase, program

# `db` prints much before it listens. `web` prints one line.
SERVICES = f"""
[service.db]
command = ["sh", "-c", "seq 20; printf 'a\\\\000b\\\\n'; exec {program("small_server")} 0"]
ready-output = "listening on (?P<port>[0-9]+)"
health-tcp = "127.0.0.1:{{port}}"
grace = "1s"

[service.web]
command = ["{program("small_server")}", "0"]
ready-output = "listening on (?P<port>[0-9]+)"
health-tcp = "127.0.0.1:{{port}}"
grace = "1s"
"""


class ServicesForensicsTest(ProjectCase):
    def found(self, uses, command):
        """What the last record of a red test says of its services, and what ctest shows of the test."""
        tree = self.project(self.scripted_test("red", f'HOLDFAST_RETRY "exit:4=1" HOLDFAST_SERVICES "{uses}"', command))
        (self.work / "project/holdfast.toml").write_text(SERVICES)
        done = self.ctest(tree, "--output-on-failure")
        self.assertNotEqual(done.returncode, 0)
        run, = self.runs(tree)
        first, last = self.records(run, "attempt_ended")
        self.assertNotIn("forensics", first)
        self.assert_nothing_left()
        return last["forensics"].get("services"), done.text

    def test_it_is_shown_for_each_of_them(self):
        found, shown = self.found("web;db", "exit 4")
        self.assertRegex(found["text"], r"^db generation 1 is ready, pid \d+, port \d+, ready since [\d.]+ s\n"
                                        r"  it was well [\d.]+ s before\n  \| 13\n(  \| \d+\n){7}"
                                        r"  \| a b\n  \| listening on \d+\n"
                                        r"web generation 1 is ready, pid \d+, port \d+, ready since [\d.]+ s\n"
                                        r"  it was well [\d.]+ s before\n  \| listening on \d+$")
        self.assertRegex(shown, r"holdfast:   services  db generation 1 is ready, pid \d+")

    def test_one_that_was_lost_is_said_to_be(self):
        found, _ = self.found("db", 'kill -9 "$HOLDFAST_SERVICE_DB_PID"\n'
                                    'while kill -0 "$HOLDFAST_SERVICE_DB_PID" 2>&-; do sleep 0.01; done; exit 4')
        self.assertRegex(found["text"], r"^db generation 2 was lost \(it was killed by SIGKILL\), pid \d+, port \d+, "
                                        r"ready since [\d.]+ s\n  .*\n(  \| .*\n){9}  \| listening on \d+$")

    def test_a_test_without_services_has_none(self):
        found, _ = self.found("", "exit 4")
        self.assertIsNone(found)


if __name__ == "__main__":
    unittest.main()
