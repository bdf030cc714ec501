"""Modules of C++20 and Fortran: scans find them and so tell Ninja what to compile first."""

import re
import shutil
import signal
import subprocess
import unittest

import own_locks
from building import BUILD_BOUND_S, FIND, BuildCase
from support import CMAKE, HOLDFAST, STAGE, ctest_version, major_of_gcc, program, wait_until

PROJECT = """
cmake_minimum_required(VERSION 3.28)
project(modules CXX)
set(CMAKE_CXX_STANDARD 20)
add_library(words)
target_sources(words PUBLIC FILE_SET CXX_MODULES FILES words.cppm letters.cppm)
add_executable(app main.cpp)
target_link_libraries(app words)
"""
FILES = {
    "letters.cppm": "export module letters;\nexport int letter() { return 3; }\n",
    "words.cppm": "export module words;\nimport letters;\nexport int word() { return letter(); }\n",
    "main.cpp": "import words;\nint main() { return word() - 3; }\n",
}
# Stands in for the compiler, because CMake puts no compiler launcher before a scan. It writes half
# of a scan's output and then waits.
SLOW = """#!/usr/bin/env python3
import os, signal, sys
found = [word[12:] for word in sys.argv if word.startswith("-fdeps-file=")]
if found and "words" in found[0] and os.path.exists("@W@/slow"):
    for name in (found[0], sys.argv[sys.argv.index("-o") + 1], sys.argv[sys.argv.index("-MF") + 1]):
        with open(name, "w") as file:
            file.write("half")
    open("@W@/waits", "w").close()
    signal.pause()
os.execvp("g++", ["g++"] + sys.argv[1:])
"""


@unittest.skipUnless(ctest_version() >= (3, 28) and major_of_gcc() >= 14 and shutil.which("ninja"),
                     "needs CMake 3.28, GCC 14 and Ninja")
class CxxModulesTest(BuildCase):
    def tree(self, name, *options):
        source = self.work / name
        source.mkdir()
        for file, text in FILES.items():
            (source / file).write_text(text)
        (source / "CMakeLists.txt").write_text(PROJECT + (FIND if name != "plain" else ""))
        tree = self.work / f"{name}-tree"
        made = self.finish(CMAKE, "-G", "Ninja", "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}",
                           "-DCMAKE_CXX_COMPILER=g++", *options)
        self.assertEqual(made.returncode, 0, made.stderr)
        return source, tree

    def built(self, tree):
        """The steps that Ninja ran, by Ninja's names."""
        done = self.build(tree, "-j1")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(self.finish(tree / "app").returncode, 0)
        steps = re.findall(r"^\[\d+/\d+\] (.*)", done.text, re.M)
        return sorted(re.sub(rf"{re.escape(str(self.work))}/\w+/", "", step) for step in steps)

    def test_what_is_built_is_what_plain_ninja_builds_and_each_step_is_recorded(self):
        plain, attached = self.tree("plain"), self.tree("attached")
        self.assertEqual(self.built(attached[1]), self.built(plain[1]))
        steps = {(s["kind"], s["output"].rpartition("/")[2]) for s in self.steps(attached[1])}
        self.assertEqual(steps, {(kind, f"{file}.o{more}") for file in FILES
                                 for kind, more in (("compile", ""), ("scan", ".ddi"))}
                         | {("link", "libwords.a"), ("link", "app")})
        again = self.build(attached[1])
        self.assertIn("no work to do", again.text)
        # With another interface, Ninja compiles the importers anew, and nothing else.
        for source, _ in (plain, attached):
            (source / "letters.cppm").write_text(FILES["letters.cppm"] + "export int more() { return 1; }\n")
        self.assertEqual(self.built(attached[1]), self.built(plain[1]))

    def test_a_module_that_is_missing_or_wrong_is_told_in_the_compilers_words(self):
        source, tree = self.tree("attached")
        (source / "words.cppm").write_text("export module words;\nimport nowhere;\n")
        done = self.build(tree)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nowhere", done.text)
        (source / "words.cppm").write_text(FILES["words.cppm"])
        self.built(tree)

    def test_half_of_what_was_to_be_found_does_not_stay(self):
        stand_in = self.work / "slow-compiler"
        stand_in.write_text(SLOW.replace("@W@", str(self.work)))
        stand_in.chmod(0o755)
        source, tree = self.tree("attached", f"-DCMAKE_CXX_COMPILER={stand_in}")
        self.built(tree)
        (self.work / "slow").touch()
        (source / "words.cppm").write_text(FILES["words.cppm"] + "\n")
        ninja = self.start("ninja", "-C", tree, "app", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until((self.work / "waits").exists, "the scan")
        ninja.send_signal(signal.SIGKILL)
        ninja.wait()
        halves = lambda: [f for f in tree.rglob("*words*") if f.is_file() and f.read_bytes() == b"half"]
        wait_until(lambda: not halves(), "the halves to go")
        wait_until(lambda: [s for s in self.steps(tree) if s["kind"] == "scan" and s["outcome"] != "passed"], "the record")
        (self.work / "slow").unlink()
        self.built(tree)

    @own_locks.needed
    def test_they_take_no_slot_of_compile_steps(self):
        _, tree = self.tree("attached", "-DHOLDFAST_COMPILE_SLOTS=*=1")
        holder = self.start(HOLDFAST, "run", "--lock", "holdfast-compile-*-1:1/1@user", "--", program("linger"),
                            self.pid_file())
        self.announced(self.pid_file())
        found = "CMakeFiles/words.dir/letters.cppm.o.ddi"
        self.assertEqual(self.finish("ninja", "-C", tree, found).returncode, 0)
        self.assertTrue((tree / found).exists())
        said = self.work / "said"
        with open(said, "wb") as stream:
            build = self.start("ninja", "-C", tree, stdout=stream, stderr=stream)
        wait_until(lambda: b"waiting for lock holdfast-compile-*-1" in said.read_bytes(), "the first compile step")
        holder.terminate()
        self.assertEqual(build.wait(BUILD_BOUND_S), 0, said.read_text())


FORTRAN = """
enable_language(Fortran)
file(WRITE ${CMAKE_BINARY_DIR}/a.f90 "program a\nuse b\ncall c()\nend program\n")
file(WRITE ${CMAKE_BINARY_DIR}/b.f90 "module b\ncontains\nsubroutine c()\nprint *, 'said'\nend subroutine\nend module\n")
add_executable(said ${CMAKE_BINARY_DIR}/a.f90 ${CMAKE_BINARY_DIR}/b.f90)
"""


@unittest.skipUnless(shutil.which("gfortran") and shutil.which("ninja"), "needs gfortran and Ninja")
class FortranModulesTest(BuildCase):
    """Ninja treats these the same way (dyndep), with an older compiler and CMake."""

    def test_what_is_built_is_what_plain_ninja_builds_and_each_step_is_recorded(self):
        trees = [self.configure(find + FORTRAN, name=name, build=f"{name}-tree")
                 for name, find in (("plain", ""), ("attached", FIND))]
        for tree in trees:
            done = self.build(tree)
            self.assertEqual(done.returncode, 0, done.text)
            self.assertEqual(self.finish(tree / "said").stdout.split(), [b"said"])
            self.assertIn("no work to do", self.build(tree).text)
        steps = {(s["kind"], s["language"], s["output"].rpartition("/")[2]) for s in self.steps(trees[1])}
        self.assertLessEqual({("compile", "Fortran", "a.f90.o"), ("compile", "Fortran", "b.f90.o"),
                              ("link", "Fortran", "said")}, steps)


if __name__ == "__main__":
    own_locks.main()
