"""Tests that fail for want of an address are named, with the setting that keeps them apart."""

import json
import subprocess
import sys
import unittest

from support import HOLDFAST, ProjectCase

# Listens on the port whose number the file holds, and says so; waits for the file of its end.
SERVER = """
import os, socket, sys, time
port, ready, end = sys.argv[1:]
server = socket.socket()
server.bind(("127.0.0.1", int(open(port).read())))
server.listen()
open(ready, "w").close()
while not os.path.exists(end): time.sleep(0.01)
"""


class AddressInUse(ProjectCase):
    def tests(self):
        """Two tests on one port. The second begins when the first listens."""
        (self.work / "server.py").write_text(SERVER)
        code = ""
        for name, before in (("first", "true"), ("second", f'until [ -e "{self.work}/first.ready" ]; do sleep 0.01; done')):
            code += self.scripted_test(name, "", f"""{before}
"{sys.executable}" "{self.work}/server.py" "{self.work}/port" "{self.work}/{name}.ready" "{self.work}/end"
code=$?
touch "{self.work}/end"
exit $code""")
        return code

    def free_port(self):
        """A port that nobody has at this moment."""
        asked = subprocess.run([sys.executable, "-c", "import socket; s = socket.socket(); "
                                "s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"],
                               stdout=subprocess.PIPE, check=True)
        (self.work / "port").write_bytes(asked.stdout.strip())

    def test_the_summary_names_them_and_the_setting_once(self):
        self.free_port()
        tree = self.project(self.tests())
        ran = self.ctest(tree, "-j2")
        self.assertNotEqual(ran.returncode, 0, ran.text)
        line = [line for line in ran.text.splitlines() if "address already in use" in line and "holdfast" in line]
        self.assertEqual(line, ['holdfast: 1 test failed with "address already in use" (second): containment = "netns" '
                                "in holdfast.toml gives each test a network of its own, so that they do not meet"])
        ended, = self.records(self.runs(tree)[-1], "run_ended")
        self.assertEqual(ended["address_in_use"], ["second"])
        shown = json.loads(self.finish(HOLDFAST, "report", "--format", "json", "--tree", tree).stdout)
        self.assertEqual(shown["run"]["address_in_use"], ["second"])
        for form in ("text", "html"):
            report = self.finish(HOLDFAST, "report", "--format", form, "--tree", tree).stdout.decode()
            self.assertIn("1 test failed with", report)

    def test_a_green_run_and_other_failures_say_nothing(self):
        tree = self.project(self.scripted_test("says", "", "echo Address already in use") +
                            self.scripted_test("fails", "", "echo address; exit 1"))
        ran = self.ctest(tree, "-j2")
        self.assertNotIn("netns", ran.text)
        self.assertIn("1 failed", ran.text)

    def test_a_test_that_is_meant_to_fail_or_has_a_network_of_its_own_is_not_named(self):
        script = self.scripted_test("other", "WILL_FAIL ON", "echo EADDRINUSE; exit 1")
        script += self.scripted_test("apart", "HOLDFAST_CONTAINMENT netns", "echo EADDRINUSE; exit 1")
        ran = self.ctest(self.project(script))
        self.assertIn("1 failed", ran.text)
        self.assertNotIn("address already in use", ran.text)


if __name__ == "__main__":
    unittest.main()
