"""Real projects build through the launcher: GoogleTest, with and without ccache, and Holdfast."""

import hashlib
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from building import GENERATORS, BuildCase
from support import CMAKE, SOURCES, STAGE

GOOGLETEST = Path("/usr/src/googletest")
INCLUDE = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={STAGE}/lib/cmake/Holdfast/Holdfast.cmake"
BOUND_S = 1200


class BuiltProjectsCase(BuildCase):
    def made(self, source, build, *options, generator="Ninja", env=None):
        """A tree that is configured and built."""
        tree = self.work / build
        jobs = str(os.cpu_count())
        for words in ([CMAKE, "-G", generator, "-S", source, "-B", tree, INCLUDE, *options],
                      [CMAKE, "--build", tree, "-j", jobs]):
            done = self.finish(*words, bound=BOUND_S, env=env or self.environment())
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return tree

    def files(self, tree, *suffixes):
        """Maps each path in the tree to a hash of the file."""
        return {str(file.relative_to(tree)): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in tree.rglob("*") if file.suffix in suffixes and "CMakeScratch" not in str(file)}

    def assert_up_to_date(self, tree, env=None):
        before = len(self.steps(tree))
        again = self.finish("ninja", "-d", "explain", cwd=tree, bound=BOUND_S, env=env or self.environment())
        # A project that globs with CONFIGURE_DEPENDS makes every build look at the directories.
        why = [line for line in again.stderr.decode().splitlines()
               if "VerifyGlobs.cmake_force" not in line and "cmake.verify_globs is dirty" not in line]
        self.assertEqual((again.returncode, why), (0, []))
        self.assertIn(b"no work to do", again.stdout)
        self.assertEqual(len(self.steps(tree)), before)


class GoogleTestsSources(BuiltProjectsCase):
    def setUp(self):
        super().setUp()
        if not (GOOGLETEST / "CMakeLists.txt").exists():
            self.skipTest(f"{GOOGLETEST} is not there (package googletest)")
        self.caches = self.environment(CCACHE_DIR=str(self.work / "ccache"))

    def counters(self):
        printed = subprocess.run(["ccache", "--print-stats"], env=self.caches, check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        count = {name: int(value) for name, value in re.findall(r"^(\w+)\t(\d+)$", printed, re.M)}
        return count["preprocessed_cache_hit"] + count["direct_cache_hit"], count["cache_miss"]

    def test_the_same_bytes_and_ccaches_hits_stay_hits(self):
        if shutil.which("ccache") is None:
            self.skipTest("ccache is not installed")
        # Without debug information, which would name the build tree.
        options = ["-DCMAKE_BUILD_TYPE=", "-DCMAKE_CXX_FLAGS=-w"]
        cached = [*options, "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]
        plain = self.made(GOOGLETEST, "plain", *cached, "-DHOLDFAST_BUILD_STEPS=OFF", env=self.caches)
        self.assertEqual(self.steps(plain), [])
        expected = self.files(plain, ".o", ".a")
        objects = sum(name.endswith(".o") for name in expected)
        self.assertGreaterEqual(objects, 4)
        hits, misses = self.counters()
        self.assertEqual((hits, misses), (0, objects))
        for generator in GENERATORS:
            with self.subTest(generator, ccache=True):
                tree = self.made(GOOGLETEST, "cached-" + generator.split()[-1], *cached, generator=generator,
                                 env=self.caches)
                self.assertEqual(self.files(tree, ".o", ".a"), expected)
                compiled = [s for s in self.steps(tree) if s["kind"] == "compile"]
                self.assertEqual({(s["outcome"], s["program"]) for s in compiled}, {("passed", "ccache")})
                self.assertEqual(len(compiled), objects)
                hits += objects
                self.assertEqual(self.counters(), (hits, misses))
                if generator == "Ninja":
                    self.assert_up_to_date(tree, self.caches)
        with self.subTest(ccache=False):
            tree = self.made(GOOGLETEST, "compiled", *options)
            self.assertEqual(self.files(tree, ".o", ".a"), expected)


class HoldfastItself(BuiltProjectsCase):
    def test_it_builds_through_itself_and_is_the_same(self):
        options = ["-DCMAKE_BUILD_TYPE=Release", "-DHOLDFAST_BUILD_TESTS=OFF"]
        if shutil.which("ccache"):
            options.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        programs = []
        for build, generator, switch in (("plain", "Ninja", "OFF"), ("ninja", "Ninja", "ON"),
                                         ("make", "Unix Makefiles", "ON")):
            with self.subTest(build):
                tree = self.made(SOURCES, build, *options, f"-DHOLDFAST_BUILD_STEPS={switch}",
                                 generator=generator)
                steps = self.steps(tree)
                self.assertEqual({s["outcome"] for s in steps}, {"passed"} if switch == "ON" else set())
                if switch == "ON":
                    self.assertGreater(len(steps), 100)
                    self.assertLessEqual({"holdfast-launcher", "holdfast-cli"}, {s["target"] for s in steps})
                if build == "ninja":
                    self.assert_up_to_date(tree)
                programs.append([hashlib.sha256((tree / "stage" / name).read_bytes()).hexdigest() for name in
                                 ("bin/holdfast", "libexec/holdfast/holdfast-launcher")])
        self.assertEqual(programs, programs[:1] * 3)


if __name__ == "__main__":
    unittest.main()
