"""Reports of a run of 50,000 tests and more keep within their bounds of memory and size. What they
take in time is a ratio, and `./dev bench` shows it (tests/bench/records.py)."""

import json
import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from support import HOLDFAST, SOURCES, ProjectCase

sys.path.insert(0, str(SOURCES / "tests/bench"))
import records  # noqa: E402

MOST_MIB = 128


class LargeReport(ProjectCase):
    def tree_of(self, tests):
        tree = self.work / f"tree-{tests}"
        run = tree / ".holdfast/runs" / records.RUN
        run.mkdir(parents=True)
        with open(run / "journal.jsonl", "w", encoding="utf-8") as journal:
            for record in records.records(tests):
                journal.write(json.dumps({"v": 1, **record}, separators=(",", ":")) + "\n")
        return tree

    def make(self, tree, form):
        """The file, and the peak of memory in MiB."""
        file = tree / f"report.{form}"
        process = subprocess.Popen([HOLDFAST, "report", "--tree", tree, "--format", form, "--output", file],
                                   env=self.environment())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        self.assertEqual(status, 0)
        return file, used.ru_maxrss / 1024

    def test_50_000_tests(self):
        tree = self.tree_of(50_000)
        for form in ("text", "json", "junit", "tap", "html", "trace", "github"):
            with self.subTest(form):
                file, mib = self.make(tree, form)
                self.assertLessEqual(mib, MOST_MIB)
                self.assertGreater(file.stat().st_size, 1000)
        elements = sum(1 for _ in ElementTree.iterparse(tree / "report.junit"))
        self.assertGreater(elements, 50_000)
        self.assertLessEqual(elements, 60_000)

    def test_the_page_of_100_000_tests(self):
        file, mib = self.make(self.tree_of(100_000), "html")
        self.assertLessEqual(file.stat().st_size, 12 * 2**20)
        self.assertLessEqual(mib, 2 * MOST_MIB)


if __name__ == "__main__":
    unittest.main()
