"""Namespaces that can be made and may do nothing, as where AppArmor lets a user make a user namespace and takes its
rights away (Ubuntu from 23.10 on): the test runs without them, or not at all, and a line says so."""

import os
import subprocess
import unittest

from contained import Contained
from needs import AS_NOBODY, WITHOUT_CALL, need, need_reach
from support import CTEST, LAUNCHER, ProjectCase, program


class DeniedTest(Contained, ProjectCase):
    def assert_denied(self, words, kind, trouble):
        """`words`: the command up to the launcher."""
        why = f'containment = "{kind}": failed to {trouble}\n'
        for missing, code, line in (("warn", 3, f"holdfast: ignoring {why}"), ("fail", 125, f"holdfast: not allowed here: {why}")):
            ended = self.finish(*words, LAUNCHER, "--containment", kind, "--containment-missing", missing, "--",
                                program("exit_with"), 3)
            self.assertEqual((ended.returncode, ended.stderr.decode()), (code, line))

    def test_rights_that_are_denied_inside(self):
        for call, trouble in (("mount", "keep mounts apart"), ("ioctl", "raise the loopback interface")):
            for kind in ("netns", "pidns,netns,tmp"):
                for words in self.each_user(kind):
                    self.assert_denied([*WITHOUT_CALL, "EPERM", call, *words], kind, f"{trouble}: Operation not permitted")

    def test_a_user_namespace_whose_user_cannot_be_mapped(self):
        apart = ["unshare", "--mount"]
        user = AS_NOBODY
        if os.geteuid() != 0:
            apart += ["--user", "--map-current-user", "--keep-caps"]
            user = ["setpriv", "--ambient-caps=-all"]
        need_reach(self, user)
        words = [*apart, "sh", "-c", 'mount --bind /proc /proc && mount -o remount,bind,ro /proc && exec "$@"', "sh", *user]
        need(self, [*words, "true"], "no /proc that is read-only")
        self.assert_denied(words, "netns", "open /proc/self/uid_map: Read-only file system")

    def test_in_a_run_it_is_said_once_or_every_test_fails(self):
        tests = "foreach(i RANGE 2)\nadd_test(NAME t${i} COMMAND @P@/exit_with 0)\nendforeach()\n"
        for words in self.each_user("netns,tmp"):
            for missing, code, outcome in (("warn", 0, "passed"), ("fail", 8, "internal_error")):
                self.fresh()
                self.settings("netns,tmp", more=f'containment-missing = "{missing}"\n')
                tree = self.project(tests)
                self.finish("chown", "-R", "nobody" if words else str(os.geteuid()), self.work)
                ran = self.finish(*WITHOUT_CALL, "EPERM", "mount", *words, CTEST, cwd=tree, stderr=subprocess.STDOUT)
                self.assertEqual(ran.returncode, code, ran.stdout)
                self.assertEqual(ran.stdout.count(b'ignoring containment = "netns,tmp": failed to keep mounts apart: '),
                                 1 if missing == "warn" else 0, ran.stdout)
                self.assert_nothing_left()
                outcomes = [r["outcome"] for r in self.records(self.runs(tree)[-1], "attempt_ended")]
                self.assertEqual(outcomes, [outcome] * 3)

    def test_tests_that_fixtures_connect_run_without_too(self):
        """Their network is made by the keeper, so a line of its own says that they do without it."""
        for words in self.each_user("netns,tmp"):
            self.fresh()
            self.settings("netns,tmp")
            tree = self.project("add_test(NAME start COMMAND true)\nadd_test(NAME use COMMAND true)\n"
                                "set_tests_properties(start PROPERTIES FIXTURES_SETUP f)\n"
                                "set_tests_properties(use PROPERTIES FIXTURES_REQUIRED f)\n")
            self.finish("chown", "-R", "nobody" if words else str(os.geteuid()), self.work)
            ran = self.finish(*WITHOUT_CALL, "EPERM", "mount", *words, CTEST, cwd=tree, stderr=subprocess.STDOUT)
            self.assertEqual(ran.returncode, 0, ran.stdout)
            for kind in ("netns", "tmp"):
                self.assertEqual(ran.stdout.count(f'ignoring containment = "{kind}": failed to keep mounts apart: '.encode()),
                                 1, ran.stdout)
            self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
