"""Several tests of one name: each has its own records, verdict, history and name in JUnit, however tests are selected.

`same_names_test.py SEED [COUNT]`: COUNT random projects, 2 if it is not there."""

import contextlib
import json
import random
import re
import sqlite3
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from selecting import SelectCase
from support import CTEST, HOLDFAST

DIRECTORIES = (".", "a", "a/b = c", "off", "z-NOTFOUND")
NAMES = ("x", "x.y", "y", "  z[1];=:")
CONSOLE = re.compile(r"^ *\d+/\d+ Test +#(\d+): (.*?) \.\.\..*?(Passed|\*\*\*Failed|\*\*\*Not Run \(Disabled\))", re.MULTILINE)


class Project:
    """Tests by ctest's number in a whole run, from 1: (directory, name, identity). Tests of one identity have one
    command, and fail together."""

    def __init__(self, random_numbers, work):
        self.work = work
        self.tests = []
        self.random = random_numbers
        for directory in DIRECTORIES:
            for _ in range(self.random.randint(1, 6)):
                name = self.random.choice(NAMES)
                same = [test for test in self.tests if test[:2] == (directory, name)]
                twice = bool(same) and self.random.random() < 0.4
                identity = self.random.choice(same)[2] if twice else f"t{len(self.tests)}"
                self.tests.append((directory, name, identity))

    def text(self):
        """The tests are added as a discovery adds them: CMake itself refuses a name twice in one directory."""
        code = ""
        for directory in DIRECTORIES:
            source = self.work / "project" / directory
            source.mkdir(parents=True, exist_ok=True)
            adds = "".join(f'add_test([==[{name}]==] sh -c "echo I am {identity}; ! test -e {self.flag(identity)}")\n'
                           for place, name, identity in self.tests if place == directory)
            (source / "tests.cmake").write_text(adds)
            include = f'set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "{source}/tests.cmake")\n'
            if directory == ".":
                code += include
            else:
                (source / "CMakeLists.txt").write_text(include)
                code += f'add_subdirectory("{directory}")\n'
        return code

    def flag(self, identity):
        return self.work / f"fail-{identity}"

    def shuffle_failures(self):
        for identity in {test[2] for test in self.tests}:
            self.flag(identity).unlink(missing_ok=True)
            if self.random.random() < 0.4:
                self.flag(identity).touch()

    def below(self, directory):
        """The numbers in a whole run of the tests that ctest has in that directory, in their order there."""
        return [number for number, test in enumerate(self.tests, 1)
                if directory in (".", test[0])]


class SameNames(SelectCase):
    seed, count = 1, 2

    def test_each_is_its_own(self):
        for number in range(self.seed * 1000, self.seed * 1000 + self.count):
            with self.subTest(seed=number):
                self.play(number)

    def play(self, seed):
        (self.work / f"{seed}/project").mkdir(parents=True)
        numbers = random.Random(seed)
        project = Project(numbers, self.work / str(seed))
        text = project.text()
        tree = self.project(text, name=f"{seed}/project", build=f"{seed}/build")
        self.names_in_junit, self.keys, self.past = {}, {}, {}
        count = len(project.tests)
        project.shuffle_failures()
        self.run_one(project, tree, ".", CTEST, "-j2")
        for _ in range(4):
            project.shuffle_failures()
            one, other = sorted(numbers.sample(range(1, count + 1), 2))
            directory = numbers.choice(DIRECTORIES)
            for words, place in (((CTEST, "-I", f"{one},{other}"), "."),
                                 ((CTEST, "-I", f"0,0,0,{other}"), "."),
                                 ((CTEST, "-R", "x", "-j3"), "."),
                                 ((CTEST, "--rerun-failed"), "."),
                                 ((HOLDFAST, "ctest", "--failed"), "."),
                                 ((HOLDFAST, "ctest", "--failed"), directory),
                                 ((HOLDFAST, "rerun"), "."),
                                 ((CTEST, "-j2"), directory)):
                self.run_one(project, tree, place, *words)
        self.compare_history(project, tree)

    def red(self, project):
        return {number for number, test in enumerate(project.tests, 1) if project.flag(test[2]).exists()}

    def run_one(self, project, tree, directory, *words):
        # What `--failed` is to run: what was red when it was last seen.
        was_red = {number for number in project.below(directory) if self.past.get(number, [True])[-1]}
        before = self.runs(tree)[-1:]
        done = self.finish(*words, cwd=tree / directory)
        self.over(tree)
        said = (done.stdout + done.stderr).decode()
        if self.runs(tree)[-1:] == before:
            self.assertIn("--failed", words, said)
            self.assertEqual(was_red, set(), said)
            return
        if "rerun" in words:  # a run of a directory
            directory = self.directory
        self.directory = directory
        whole = project.below(directory)
        console = {whole[int(number) - 1]: verdict == "Passed"
                   for number, name, verdict in CONSOLE.findall(done.stdout.decode())}
        self.assertTrue(console, said)
        if "--failed" in words:
            self.assertEqual(set(console), was_red, said)
        red = self.red(project)
        self.assertEqual(console, {number: number not in red for number in console}, said)
        self.compare_report(project, tree, whole, console)
        for number, passed in console.items():
            self.past.setdefault(number, []).append(not passed)

    def compare_report(self, project, tree, whole, console):
        report = json.loads(self.finish(HOLDFAST, "report", "--format", "json", cwd=tree).stdout)
        self.assertEqual({whole[test["index"] - 1] for test in report["tests"]}, set(console))
        junit = ElementTree.fromstring(self.finish(HOLDFAST, "report", "--format", "junit", cwd=tree).stdout)
        cases = list(junit.iter("testcase"))
        self.assertEqual(len(cases), len(report["tests"]))
        for test, case in zip(report["tests"], cases):
            number = whole[test["index"] - 1]
            _, name, identity = project.tests[number - 1]
            self.assertEqual(test["name"], name)
            self.assertEqual(test["verdict"], "passed" if console[number] else "failed", test)
            attempt, = test["attempts"]
            self.assertEqual(attempt["exit_code"], 0 if console[number] else 1, test)
            self.assertEqual(test["flags"], [])
            if not console[number]:
                self.assertIn(f"I am {identity}\n", case.findtext("system-out"))
            self.assertEqual(self.keys.setdefault(number, test["key"]), test["key"], test)
            if len(whole) == len(project.tests):
                self.assertEqual(self.names_in_junit.setdefault(number, case.get("name")), case.get("name"))
        self.assertEqual(len(set(self.keys.values())), len(self.keys))
        self.assertEqual(len(set(self.names_in_junit.values())), len(self.names_in_junit))

    def compare_history(self, project, tree):
        copy = tree / "copy.sqlite"
        self.ours("history", "export", copy, cwd=tree)  # which takes in the last runs
        with contextlib.closing(sqlite3.connect(copy)) as file:
            rows = file.execute("SELECT test.key, outcome.text FROM result JOIN test ON test.id=result.test "
                                "JOIN word AS outcome ON outcome.id=result.outcome JOIN run ON run.id=result.run "
                                "ORDER BY run.started, run.name").fetchall()
        found = {}
        for key, outcome in rows:
            found.setdefault(key, []).append(outcome != "passed")
        self.assertEqual(sorted(found), sorted(self.keys[number] for number in self.past))
        for number, past in self.past.items():
            self.assertEqual(found[self.keys[number]], past, project.tests[number - 1])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SameNames.seed = int(sys.argv.pop(1))
    if len(sys.argv) > 1:
        SameNames.count = int(sys.argv.pop(1))
    unittest.main()
