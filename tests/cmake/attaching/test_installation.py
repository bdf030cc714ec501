"""What happens to an attached tree when the installation is removed or replaced."""

import shutil
import unittest

from holdfast_case import LAUNCHER, PACKAGE, HoldfastCase

PROJECT = "add_test(NAME a COMMAND true)\nadd_subdirectory(sub)\n"
SUB = {"sub/CMakeLists.txt": "add_test(NAME b COMMAND true)\n"}


class Installation(HoldfastCase):
    def setUp(self):
        super().setUp()
        self.prefix = self.prefix_copy()
        self.source = self.project(PROJECT, files=SUB)
        self.build = self.configure(self.source, "build", prefix=self.prefix)

    def edit(self, name, old, new):
        path = self.prefix / PACKAGE / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def assert_bare_with_one_line(self, words):
        run = self.ctest(self.build, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_none_wrapped(run, 2)
        self.assertEqual(run.text.count("holdfast: "), 1, run.text)
        self.assertIn(words, " ".join(run.text.split()))
        for arguments in (["-N"], ["--show-only=json-v1"]):
            listing = self.ctest(self.build, *arguments)
            self.assertEqual(listing.text, self.ctest(self.build, *arguments, disable=True).text)
            self.assertNotIn("holdfast:", listing.text)

    def test_uninstalled(self):
        shutil.rmtree(self.prefix)
        self.assert_bare_with_one_line("any more: tests run without it")

    def test_uninstalled_and_disabled_is_silent(self):
        shutil.rmtree(self.prefix)
        run = self.ctest(self.build, disable=True)
        self.assertEqual(run.code, 0)
        self.assertNotIn("holdfast", run.text)

    def test_the_launcher_alone_is_missing(self):
        (self.prefix / LAUNCHER).unlink()
        self.assert_bare_with_one_line("is missing: tests run without Holdfast")

    def test_the_command_alone_is_missing(self):
        (self.prefix / "bin/holdfast").unlink(missing_ok=True)
        run = self.ctest(self.build, "-V")
        self.assertEqual(run.code, 0, run.text) # a missing POST_TEST command would make it 8
        self.assert_all_wrapped(run, 2)
        self.assertNotIn("Run command", run.text)

    def test_a_newer_version_that_fits(self):
        version = self.prefix / PACKAGE / "HoldfastConfigVersion.cmake"
        version.write_text('set(PACKAGE_VERSION "77.1")\n')
        run = self.ctest(self.build, "-V")
        self.assert_all_wrapped(run, 2)
        self.assertEqual(run.text.count("holdfast: this tree was configured by"), 1)
        self.assertIn("77.1 is installed; they fit", " ".join(run.text.split()))
        self.assertNotIn("holdfast:", self.ctest(self.build, "-N").text)
        self.configure(self.source, "build", prefix=self.prefix)
        self.assertNotIn("configured by", self.ctest(self.build).text)

    def test_a_newer_version_that_does_not_fit(self):
        self.edit("attach.cmake", "set(_holdfast_contract 1)", "set(_holdfast_contract 2)")
        self.edit("custom.cmake", '_holdfast_tree_contract STREQUAL "1"',
                  '_holdfast_tree_contract STREQUAL "2"')
        self.assert_bare_with_one_line("does not fit")
        self.assertNotIn("Run command", self.ctest(self.build, "-V").text)

    def test_a_prefix_that_moves_with_the_tree(self):
        # As FetchContent has it: the tools lie in the build tree.
        build = self.work / "fetched"
        tools = build / ".holdfast/tools"
        tools.parent.mkdir(parents=True)
        shutil.move(self.prefix, tools)
        self.configure(self.source, "fetched", prefix=tools)
        moved = self.work / "moved"
        shutil.move(build, moved)
        run = self.ctest(moved, "-V")
        self.assert_all_wrapped(run, 2)
        self.assertIn(str(moved), run.commands()[1])


if __name__ == "__main__":
    unittest.main()
