"""GoogleTest programs that give up rights, and what Holdfast may conclude of what they leave."""

import json
import os
import unittest

from support import HOLDFAST, ProjectCase, no_keeper_of, program, wait_until

# Those that only root can give up come first.
OF_ROOT = ("user", "user-by-number", "root", "mounts")
OF_ALL = ("descriptors", "file-size", "nothing")
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
        (self.work / "hidden").mkdir()
        text = ""
        for right in rights:
            for way, suffix, arguments, isolation in WAYS:
                text += add(f"{right}.{way}", f"{program('sandbox_cases' + suffix)} {arguments}",
                            f"LOSES={right};HIDES={self.work}/hidden", isolation)
            text += add(f"{right}.exits", program("sandbox_cases"), f"LOSES={right};EXITS=1;HIDES={self.work}/hidden")
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
                self.assertIn("not asked whether its GoogleTest cases were through: it imports ", note)
        self.assertIn("it needs liblibrary_rights.so, which imports chroot", by_name["library"]["attempts"][0]["note"])
        if os.geteuid() == 0:
            self.assertIn("had given up rights", by_name["hidden"]["attempts"][0]["note"])


if __name__ == "__main__":
    unittest.main()
