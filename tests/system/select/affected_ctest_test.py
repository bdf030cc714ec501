"""`holdfast ctest --affected COMMIT` runs the tests that changes affect, and what they need."""

import unittest

from affected_case import PROJECT, AffectedCase
from support import HOLDFAST, no_keeper_of, wait_until

MORE = """
add_test(NAME setup COMMAND true)
add_test(NAME before COMMAND true)
add_test(NAME cleanup COMMAND true)
set_tests_properties(setup PROPERTIES FIXTURES_SETUP f)
set_tests_properties(cleanup PROPERTIES FIXTURES_CLEANUP f)
set_tests_properties(one PROPERTIES FIXTURES_REQUIRED f DEPENDS before)
"""
FILES = {**PROJECT, "CMakeLists.txt": PROJECT["CMakeLists.txt"] + MORE}


class AffectedCtest(AffectedCase):
    def choose(self, *words, code=0):
        """What `holdfast ctest --affected` says on stderr; which tests it ran is in `ran`."""
        before = len(self.runs(self.tree))
        done = self.finish(HOLDFAST, "ctest", *words, cwd=self.tree, env=self.git_environment(), bound=120)
        self.said = done.stderr.decode()
        self.assertEqual(done.returncode, code, done.stdout.decode() + self.said)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        runs = self.runs(self.tree)
        self.ran = [r["test"] for r in self.records(runs[-1], "attempt_started")] if len(runs) > before else None
        return self.said

    def test_what_is_affected_runs_with_what_it_needs(self):
        self.built(FILES)
        self.append("one.cpp")
        self.build()
        self.assertIn("holdfast: 4 tests (1 affected since HEAD)\n", self.choose("--affected", "HEAD"))
        self.assertEqual(sorted(self.ran), ["before", "cleanup", "one", "setup"])
        self.choose("--affected", "HEAD", "--", "-E", "before")
        self.assertEqual(sorted(self.ran), ["cleanup", "one", "setup"])
        self.append("two.cpp")
        self.assertIn("(2 affected since HEAD)", self.choose("--affected", "HEAD", "--order", "longest-first"))
        self.assertEqual(sorted(self.ran), ["before", "cleanup", "one", "setup", "two"])

    def test_nothing_is_affected(self):
        self.built(FILES)
        self.assertEqual(self.choose("--affected", "HEAD"),
                         "holdfast: 0 tests (0 affected since HEAD): ctest is not started\n")
        self.assertIsNone(self.ran)

    def test_why_it_is_more_than_one_would_think(self):
        self.built(FILES)
        self.append("data/free.txt")
        self.assertIn("holdfast: all tests: nobody knows data/free.txt (", self.choose("--affected", "HEAD"))
        self.assertEqual(len(self.ran), 10)

    def test_every_restriction_has_to_fit(self):
        self.built(FILES)
        self.append("core/core.cpp", "#error\n")
        self.build(code=1)
        (self.tree / "one").unlink()  # red, since ctest does not find it
        self.choose("--affected", "HEAD", code=8)
        self.assertEqual(sorted(self.ran), ["before", "cleanup", "setup", "two"])
        red = [r["test"] for r in self.records(self.runs(self.tree)[-1], "verdict") if r["verdict"] == "failed"]
        self.assertEqual(red, ["one"])
        self.git("checkout", "-q", "core/core.cpp")
        self.append("one.cpp")
        self.append("two.cpp")
        self.build()
        said = self.choose("--affected", "HEAD", "--failed")
        self.assertIn("1 red when last seen", said)
        self.assertIn("; 2 affected since HEAD)", said)
        self.assertEqual(sorted(self.ran), ["before", "cleanup", "one", "setup"])
        parts = []
        for shard in ("1/2", "2/2"):
            self.choose("--affected", "HEAD", "--shard", shard)
            parts += self.ran
        self.assertEqual(sorted(parts), ["before", "cleanup", "one", "setup", "two"])

    def test_a_configuration_of_several(self):
        self.repository()
        self.configure(generator="Ninja Multi-Config")
        self.build("--config", "Debug")
        self.append("one.cpp")
        self.build("--config", "Debug")
        self.choose("--affected", "HEAD", "--", "-C", "Debug")
        self.assertEqual(self.ran, ["one"])
        self.choose("--affected", "HEAD", "--", "--build-config", "Debug")
        self.assertEqual(self.ran, ["one"])
        self.assertIn("--affected: ", self.choose("--affected", "HEAD", code=2))
        self.assertIn("has several configurations: expected --config CFG", self.said)

    def test_refusals(self):
        self.built()
        for words, said in [(["nosuch"], '--affected: "nosuch": expected a commit (git: '),
                            ([""], "expected a commit")]:
            self.assertIn(said, self.choose("--affected", *words, code=2))
            self.assert_our_lines(self.said.encode(), 1)
            self.assertIsNone(self.ran)


if __name__ == "__main__":
    unittest.main()
