"""`holdfast affected` on a tree of 5,000 files takes about as long as what it asks others."""

import os
import subprocess
import time
import unittest

from affected_case import AffectedCase
from support import CTEST, HOLDFAST

SOURCES = 2500


class Size(AffectedCase):
    def many(self):
        # 2,500 sources and as many headers, 50 of each in a program; each source includes five headers.
        files = {f"h/{i}.h": "#pragma once\n" for i in range(SOURCES)}
        for i in range(SOURCES):
            includes = "".join(f'#include "../h/{(i * 7 + k * 500) % SOURCES}.h"\n' for k in range(5))
            main = "int main(void) { return 0; }\n" if i % 50 == 0 else f"int f{i}(void) {{ return 0; }}\n"
            files[f"c/{i}.c"] = f"#include <stdio.h>\n{includes}{main}"
        targets = "".join(
            f"add_executable(p{p} {' '.join(f'c/{i}.c' for i in range(p * 50, p * 50 + 50))})\n"
            + "".join(f"add_test(NAME t{p}.{k} COMMAND p{p} {k})\n" for k in range(20))
            for p in range(SOURCES // 50))
        files["CMakeLists.txt"] = ("cmake_minimum_required(VERSION 3.25)\nproject(@NAME@ C)\nenable_testing()\n"
                                   + targets)
        return files

    def taken(self, *words, cwd):
        """The seconds of the fastest of some runs, and the least processor time."""
        took, processor = [], []
        for _ in range(5):
            begun, used = time.monotonic(), os.times()
            subprocess.run(words, cwd=cwd, stdout=subprocess.DEVNULL, check=True)
            took.append(time.monotonic() - begun)
            now = os.times()
            processor.append(now.children_user + now.children_system - used.children_user - used.children_system)
        return min(took), min(processor)

    def assert_fast(self, what):
        """It takes at most twice what it asks others, and at most a second on a machine that is idle."""
        asked = [
            ([CTEST, "--show-only=json-v1"], self.tree), (["ninja", "-n"], self.tree),
            (["ninja", "-n", "-t", "deps"], self.tree),
            (["ninja", "-n", "-t", "graph"], self.tree), (["git", "status", "--porcelain", "-uall"], self.source)]
        others = sum(self.taken(*words, cwd=cwd)[0] for words, cwd in asked)
        ours, processor = self.taken(HOLDFAST, "affected", "--since", "HEAD", cwd=self.tree)
        print(f"{what}: {ours:.3f} s ({processor:.3f} s of processors); what it asks, one after the other: {others:.3f} s")
        self.assertLess(ours, 2 * others)
        self.assertLess(processor, 1)

    def test_of_a_change_in_5000_files(self):
        self.repository(self.many())
        self.configure()
        done = self.finish("ninja", "-C", self.tree, bound=1200)
        self.assertEqual(done.returncode, 0, done.stdout.decode()[-2000:])
        self.append("h/7.h")
        named = self.ask()
        self.assertTrue(named and self.said == "", self.said)
        self.assert_fast(f"{len(named)} tests affected by 1 file of 5,000")

    def test_of_5000_changes_and_5000_tests(self):
        self.repository({
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(@NAME@ NONE)\nenable_testing()\n"
                              "foreach(i RANGE 1 5000)\nadd_test(NAME t${i} COMMAND true)\nendforeach()\n",
            "holdfast.toml": '[[affected]]\nfiles = "data/**"\ntests = "."\n',
            **{f"data/{i}.txt": "golden\n" for i in range(5000)}})
        self.configure()
        for i in range(5000):
            self.append(f"data/{i}.txt")
        self.assertEqual(len(self.ask()), 5000)
        self.assert_fast("5,000 tests affected by 5,000 files")


if __name__ == "__main__":
    unittest.main()
