"""What a service printed while a test failed stands under that failure."""

import json
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from support import HOLDFAST, ProjectCase

# The server prints what it is sent, then answers. At `die` it ends.
ECHO = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print("listening on", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        text = b""
        while part := connection.recv(65536):
            text += part
        if text:
            os.write(1, text)
            connection.sendall(b"done")
        if text == b"die\\n":
            sys.exit(3)
"""

SAY = """
import os, socket, sys
with socket.create_connection(("127.0.0.1", int(os.environ["HOLDFAST_SERVICE_DB_PORT"]))) as connection:
    connection.sendall(eval(sys.argv[1]))
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(10) == b"done"
sys.exit(int(sys.argv[2]))
"""


class ServicesLogsTest(ProjectCase):
    def suite(self, *tests, keys=""):
        """A project with the tests (name, what the service is to print, exit code). The text may be an expression."""
        (self.work / "echo.py").write_text(ECHO)
        (self.work / "say.py").write_text(SAY)
        text = ""
        for before, (name, said, code) in zip((None, *tests), tests):
            words = said if isinstance(said, str) else repr(said)
            text += f'add_test(NAME {name} COMMAND "{sys.executable}" "{self.work}/say.py" [[{words}]] {code})\n' \
                    f'set_tests_properties({name} PROPERTIES HOLDFAST_SERVICES db)\n'
            if before:
                text += f'set_tests_properties({name} PROPERTIES DEPENDS {before[0]})\n'
        tree = self.project(text)
        (self.work / "project/holdfast.toml").write_text(f"""
[service.db]
command = ["{sys.executable}", "-u", "{self.work}/echo.py"]
ready-output = "listening on ([0-9]+)"
health-tcp = "127.0.0.1:{{port}}"
{keys}
""")
        return tree

    def report(self, tree, form):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def printed(self, tree):
        """For each test: what the JSON report says of the services' output."""
        tests = json.loads(self.report(tree, "json"))["tests"]
        return {test["name"]: test["attempts"][-1].get("service_output", []) for test in tests}

    def test_its_part_stands_under_the_failure_and_nowhere_else(self):
        tree = self.suite(("before", b"of before\n", 0), ("red", b"of red \x1b[31m\n", 1), ("after", b"of after\n", 0),
                          ("again", b"of again\n", 1))
        self.assertNotEqual(self.ctest(tree).returncode, 0)
        part = {"name": "db", "instance": 0, "generation": 1}
        self.assertEqual(self.printed(tree), {
            "before": [], "after": [], "red": [{**part, "output": "of red \x1b[31m\n"}],
            "again": [{**part, "output": "of again\n"}]})
        text = self.report(tree, "text")
        self.assertIn("\nOutput of service db, generation 1, while red ran\n  | of red \n", text)
        self.assertNotIn("of before", text)
        cases = {case.get("name"): case.findtext("system-err") for case in
                 ElementTree.fromstring(self.report(tree, "junit")).iter("testcase")}
        self.assertEqual(cases["before"], None)
        self.assertEqual(cases["again"],
                         "holdfast: output of service db, generation 1, while the test ran:\nof again\n")
        self.assert_nothing_left()

    def test_a_lost_one_is_shown_to_its_end(self):
        tree = self.suite(("killer", b"die\n", 1), ("next", b"of next\n", 1))
        self.assertNotEqual(self.ctest(tree).returncode, 0)
        killer, = self.printed(tree)["killer"]
        self.assertEqual((killer["generation"], killer["output"]), (1, "die\n"))
        later, = self.printed(tree)["next"]
        self.assertEqual((later["generation"], later["output"]), (2, "of next\n"))

    def test_much_output_is_cut_to_both_ends(self):
        lines = b"".join(b"%06d\n" % n for n in range(10_000))
        tree = self.suite(("red", lines, 1))
        self.assertNotEqual(self.ctest(tree).returncode, 0)
        part, = self.printed(tree)["red"]
        self.assertEqual(len(part["output"].splitlines()), 16 * 1024 // 7 + 3)
        self.assertTrue(part["output"].startswith("000000\n000001\n"))
        self.assertTrue(part["output"].endswith("\n009999\n"))
        self.assertIn(f"\n[... {7 * 10_000 - 16 * 1024} bytes left out ...]\n", part["output"])
        text = self.report(tree, "text")
        self.assertRegex(text, r"while red ran\n  \| 000000\n(  \| .*\n){9}"
                               r"  \| \[\.\.\. \d+ lines left out \.\.\.\]\n(  \| .*\n){9}  \| 009999\n")

    def test_what_the_log_limit_left_out_is_said(self):
        tree = self.suite(("before", "b'x' * 520_000 + b'_'", 0), ("red", b"of red\n", 1),
                          ("across", "b'y' * 2_000_000", 1), ("last", b"of last\n", 1), keys='log-limit = "1MiB"')
        self.assertNotEqual(self.ctest(tree).returncode, 0)
        printed = self.printed(tree)
        self.assertEqual(printed["red"][0]["output"], "of red\n")
        # What the log has lost, and what the report leaves out of the log.
        across = printed["across"][0]["output"]
        shape = r"y+\n\[… \d+ bytes left out …\]\ny+\n\[\.\.\. \d+ bytes left out \.\.\.\]\ny+"
        self.assertIsNotNone(re.fullmatch(shape, across), f"{len(across)} bytes")
        self.assertEqual(printed["last"][0]["output"], "of last\n")


if __name__ == "__main__":
    unittest.main()
