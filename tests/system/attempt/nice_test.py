"""HOLDFAST_NICE: the test's processes give way to others, but the processes that look after them do
not. HOLDFAST_UMASK: the files that a test makes have the same permissions whoever runs it."""

import os
import unittest

from processes import command_of, processes_of
from support import CTEST, HOLDFAST, ProjectCase, SystemCase, program, wait_until

# Prints the nice values of the shell, of a process that it starts, and of the guard that started
# it.
SHOW = "cut -d' ' -f19 /proc/$$/stat /proc/self/stat /proc/$PPID/stat | paste -sd,"


# These tests may themselves be nice.
OWN = os.nice(0)


def line(*values):
    """What SHOW prints, if nobody is less nice than we are."""
    return ",".join(str(max(value, OWN)) for value in values) + "\n"


def nice_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rpartition(")")[2].split()[16])


class OfCommands(SystemCase):
    def test_the_command_is_nice_and_its_guard_is_not(self):
        for by in self.each_supervisor():
            done = self.finish(*self.supervised("sh", "-c", SHOW, options=["--nice", 7], by=by))
            self.assertEqual((done.returncode, done.stdout), (0, line(7, 7, 0).encode()), done.stderr)
            done = self.finish(*self.supervised("sh", "-c", SHOW, by=by))
            self.assertEqual(done.stdout, line(0, 0, 0).encode())

    def test_what_is_nicer_already_stays(self):
        mine = min(OWN + 5, 19)
        for said, comes_to in ((mine - 2, line(mine, mine, mine)), (19, line(19, 19, mine))):
            done = self.finish("nice", "-n", "5",
                               *self.supervised("sh", "-c", SHOW, options=["--nice", said]))
            self.assertEqual(done.stdout, comes_to.encode(), done.stderr)

    def test_other_values_are_refused(self):
        for value in ("", "-1", "20", "1.5", "much"):
            done = self.finish(*self.supervised("true", options=["--nice", value]))
            self.assertEqual((done.returncode, done.stderr), (
                125, f'holdfast: --nice "{value}": expected a number, 0 to 19\n'.encode()))

    def test_of_a_command_by_the_file(self):
        (self.work / ".git").mkdir()
        (self.work / "holdfast.toml").write_text("[profile.default]\nnice = 4\n")
        done = self.finish(HOLDFAST, "run", "--", "sh", "-c", SHOW, cwd=self.work)
        self.assertEqual(done.stdout, line(4, 4, 0).encode(), done.stderr)


class OfTests(ProjectCase):
    def test_by_property_and_by_the_file(self):
        tree = self.project("".join(f"""
            add_test(NAME {name} COMMAND sh -c "{SHOW.replace("$", chr(92) + "$")} >{self.work}/{name}")
            """ for name in ("plain", "own", "file", "odd")) + """
            set_tests_properties(own file PROPERTIES HOLDFAST_NICE 11)
            set_tests_properties(file PROPERTIES HOLDFAST_NICE "")
            set_tests_properties(odd PROPERTIES HOLDFAST_NICE 40)
            """)
        (self.work / "project/holdfast.toml").write_text(
            '[[override]]\ntest = "file|own|odd"\nnice = 3\n')
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual({name: (self.work / name).read_text() for name in ("plain", "own", "file", "odd")},
                         {"plain": line(0, 0, 0), "own": line(11, 11, 0), "file": line(3, 3, 0), "odd": line(3, 3, 0)})
        self.assertIn('holdfast: "odd": ignoring HOLDFAST_NICE "40": expected a number, 0 to 19', done.text)

    def test_of_each_case_of_a_batch(self):
        for isolation, which in (("none", "case_ends"), ("process", "case_ends"), ("fork", "case_ends_linked")):
            with self.subTest(isolation):
                tree = self.project(f"""
                    add_test(NAME batch COMMAND @P@/{which} --gtest_filter=Ends.hang)
                    set_tests_properties(batch PROPERTIES HOLDFAST_ISOLATION {isolation} HOLDFAST_NICE 6)
                    """, build=isolation)
                ctest = self.start(CTEST, cwd=tree)
                worker = [program(which)]
                # A process that was just forked is not nice yet.
                wait_until(lambda: {nice_of(pid) for pid, _ in processes_of(program(which))
                                    if command_of(pid)[:1] == worker} == {max(6, OWN)}, "a case, and all of them to be nice")
                self.assertEqual(nice_of(ctest.pid), OWN)
                ctest.terminate()
                ctest.communicate()
        self.assert_nothing_left()


class Umask(ProjectCase):
    def test_by_property_and_by_the_file(self):
        tree = self.project("".join(f"add_test(NAME {name} COMMAND sh -c \"umask >{self.work}/{name}\")\n"
                                    for name in ("plain", "own", "file", "odd")) + """
            set_tests_properties(own PROPERTIES HOLDFAST_UMASK 027)
            set_tests_properties(odd PROPERTIES HOLDFAST_UMASK 22)
            """)
        (self.work / "project/holdfast.toml").write_text('[[override]]\ntest = "file|own|odd"\numask = "077"\n')
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        ours = self.finish("sh", "-c", "umask").stdout.decode()
        self.assertEqual({name: (self.work / name).read_text() for name in ("plain", "own", "file", "odd")},
                         {"plain": ours, "own": "0027\n", "file": "0077\n", "odd": "0077\n"})
        self.assertIn('"odd": ignoring HOLDFAST_UMASK "22": expected three octal digits such as 022', done.text)

    def test_of_a_command(self):
        for by in self.each_supervisor():
            done = self.finish(*self.supervised("sh", "-c", "umask", options=["--umask", "0027"], by=by))
            self.assertEqual((done.returncode, done.stdout), (0, b"0027\n"), done.stderr)
        for value in ("", "8", "1022", "029"):
            done = self.finish(*self.supervised("true", options=["--umask", value]))
            self.assertEqual(done.returncode, 125)
            self.assertIn(b"expected three octal digits such as 022", done.stderr)


if __name__ == "__main__":
    unittest.main()
