"""What driver.py says of drivers. This driver itself is started without it."""

import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

DRIVER = Path(__file__).with_name("driver.py")

HEAD = "import os, sys, unittest\nclass T(unittest.TestCase):\n"
MAIN = "\nif __name__ == '__main__':\n    unittest.main()\n"


class Drivers(unittest.TestCase):
    def ended_as(self, body, *arguments, main=MAIN):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "a_test.py"
            file.write_text(HEAD + textwrap.indent(textwrap.dedent(body), "    ") + main)
            done = subprocess.run([sys.executable, "-B", DRIVER, file, *arguments],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.text = done.stdout
        return done.returncode

    def test_green_is_a_method_that_ran(self):
        self.assertEqual(self.ended_as("def test_a(self): self.assertEqual(sys.argv[1:], [])"), 0)
        self.assertEqual(self.ended_as("@unittest.expectedFailure\ndef test_a(self): self.fail()"), 0)

    def test_a_failure_is_red(self):
        self.assertEqual(self.ended_as("def test_a(self): pass\ndef test_b(self): self.fail()"), 1)
        self.assertEqual(self.ended_as("def test_a(self):\n  with self.subTest(): self.fail()"), 1)
        self.assertEqual(self.ended_as("@unittest.expectedFailure\ndef test_a(self): pass"), 1)

    def test_no_method_is_red(self):
        self.assertEqual(self.ended_as("pass"), 1)
        self.assertIn("no method was run", self.text)
        self.assertEqual(self.ended_as("def test_a(self): pass", main="\n"), 1)
        self.assertIn("has not called unittest.main()", self.text)
        self.assertEqual(self.ended_as("def test_a(self): pass", main="\nsys.exit(3)\n"), 3)

    def test_one_skipped_method_is_named_and_skips_no_other(self):
        self.assertEqual(self.ended_as("def test_a(self): pass\ndef test_b(self): self.skipTest('no b')"), 0)
        self.assertRegex(self.text, r"skipped: \S*T\.test_b: no b")

    def test_all_skipped_is_a_skip(self):
        for body in ("def test_a(self): self.skipTest('why')",
                     "@unittest.skip('why')\ndef test_a(self): pass",
                     "@classmethod\ndef setUpClass(cls): raise unittest.SkipTest('why')\n"
                     "def test_a(self): pass"):
            self.assertEqual(self.ended_as(body), 77, self.text)
            self.assertRegex(self.text, r"skipped: .*: why")

    def test_arguments_are_the_drivers(self):
        two = "def test_a(self): pass\ndef test_b(self): self.fail()"
        self.assertEqual(self.ended_as(two, "T.test_a"), 0)
        self.assertEqual(self.ended_as(two, "Other"), 1)
        self.assertEqual(self.ended_as("def test_a(self): self.assertEqual(sys.argv[1:], ['x'])", "x",
                                       main="\nunittest.main(argv=['a'])\n"), 0)


if __name__ == "__main__":
    unittest.main()
