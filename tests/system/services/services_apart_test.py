"""Services and the tests that use them share a network (containment netns)."""

import re
import sys
import unittest

from contained import ALL, Contained
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, program, unfolded, verdicts, wait_until

PORT = 23459
# With a port that is fixed, as a server has it that nobody can change.
SERVICE = f"""
[service.db]
command = ["{program("small_server")}", "{PORT}"]
ready-tcp = "127.0.0.1:{PORT}"
"""
CONNECT = f"import socket; socket.create_connection(('127.0.0.1', {PORT}), 10)"


class ServicesApartTest(Contained, ProjectCase):
    def suite(self, tests, name="project"):
        """`tests`: names, and properties besides the service."""
        (self.work / "use.py").write_text(CONNECT)
        text = ""
        for one, properties in tests.items():
            text += f'add_test(NAME {one} COMMAND "{sys.executable}" "{self.work}/use.py")\n'
            text += f'set_tests_properties({one} PROPERTIES HOLDFAST_SERVICES db {properties})\n'
        return self.project(text, name=name, build=f"{name}-build")

    def test_tests_reach_it_and_the_machine_does_not(self):
        for kind in ("netns", "netns,tmp", ALL):
            self.need(kind)
            with self.subTest(containment=kind):
                self.fresh()
                self.settings(kind, more=SERVICE)
                tree = self.suite({"one": "", "two": "", "alone": 'HOLDFAST_SERVICES "db:exclusive"',
                                   "fresh": 'HOLDFAST_SERVICES "db:fresh"', "batch": "HOLDFAST_RETRY any=1"})
                done = self.ctest(tree, "-j4")
                self.assertEqual(done.returncode, 0, done.text)
                self.assertNotIn("lost", done.text)
                self.assert_nothing_left()

    def test_two_runs_with_one_port_do_not_meet(self):
        self.need("netns")
        trees = []
        for name in ("a", "b"):
            self.settings("netns", name, SERVICE)
            # Each waits until the other has its service.
            text = self.scripted_test(f"hold-{name}", f"HOLDFAST_SERVICES db TIMEOUT {PATIENCE_S}",
                                      f"touch {self.work}/{name}.has; until test -e {self.work}/a.has -a "
                                      f"-e {self.work}/b.has; do sleep 0.01; done")
            trees.append(self.project(text, name=name, build=f"{name}-build"))
        begun = [self.start(CTEST, cwd=tree) for tree in trees]
        self.assertEqual([one.wait(2 * PATIENCE_S) for one in begun], [0, 0])

    def test_a_lost_service_starts_anew_in_the_same_network(self):
        self.need("netns")
        self.settings("netns", more=SERVICE)
        (self.work / "use.py").write_text(CONNECT)
        tree = self.project(
            self.scripted_test("kills", "HOLDFAST_SERVICES db", "kill -9 $HOLDFAST_SERVICE_DB_PID")
            + self.scripted_test("uses", "HOLDFAST_SERVICES db DEPENDS kills", f'"{sys.executable}" "{self.work}/use.py"'))
        done = self.ctest(tree)
        self.assertEqual(verdicts(done.text)["uses"], "Passed", done.text)
        self.assertIn("db", done.text)

    def test_a_fixture_that_uses_it_is_in_its_network(self):
        self.need("netns")
        self.settings("netns", more=SERVICE)
        (self.work / "use.py").write_text(CONNECT)
        serve = ("import os, socket\ns = socket.create_server(('127.0.0.1', 23460))\nif os.fork() == 0:\n"
                 "    os.setsid()\n    n = os.open(os.devnull, os.O_RDWR)\n    [os.dup2(n, i) for i in range(3)]\n"
                 "    while True: s.accept()\n")
        (self.work / "serve.py").write_text(serve)
        ask = "import socket\n" + "".join(f"socket.create_connection(('127.0.0.1', {port}), 10)\n" for port in (PORT, 23460))
        (self.work / "ask.py").write_text(ask)
        tree = self.project(f"""
add_test(NAME start COMMAND "{sys.executable}" "{self.work}/serve.py")
add_test(NAME both COMMAND "{sys.executable}" "{self.work}/ask.py")
set_tests_properties(start PROPERTIES FIXTURES_SETUP f)
set_tests_properties(both PROPERTIES FIXTURES_REQUIRED f HOLDFAST_SERVICES db)
""")
        done = self.ctest(tree, "-j4")
        self.assertEqual(done.returncode, 0, done.text)

    def test_who_is_in_another_network_is_refused(self):
        self.need("netns")
        outside = "its services have a network of their own, as the profile says, and the test is outside of it"
        inside = 'containment = "netns" is not in the profile, so its services are outside of its network'
        for profile, test, why in (("netns", "none", outside), ("none", "netns", inside)):
            self.fresh()
            self.settings(profile, more=SERVICE)
            tree = self.suite({"odd": f"HOLDFAST_CONTAINMENT {test}", "even": ""})
            done = self.ctest(tree)
            self.assertIn(f'holdfast: "odd": {why}', done.text)
            self.assertEqual(verdicts(done.text)["even"], "Passed", done.text)
            self.assertNotEqual(verdicts(done.text)["odd"], "Passed", done.text)

    def test_a_command_and_its_services_are_in_one(self):
        self.need("netns")
        self.settings("none", more=SERVICE)
        tree = self.suite({"one": ""})
        own = self.start(HOLDFAST, "run", "--tree", tree, "--service", "db", "--", "sh", "-c",
                         f"touch {self.work}/up; while ! test -e {self.work}/go; do sleep 0.01; done")
        wait_until((self.work / "up").exists, "the port to be taken outside")
        done = self.finish(HOLDFAST, "run", "--tree", tree, "--service", "db", "--containment", "netns", "--",
                           sys.executable, self.work / "use.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        # If the machine is slow, lines tell of the wait for the start.
        told = re.compile(r'holdfast: "python3" (waiting for|still waiting for|has) service db ')
        self.assertEqual([line for line in unfolded(done.stderr.decode()).splitlines() if not told.match(line)], [])
        (self.work / "go").touch()
        self.assertEqual(own.wait(PATIENCE_S), 0)
        self.assert_nothing_left()

    def test_a_run_with_a_network_does_not_use_a_kept_one(self):
        self.need("netns")
        self.settings("none", more=SERVICE)
        tree = self.suite({"one": ""})
        kept = self.finish(HOLDFAST, "service", "start", "db", "--tree", tree)
        self.assertEqual(kept.returncode, 0, kept.stderr)
        self.addCleanup(self.finish, HOLDFAST, "service", "stop", "db", "--tree", tree)
        self.settings("netns", more=SERVICE)
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        state = self.finish(HOLDFAST, "service", "list", "--tree", tree).stdout
        self.assertIn(b"ready", state)
        stopped = self.finish(HOLDFAST, "service", "stop", "db", "--tree", tree)
        self.assertEqual(stopped.returncode, 0, stopped.stderr)

    def test_without_networks_it_runs_as_the_settings_say(self):
        forbid = 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"'
        words = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", forbid, "sh"]
        if self.finish(*words, "true").returncode:
            self.skipTest("needs a user namespace, to forbid network namespaces in it")
        for missing, code in (("warn", 0), ("fail", 8)):
            self.fresh()
            self.settings("netns", more=f'containment-missing = "{missing}"\n{SERVICE}')
            tree = self.suite({"one": "", "two": ""})
            done = self.finish(*words, CTEST, cwd=tree)
            text = (done.stdout + done.stderr).decode()
            self.assertEqual(done.returncode, code, text)
            said = text.count('ignoring containment = "netns": ')
            self.assertEqual(said, 1 if missing == "warn" else 0, text)


    def test_without_its_other_boundaries_it_does_not_start_if_that_is_to_fail(self):
        forbid = 'echo 0 >/proc/sys/user/max_pid_namespaces && exec "$@"'
        words = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", forbid, "sh"]
        if self.finish(*words, "true").returncode:
            self.skipTest("needs a user namespace, to forbid PID namespaces in it")
        for missing, code in (("warn", 0), ("fail", 8)):
            self.fresh()
            self.settings("pidns", more=f'containment-missing = "{missing}"\n{SERVICE}')
            # The test itself is outside, as an override says.
            tree = self.suite({"one": "HOLDFAST_CONTAINMENT none"})
            done = self.finish(*words, CTEST, cwd=tree)
            text = (done.stdout + done.stderr).decode()
            self.assertEqual(done.returncode, code, text)
            if missing == "fail":
                self.assertIn('service db is not available: not allowed here: containment = "pidns"', text)


if __name__ == "__main__":
    unittest.main()
