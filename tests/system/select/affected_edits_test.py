"""Random edits of the sources of a real project: `holdfast affected` names the tests whose programs
`ninja -n` would link anew, none less and none more.

Environment, for a longer look than the usual one:
  HOLDFAST_EDITS          how many edits (20)
  HOLDFAST_EDITS_SEED     of the random numbers (1)
  HOLDFAST_EDITS_SOURCE   the project (GoogleTest's sources of Debian's package)
  HOLDFAST_EDITS_OPTIONS  options for CMake (those that build GoogleTest's own tests)"""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from affected_case import AffectedCase
from support import CTEST

EDITS = int(os.environ.get("HOLDFAST_EDITS", "20"))
SEED = int(os.environ.get("HOLDFAST_EDITS_SEED", "1"))
SOURCE = Path(os.environ.get("HOLDFAST_EDITS_SOURCE", "/usr/src/googletest"))
OPTIONS = shlex.split(os.environ.get(
    "HOLDFAST_EDITS_OPTIONS", "-Dgtest_build_tests=ON -Dgmock_build_tests=ON -DCMAKE_CXX_FLAGS=-O0"))
SUFFIXES = {".h", ".hpp", ".hh", ".inc", ".c", ".cc", ".cpp", ".cxx"}
# An edit that leads to at most so many compile steps is really built.
FEW = 6


class Edits(AffectedCase):
    def setUp(self):
        super().setUp()
        if not (SOURCE / "CMakeLists.txt").exists():
            self.skipTest(f"no project in {SOURCE}")
        shutil.copytree(SOURCE, self.source, symlinks=True)
        shutil.rmtree(self.source / ".git", ignore_errors=True)
        self.git("init", "-q")
        self.commit()
        self.configure(*OPTIONS)
        self.ninja()

    def known(self):
        """The headers and sources that Ninja knows, and those that it does not."""
        texts = self.ninja("-t", "deps") + self.ninja("-t", "query", *re.findall(
            r"^(.*\.o): \S*_COMPILER__", self.ninja("-t", "targets", "all"), re.MULTILINE))
        names = {os.path.normpath(self.tree / line.strip(" |")) for line in texts.splitlines() if line.startswith("    ")}
        files = [file for file in sorted(self.source.rglob("*")) if file.suffix in SUFFIXES and file.is_file()]
        return ([file for file in files if str(file) in names], [file for file in files if str(file) not in names])

    def of_directory(self):
        """GoogleTest's scripts are told in which directory the programs are, so any program there affects them."""
        listed = subprocess.run([CTEST, "--show-only=json-v1"], cwd=self.tree, stdout=subprocess.PIPE, check=True)
        tests = json.loads(listed.stdout)["tests"]
        return {test["name"] for test in tests if any(word.startswith("--build_dir=") for word in test["command"])}

    @staticmethod
    def edit(file, choose):
        """Changes the content at one of its ends, so that it still compiles."""
        text = file.read_bytes()
        file.write_bytes(choose.choice([text + b"\n", b"/* edited */" + text]))

    def test_the_tests_named_are_those_whose_programs_ninja_would_link(self):
        choose = random.Random(SEED)
        programs = self.programs()
        in_directory = self.of_directory()
        known, unknown = self.known()
        self.assertGreater(len(known), 10)
        figures = dict(edits=0, files=0, built=0, named=0, missed=0, too_many=0, slowest_s=0.0)
        for number in range(EDITS):
            files = choose.sample(known, choose.choice([1, 1, 1, 2, 3]))
            stamps = {file: (file.read_bytes(), file.stat()) for file in files}
            for file in files:
                self.edit(file, choose)
            linked, compiled = self.would_link()
            expected = {test for test, program in programs.items() if program in linked}
            begun = time.monotonic()
            named = set(self.ask()) - in_directory
            figures["slowest_s"] = max(figures["slowest_s"], round(time.monotonic() - begun, 3))
            what = f"edit {number} of {[str(f.relative_to(self.source)) for f in files]}"
            figures["missed"] += len(expected - named)
            figures["too_many"] += len(named - expected)
            self.assertEqual(named, expected, what)
            self.assertEqual(self.said, "", what)
            figures["edits"] += 1
            figures["files"] += len(files)
            figures["named"] += len(named)
            if compiled <= FEW:
                self.ninja()
                self.assertEqual(set(self.ask()) - in_directory, expected, f"{what}, built")
                figures["built"] += 1
            for file, (content, info) in stamps.items():
                file.write_bytes(content)
                os.utime(file, ns=(info.st_atime_ns, info.st_mtime_ns))
            if compiled <= FEW:
                # Back to the old content, whose time is older: only a touch makes Ninja build it again.
                for file in files:
                    file.touch()
                self.ninja()
            self.assertEqual(self.would_link()[1], 0, what)
        print(f"{SOURCE.name}: {len(programs)} tests, {len(known)} files known, {len(unknown)} not; {figures}")
        for file in choose.sample(unknown, min(3, len(unknown))):
            file.write_bytes(file.read_bytes() + b"\n")
            self.assertEqual(len(self.ask()), len(programs), file)
            self.assertIn(f"all tests: nobody knows {file.relative_to(self.source)} (", self.said)
            self.git("checkout", "-q", "-f", ".")


if __name__ == "__main__":
    unittest.main()
