"""GoogleTest programs that give up rights, and what Holdfast may conclude of what they leave."""

import json
import os
import shutil
import unittest

from support import CTEST, HOLDFAST, ProjectCase, no_keeper_of, program, wait_until

# Those that only root can give up come first.
OF_ROOT = ("user", "user-by-number", "root", "mounts", "pivot-root", "setns", "new-user-namespace")
OF_ALL = ("descriptors", "file-size", "filter", "nothing")
# How the program runs: name, its suffix, arguments, isolation.
WAYS = (("plain", "", "", ""), ("filter", "", "--gtest_filter=Sandbox.*", ""), ("none", "", "", "none"),
        ("process", "", "", "process"), ("linked", "_linked", "", ""), ("linked-none", "_linked", "", "none"),
        ("linked-process", "_linked", "", "process"), ("linked-fork", "_linked", "", "fork"))


def add(name, command, environment, isolation=""):
    more = f" HOLDFAST_ISOLATION {isolation}" if isolation else ""
    return (f"add_test(NAME {name} COMMAND {command})\n"
            f'set_tests_properties({name} PROPERTIES ENVIRONMENT "{environment}" TIMEOUT 60{more})\n')


class LostRightsTest(ProjectCase):
    def test_attached_the_verdicts_are_those_of_plain_ctest(self):
        rights = (OF_ROOT if os.geteuid() == 0 else ()) + OF_ALL
        ours = self.work / "build/.holdfast"  # what the program hides from itself
        text = ""
        for right in rights:
            for way, suffix, arguments, isolation in WAYS:
                text += add(f"{right}.{way}", f"{program('sandbox_cases' + suffix)} {arguments}",
                            f"LOSES={right};HIDES={ours}", isolation)
            text += add(f"{right}.exits", program("sandbox_cases"), f"LOSES={right};EXITS=1;HIDES={ours}")
        if os.geteuid() == 0:
            text += add("hidden", program("hidden_rights_cases"), "")
        text += add("library", program("library_rights_cases"), "")
        text += add("exits", f"{program('googletest_cases')} --gtest_filter=Case.ExitsWithZero", "")
        tree = self.project(text)
        plain = self.ctest(tree, "-j4", env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(plain.returncode, 0, plain.text)
        attached = self.ctest(tree, "-j4")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        report = json.loads(self.finish(HOLDFAST, "report", "latest", "--format", "json", "--tree", tree).stdout)
        by_name = {test["name"]: test for test in report["tests"]}
        red = {name for name, test in by_name.items() if test["outcome"] != "passed"}
        # This one can lose nothing, so what it did not leave is evidence.
        self.assertEqual(red, {"exits"}, attached.text)
        self.assertEqual(by_name["exits"]["outcome"], "premature_exit")
        for right in rights:
            for way in ("plain", "filter", "exits"):
                note = by_name[f"{right}.{way}"]["attempts"][0]["note"]
                self.assertIn("not asked whether all its GoogleTest cases had run: it imports ", note)
        self.assertIn("it needs liblibrary_rights.so, which imports chroot", by_name["library"]["attempts"][0]["note"])
        if os.geteuid() == 0:
            self.assertIn("had given up rights", by_name["hidden"]["attempts"][0]["note"])

    def test_an_exit_in_the_middle_is_red_each_time(self):
        exits = f"{program('googletest_cases')} --gtest_filter=Case.ExitsWithZero"
        tree = self.project("".join(add(f"exits.{number}", exits, "A=1") for number in range(100)))
        self.ctest(tree, "-j4")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        report = json.loads(self.finish(HOLDFAST, "report", "latest", "--format", "json", "--tree", tree).stdout)
        self.assertEqual([test["outcome"] for test in report["tests"]], ["premature_exit"] * 100)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another account")
    def test_the_namespace_of_a_plain_user_takes_no_right_of_the_program(self):
        user = 64996
        self.addCleanup(shutil.rmtree, f"/tmp/holdfast-{user}", ignore_errors=True)
        tree = self.project(add("exits", f"{program('googletest_cases')} --gtest_filter=Case.ExitsWithZero", "") +
                            "set_tests_properties(exits PROPERTIES HOLDFAST_CONTAINMENT pidns)\n")
        for directory, _, files in os.walk(tree):
            for path in (directory, *(os.path.join(directory, name) for name in files)):
                os.chown(path, user, user)
        done = self.finish("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", CTEST, "-V", cwd=tree)
        if b"ignoring containment" in done.stdout + done.stderr:
            self.skipTest("a plain user has no namespaces here")
        report = json.loads(self.finish(HOLDFAST, "report", "latest", "--format", "json", "--tree", tree).stdout)
        self.assertEqual([test["outcome"] for test in report["tests"]], ["premature_exit"], done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
