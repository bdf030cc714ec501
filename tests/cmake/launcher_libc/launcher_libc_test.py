"""Which C library the launcher gets: musl if all of it works, else glibc, with one line. The
launcher here has only some lines, but is built as Holdfast's is (cmake/LauncherLibc.cmake)."""

import os
import shutil
import subprocess
import unittest
import unittest.mock
from pathlib import Path

from holdfast_case import CMAKE, HoldfastCase

SOURCE = Path(os.environ["HOLDFAST_TEST_SOURCE"])
HERE = Path(__file__).parent
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(Libc LANGUAGES CXX)
set(HOLDFAST_SANITIZE "")
foreach(name IN ITEMS compile compile_bare compile_small)
  add_library(holdfast_${name} INTERFACE)
endforeach()
target_compile_features(holdfast_compile INTERFACE cxx_std_20)
target_compile_definitions(holdfast_compile INTERFACE _GNU_SOURCE)
target_compile_options(holdfast_compile_bare INTERFACE -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections)
target_link_libraries(holdfast_compile_small INTERFACE holdfast_compile holdfast_compile_bare)
function(holdfast_stage_program target directory)
endfunction()
function(holdfast_compile_by_folder target)
endfunction()
include("cmake/LauncherLibc.cmake")
holdfast_small_library(part part.cpp)
holdfast_launcher_program(tiny tiny.cpp launcher/programs/memory.cpp part)
"""


def musl():
    """(headers, libraries) of Debian's musl-dev, or None."""
    name = subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    parts = [Path("/usr") / kind / name.replace("-gnu", "-musl") for kind in ("include", "lib")]
    return parts if (parts[1] / "libc.a").exists() else None


def is_glibcs(program):
    """Only glibc's start files say which kernel the program needs."""
    return b".note.ABI-tag" in program.read_bytes()


@unittest.skipUnless(musl(), "needs musl-dev")
class LauncherLibc(HoldfastCase):
    def setUp(self):
        super().setUp()
        self.source = self.work / "a project"
        self.source.mkdir()
        (self.source / "CMakeLists.txt").write_text(PROJECT)
        for name in ("cmake", "launcher"):
            (self.source / name).symlink_to(SOURCE / name)
        for name in ("tiny.cpp", "part.cpp"):
            (self.source / name).symlink_to(HERE / name)
        self.tree = self.work / "a tree"
        self.tiny = self.tree / "tiny"

    def own_musl(self):
        """A copy of musl that a test may break."""
        own = self.work / "musl"
        for kind, part in zip(("include", "lib"), musl()):
            shutil.copytree(part, own / kind)
        return own

    def configured(self, *arguments):
        return self.command(CMAKE, "-S", self.source, "-B", self.tree, "-G", "Ninja", *arguments, check=False)

    def built(self, *arguments):
        configured = self.configured(*arguments)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        return self.build()

    def build(self, check=True):
        built = self.command(CMAKE, "--build", self.tree, "-j1", check=check)
        return built.stdout + built.stderr

    def assert_works(self):
        self.assertEqual(subprocess.run([self.tiny, "--test=t", "sh", "-c", "exit 9"], check=False).returncode, 9)

    def assert_is_glibcs(self, said, why):
        lines = [line for line in said.splitlines() if "is built with glibc" in line]
        self.assertEqual(len(lines), 1, said)
        self.assertIn("tiny does not compile, link or work with musl", lines[0])
        self.assertRegex((self.tree / "tiny.note").read_text(), why)
        self.assertTrue(is_glibcs(self.tiny))
        self.assert_works()

    def test_musl_where_all_of_it_works(self):
        said = self.built()
        self.assertNotIn("is built with glibc", said)
        self.assertFalse(is_glibcs(self.tiny))
        self.assert_works()
        self.assertIn("no work to do", self.build())

    def test_glibc_where_it_is_asked_for_or_there_is_no_musl(self):
        for arguments in (["-DHOLDFAST_LAUNCHER_LIBC=glibc"],
                          ["-DHOLDFAST_LAUNCHER_LIBC=auto", f"-DHOLDFAST_MUSL_PREFIX={self.work}"]):
            with self.subTest(arguments):
                configured = self.configured(*arguments)
                self.assertIn("The launcher is built with glibc", configured.stdout)
                self.build()
                self.assertTrue(is_glibcs(self.tiny))
                self.assert_works()
        configured = self.configured("-DHOLDFAST_LAUNCHER_LIBC=musl")
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("HOLDFAST_LAUNCHER_LIBC=musl: needs GCC, the package musl-dev", configured.stderr)

    def test_glibc_where_a_header_does_not_compile_and_musl_when_it_does(self):
        own = self.own_musl()
        header = own / "include/unistd.h"
        whole = header.read_text()
        header.write_text("#error made for another compiler\n")
        self.assert_is_glibcs(self.built(f"-DHOLDFAST_MUSL_PREFIX={own}"), "made for another compiler")
        header.write_text(whole)
        self.assertNotIn("is built with glibc", self.build())
        self.assertFalse(is_glibcs(self.tiny))
        self.assert_works()

    def test_glibc_where_a_function_of_the_cxx_library_is_missing(self):
        self.assert_is_glibcs(self.built("-DCMAKE_CXX_FLAGS=-DASKS_THE_LIBRARY"), "steady_clock")

    def test_musl_with_the_cxx_librarys_assertions(self):
        self.assertNotIn("is built with glibc", self.built("-DCMAKE_CXX_FLAGS=-D_GLIBCXX_ASSERTIONS"))
        self.assertFalse(is_glibcs(self.tiny))
        self.assert_works()

    def test_glibc_where_a_function_is_missing(self):
        own = self.own_musl()
        self.command("ar", "d", own / "lib/libc.a", "waitpid.o", "waitpid.lo")
        self.assert_is_glibcs(self.built(f"-DHOLDFAST_MUSL_PREFIX={own}"), "waitpid")

    def test_glibc_where_it_does_not_work(self):
        for lie, why in (("CODE", r"did not end as its command did \(7\)"),
                         ("SIGNAL", r"did not end as its command did \(SIGTERM\)"), ("END", "left a process behind")):
            with self.subTest(lie):
                shutil.rmtree(self.tree, ignore_errors=True)
                self.assert_is_glibcs(self.built(f"-DCMAKE_CXX_FLAGS=-DLIES_OF_{lie}"), why)

    def test_glibc_where_it_hangs(self):
        impatient = self.work / "bin"
        impatient.mkdir()
        (impatient / "timeout").touch(0o755)
        (impatient / "timeout").write_text('#!/bin/sh\nshift 3\nexec /usr/bin/timeout -k 1 1 "$@"\n')
        with unittest.mock.patch.dict(os.environ, {"PATH": f"{impatient}:{os.environ['PATH']}"}):
            for lie, why in (("TIME", r"did not end as its command did \(7\)"),
                             ("REST", r"did not end as its command did \(0\)")):
                with self.subTest(lie):
                    shutil.rmtree(self.tree, ignore_errors=True)
                    self.assert_is_glibcs(self.built(f"-DCMAKE_CXX_FLAGS=-DLIES_OF_{lie}"), why)

    def test_a_compiler_that_is_killed_says_nothing_of_musl(self):
        killed = self.work / "killed"
        killed.touch(0o755)
        configured = self.configured(f"-DCMAKE_CXX_COMPILER_LAUNCHER={killed}")
        self.assertEqual(configured.returncode, 0, configured.stderr)
        # Either the compiler's driver is killed, or a program that it has started.
        for ends in ("kill -TERM $$", 'echo "g++: fatal error: Killed signal terminated program cc1plus"; exit 1',
                     'echo "collect2: fatal error: ld terminated with signal 9 [Killed]"; exit 1'):
            killed.write_text(f'#!/bin/sh\ncase "$*" in *-nostdinc*) {ends} ;; esac\nexec "$@"\n')
            said = self.build(check=False)
            self.assertIn("FAILED", said)
            self.assertNotIn("is built with glibc", said)
        killed.write_text('#!/bin/sh\nexec "$@"\n')
        self.assertNotIn("is built with glibc", self.build())
        self.assertFalse(is_glibcs(self.tiny))

    def test_who_asks_for_musl_is_told_instead(self):
        own = self.own_musl()
        self.command("ar", "d", own / "lib/libc.a", "waitpid.o", "waitpid.lo")
        configured = self.configured("-DHOLDFAST_LAUNCHER_LIBC=musl", f"-DHOLDFAST_MUSL_PREFIX={own}")
        self.assertEqual(configured.returncode, 0, configured.stderr)
        self.assertIn("waitpid", self.build(check=False))
        self.assertFalse(self.tiny.exists())


if __name__ == "__main__":
    unittest.main()
