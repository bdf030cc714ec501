"""ctest's own scheduling is the same with Holdfast as without: RUN_SERIAL, DEPENDS, PROCESSORS, COST, and `ctest -F`
after a run that was interrupted."""

import os
import re
import signal
import subprocess
import unittest

from support import CTEST, PATIENCE_S, ProjectCase, process, verdicts, wait_until

SLOTS = 4
# How many slots ctest counts each test for, with -j4.
SLOTS_OF = {"serial": 4, "huge": 4, "wide": 3, "broad": 3, "beside": 1, "after": 1, "before": 1,
            **{f"t{i}": 1 for i in range(4)}}
RECORD = "@P@/record_interval spans 20"
# `wide` and `beside` fit beside each other, and each waits for the other.
TESTS = "".join(f"add_test(NAME {name} COMMAND {RECORD} {name})\n" for name in SLOTS_OF if name not in ("wide", "beside"))
TESTS += "".join(f'add_test(NAME {one} COMMAND sh -c "touch {one}.here; until test -e {other}.here; do sleep 0.01; done; '
                 f'exec {RECORD} {one}")\n' for one, other in (("wide", "beside"), ("beside", "wide")))
TESTS += """
set_tests_properties(serial PROPERTIES RUN_SERIAL ON)
set_tests_properties(huge PROPERTIES PROCESSORS 9)
set_tests_properties(wide broad PROPERTIES PROCESSORS 3)
set_tests_properties(after PROPERTIES DEPENDS "before;t2" COST 100)
set_tests_properties(t3 PROPERTIES COST 50)
"""


class SchedulingTest(ProjectCase):
    def trees(self, tests):
        """The same tests, without Holdfast and with it."""
        return [self.project(tests, name=name, build=f"{name}-build", attached=name == "attached")
                for name in ("plain", "attached")]

    def test_one_at_a_time_they_start_in_the_same_order(self):
        started = []
        for tree in self.trees(TESTS):
            for _ in range(2):  # the second time, ctest knows how long they take
                ran = self.ctest(tree, "-j1", "-E", "wide|beside")
                self.assertEqual(ran.returncode, 0, ran.text)
                started.append(re.findall(r"^ +Start +\d+: (\S+)$", ran.text, re.MULTILINE))
        self.assertEqual(started[2:], started[:2])
        self.assertEqual(set(started[0]), set(SLOTS_OF) - {"wide", "beside"})

    def test_side_by_side_they_have_no_more_slots_than_there_are(self):
        for tree in self.trees(TESTS):
            with self.subTest(tree=tree.name):
                for _ in range(2):
                    for file in (*tree.glob("*.here"), *tree.glob("spans")):
                        file.unlink()
                    ran = self.ctest(tree, f"-j{SLOTS}")
                    self.assertEqual(ran.returncode, 0, ran.text)
                    self.assert_scheduled([line.split() for line in (tree / "spans").read_text().splitlines()])

    def assert_scheduled(self, lines):
        spans = {name: (int(begun), int(ended)) for begun, ended, name in lines}
        self.assertEqual(spans.keys(), SLOTS_OF.keys())
        for name, (begun, _) in spans.items():
            beside = [one for one, (began, ended) in spans.items() if began <= begun < ended]
            self.assertLessEqual(sum(SLOTS_OF[one] for one in beside), SLOTS, (name, beside))
        for earlier in ("before", "t2"):
            self.assertLess(spans[earlier][1], spans["after"][0])

    def test_f_goes_on_with_what_an_interrupted_run_has_not_ended(self):
        said = []
        for tree in self.trees(f"""
add_test(NAME passes COMMAND true)
add_test(NAME fails COMMAND false)
add_test(NAME stays COMMAND sh -c "echo $$ > pid; until test -e go; do sleep 0.02; done")
add_test(NAME later COMMAND true)
add_test(NAME fails-later COMMAND false)
set_tests_properties(stays PROPERTIES TIMEOUT {PATIENCE_S})
"""):
            begun = self.start(CTEST, "-j1", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            test = process(int(wait_until(lambda tree=tree: (tree / "pid").exists() and (tree / "pid").read_text().strip(),
                                          "the test")))
            begun.send_signal(signal.SIGKILL)
            begun.wait(PATIENCE_S)
            if tree.name.startswith("plain"):
                os.kill(test.pid, signal.SIGKILL)  # ctest leaves it alive
            self.assert_nothing_left()
            (tree / "go").touch()
            ran = self.ctest(tree, "-F", "-j1")
            said.append((ran.returncode, verdicts(ran.text), re.findall(r"\d+% tests passed, .*", ran.text)))
        self.assertEqual(said[1], said[0])
        self.assertEqual(said[0][1], {"stays": "Passed", "later": "Passed", "fails-later": "***Failed"})
        self.assertIn("holdfast: 3 tests through Holdfast: 2 passed, 1 failed", ran.text)


if __name__ == "__main__":
    unittest.main()
