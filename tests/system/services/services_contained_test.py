"""The containment of the profile is around each service, too: nothing of a service gets away,
whichever of host, guard and keeper is killed. The service hides as the test of
containment_deaths_test.py does."""

import os
import sys
import unittest

from contained import Contained, cgroups_of_run, trouble_with
from forsaken import PROGRAM, Forsaken, kill_at_once
from processes import keepers_of, name_of, no_keeper_of, parent_of
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, program, verdicts, wait_until

GRACE_S = 1
# The grace and 2 s, and more for a machine that is busy with the other tests.
BOUND_S = GRACE_S + 2 + 3
USER = """cd "$(dirname "$0")"
touch here
while [ ! -e go ]; do sleep 0.01; done
"""


class ContainedServicesTest(Contained, Forsaken, ProjectCase):
    def begin(self, kind):
        """Begins a run whose test uses a service that hides. Returns the tree, ctest, the host and the
        guard of the service, and all processes inside."""
        self.fresh()
        script = self.work / "forsaken.py"
        script.write_text(PROGRAM)
        words = [sys.executable, script, self.pid_file(), os.path.dirname(program("linger")), "untagged", "bare"]
        command = ", ".join(f'"{word}"' for word in words)
        self.settings(kind, more=f'[service.db]\ncommand = [{command}]\ngrace = "{GRACE_S}s"\n')
        (self.work / "user.sh").write_text(USER)
        tree = self.project(f'add_test(NAME user COMMAND sh "{self.work}/user.sh")\n'
                            'set_tests_properties(user PROPERTIES HOLDFAST_SERVICES db)\n')
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        wait_until((self.work / "here").exists, "the test")
        wait_until(lambda: len(self.read_pids(self.pid_file())) == 3, "the service to have hidden")
        main = next(one for one in self.by_name(name_of(os.getpid())) if "forsaken.py" in str(self.words_of(one)))
        guard = parent_of(main)
        self.assertEqual(name_of(guard.pid), "holdfast-guard")
        return tree, ctest, parent_of(guard), guard, self.inside(kind, guard, 3)

    @staticmethod
    def words_of(one):
        with open(f"/proc/{one.pid}/cmdline", "rb") as words:
            return words.read()

    def finish_run(self, tree, ctest):
        (self.work / "go").touch()
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(cgroups_of_run(self.runs(tree)[-1]), [])

    def test_nothing_gets_away_from_host_and_guard(self):
        for kind in self.each_kind():
            tree, ctest, host, guard, inside = self.begin(kind)
            kill_at_once(host, guard)
            self.assert_gone(inside, BOUND_S)
            self.finish_run(tree, ctest)
            self.assert_nothing_left()

    def test_it_ends_with_the_run(self):
        for kind in self.each_kind():
            tree, ctest, _, _, inside = self.begin(kind)
            self.finish_run(tree, ctest)
            self.assertEqual(ctest.returncode, 0)
            self.assert_gone(inside, BOUND_S)
            self.assert_nothing_left()

    def test_the_next_run_ends_what_nobody_could(self):
        for kind in self.each_kind():
            tree, ctest, host, guard, inside = self.begin(kind)
            keeper, = keepers_of(tree)
            kill_at_once(keeper, host, guard)
            (self.work / "go").touch()
            ctest.wait(PATIENCE_S)
            self.ctest(tree)
            self.assert_gone(inside, BOUND_S)
            self.assert_nothing_left()

    def test_tests_share_it_as_without(self):
        for kind in self.each_kind():
            self.fresh()
            self.settings(kind, more=f'[service.db]\ncommand = ["{program("small_server")}", "{{port}}"]\nports = 1\n'
                                     'ready-tcp = "127.0.0.1:{port}"\nhealth-command = ["true"]\n')
            connect = "import os, socket; socket.create_connection(('127.0.0.1', int(os.environ['HOLDFAST_SERVICE_DB_PORT'])))"
            (self.work / "use.py").write_text(connect)
            tree = self.project("foreach(name one two)\n"
                                f'  add_test(NAME ${{name}} COMMAND "{sys.executable}" "{self.work}/use.py")\n'
                                "  set_tests_properties(${name} PROPERTIES HOLDFAST_SERVICES db)\nendforeach()\n")
            done = self.ctest(tree)
            self.assertEqual(verdicts(done.text), {"one": "Passed", "two": "Passed"}, done.text)
            self.assertNotIn("lost", done.text)
            self.assert_nothing_left()

    def test_a_command_has_its_services_in_it(self):
        for kind in self.each_kind():
            self.fresh()
            self.settings(kind, more='[service.db]\ncommand = ["sh", "-c", "cat /proc/self/cgroup; readlink /proc/self/ns/pid; '
                                     'sleep 1000"]\nready-output = "pid:"\n')
            tree = self.project("add_test(NAME one COMMAND true)\n")
            show = 'cat /proc/self/cgroup; readlink /proc/self/ns/pid; echo; cat "$HOLDFAST_SERVICE_DB_LOG"'
            done = self.finish(HOLDFAST, "run", "--tree", tree, "--service", "db", "--containment", "none", "--",
                               "sh", "-c", show)
            inside, _, service = done.stdout.decode().partition("\n\n")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(inside.split(), service.split(), "--containment none says it for both")
            done = self.finish(HOLDFAST, "run", "--tree", tree, "--service", "db", "--containment", kind, "--",
                               "sh", "-c", "cat $HOLDFAST_SERVICE_DB_LOG")
            self.assertNotEqual(inside.split(), done.stdout.decode().split())
            self.assert_nothing_left()

    def test_where_it_is_not_to_be_had_one_line_says_so(self):
        kind = "cgroup"
        if trouble_with(kind) is None:
            self.skipTest("there is containment of this kind here")
        self.settings(kind, more='[service.db]\ncommand = ["sleep", "1000"]\n')
        tree = self.project("foreach(name one two)\n  add_test(NAME ${name} COMMAND true)\n"
                            "  set_tests_properties(${name} PROPERTIES HOLDFAST_SERVICES db:fresh)\nendforeach()\n")
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(done.text.count('holdfast: ignoring containment = "cgroup": '), 1, done.text)


if __name__ == "__main__":
    unittest.main()
