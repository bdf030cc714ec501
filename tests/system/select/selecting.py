"""Shared by the drivers of this room: a ctest of chosen tests, and what it ran."""

import contextlib
import sqlite3

from support import HOLDFAST, ProjectCase, no_keeper_of, wait_until

# Names that an expression, a list or a line would split or take for something else.
ODD = ["a b", " lead", "x(+)[]$^.*", "[ab]", "semi;colon", "-R", "q\"uote", "ü", "two\nlines", "  Test #1: t"]


def adding(*names, command="true", properties=""):
    text = "".join(f"add_test(NAME [==[{name}]==] COMMAND {command})\n" for name in names)
    if properties:
        text += "".join(f"set_tests_properties([==[{name}]==] PROPERTIES {properties})\n" for name in names)
    return text


class SelectCase(ProjectCase):
    def flag(self, name):
        """A test of that name fails as long as this file is there."""
        return self.work / f"fail-{name}"

    def failing(self, *names, properties=""):
        return "".join(adding(name, command=f'sh -c "! test -e {self.flag(name)}"', properties=properties)
                       for name in names)

    def ours(self, *words, code=0, **how):
        ended = self.finish(HOLDFAST, *words, **how)
        ended.text = ended.stdout.decode() + ended.stderr.decode()
        self.assertEqual(ended.returncode, code, ended.text)
        return ended

    def select(self, tree, *words, **how):
        """`holdfast ctest`, to the end of its run. Returns its lines on stderr."""
        how.setdefault("cwd", tree)
        ended = self.ours("ctest", *words, **how)
        self.over(tree)
        return ended.stderr.decode()

    def run_all(self, tree, *words, code=0, **how):
        ran = self.ctest(tree, *words, **how)
        self.assertEqual(ran.returncode, code, ran.text)
        self.over(tree)

    @staticmethod
    def write_times(history, times):
        """As if the tests had taken so many milliseconds in all runs of the history."""
        with contextlib.closing(sqlite3.connect(history)) as file, file:
            for name, wall_ms in times.items():
                file.execute("UPDATE result SET wall_ms=? WHERE test IN (SELECT id FROM test WHERE name=?)",
                             (wall_ms, name))

    def over(self, tree):
        # A run is complete on record before the next one begins.
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")

    def ran(self, tree, run=-1):
        """Numbers and names of the tests of a run, in order of their numbers."""
        return sorted((r["index"], r["test"]) for r in self.records(self.runs(tree)[run], "verdict"))

    def names(self, tree, run=-1):
        return [name for _, name in self.ran(tree, run)]

    def starts(self, tree, run=-1):
        return [r["test"] for r in self.records(self.runs(tree)[run], "attempt_started")]

    def refused(self, tree, *words, **how):
        before = len(self.runs(tree))
        how.setdefault("cwd", tree)
        ended = self.finish(HOLDFAST, *words, **how)
        self.assertEqual((ended.returncode, ended.stdout), (2, b""), ended.stderr)
        self.assert_our_lines(ended.stderr, 1)
        self.assertEqual(len(self.runs(tree)), before)
        return ended.stderr.decode()
