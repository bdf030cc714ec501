"""What becomes of an attached tree if the installation is removed or replaced."""

import os
import shutil
import unittest

from holdfast_case import EXEC, LAUNCHER, PACKAGE, STAGE, HoldfastCase

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
        self.assertNotIn("holdfast", run.words())

    def test_the_launcher_alone_is_missing(self):
        (self.prefix / LAUNCHER).unlink()
        self.assert_bare_with_one_line("is missing: tests run without Holdfast")

    def replace(self, name, content):
        (self.prefix / name).unlink(missing_ok=True)
        (self.prefix / name).write_bytes(content)
        (self.prefix / name).chmod(0o755)

    def test_a_launcher_that_an_interrupted_installation_left_empty_passes_no_test(self):
        # To execvp(3) each of these files is a script that does nothing.
        (self.source / "sub/CMakeLists.txt").write_text("add_test(NAME b COMMAND false)\n")
        self.configure(self.source, "build", prefix=self.prefix)
        for content in (b"", bytes(8192)):
            self.replace(LAUNCHER, content)
            run = self.ctest(self.build, "-V")
            self.assertEqual(run.verdicts(), {1: ("a", "Passed"), 2: ("b", "***Failed", "Failed")})
            self.assertEqual(run.text.count("holdfast: "), 1, run.text)
            self.assertIn(f"{LAUNCHER} is no program (install Holdfast again): tests run without Holdfast",
                          " ".join(run.text.split()))
            self.assertNotIn("holdfast", self.ctest(self.build, disable=True).words())

    def test_nor_does_one_that_is_cut_off(self):
        """Otherwise every test would die in it."""
        whole = (self.prefix / LAUNCHER).read_bytes()
        for size in (5, 100 * 1024, len(whole) - 1):
            self.replace(LAUNCHER, whole[:size])
            self.assert_bare_with_one_line(f"{LAUNCHER} is cut off (install Holdfast again): tests run without Holdfast")

    def test_nor_does_one_of_batches(self):
        # Begins as the tests of holdfast_discover_tests() do.
        (self.source / "batch.cmake").write_text(f"""
            include("{self.prefix / PACKAGE}/gtest_cases.cmake")
            cmake_language(EVAL CODE "${{_holdfast_before_batches}}")
            add_test(c false)
            cmake_language(EVAL CODE "${{_holdfast_behind_batches}}")
            """)
        (self.source / "sub/CMakeLists.txt").write_text(
            "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_CURRENT_SOURCE_DIR}/../batch.cmake)\n")
        self.configure(self.source, "build", prefix=self.prefix)
        self.replace(EXEC, b"")
        run = self.ctest(self.build, "-V")
        self.assertEqual(run.verdicts(), {1: ("a", "Passed"), 2: ("c", "***Failed", "Failed")})
        self.assert_all_wrapped(run, 2)

    def test_build_steps_run_without_a_launcher_that_is_no_program(self):
        source = self.project("add_executable(p p.c)\n", name="steps", languages="C",
                              files={"p.c": "int main(void) { return 0; }\n"})
        for content, words in ((b"", "is no program"), (None, "is missing")):
            if content is None:
                (self.prefix / LAUNCHER).unlink()
            else:
                self.replace(LAUNCHER, content)
            build = self.configure(source, "steps-build", "-G", "Ninja", prefix=self.prefix)
            self.assertIn(f"Holdfast: build steps run without it: {self.prefix / LAUNCHER} {words}",
                          " ".join(self.configure_output.split()))
            self.assertNotIn(LAUNCHER, (build / "build.ninja").read_text())
            self.command("cmake", "--build", build)
            self.assertTrue((build / "p").exists())

    def test_the_command_alone_is_missing_or_no_program(self):
        for content, words in ((None, "is missing"), (b"", "is no program (install Holdfast again)")):
            if content is None:
                (self.prefix / "bin/holdfast").unlink()
            else:
                self.replace("bin/holdfast", content)
            run = self.ctest(self.build, "-V")
            self.assertEqual(run.code, 0, run.text) # without the POST_TEST command it would be 8
            self.assert_all_wrapped(run, 2)
            self.assertNotIn("Run command", run.text)
            said = (f"holdfast: {self.prefix}/bin/holdfast {words}: tests run by their own properties, "
                    "nothing is recorded\n")
            self.assertEqual(run.text.count(said), 1, run.text)

    def run_with_a_retry(self, content):
        """A run with `content` as holdfast-exec. The launcher becomes that for b, which may be
        tried again."""
        (self.source / "sub/CMakeLists.txt").write_text("""
            add_test(NAME b COMMAND false)
            set_tests_properties(b PROPERTIES HOLDFAST_RETRY exit:1=1)
            """)
        self.configure(self.source, "build", prefix=self.prefix)
        # A copy: through a link it would find the whole stage.
        self.replace(LAUNCHER, (self.prefix / LAUNCHER).read_bytes())
        self.replace(EXEC, content)
        run = self.ctest(self.build)
        verdicts = run.verdicts()
        self.assertEqual(verdicts[1], ("a", "Passed"), run.text)
        self.assertIn("Subprocess aborted", verdicts[2][1], run.text) # so the launcher ends itself
        self.assertIn("holdfast-exec: expected a program, install Holdfast again", run.text)

    def test_a_script_in_the_place_of_holdfast_exec_is_never_run(self):
        self.run_with_a_retry(f"#!/bin/sh\ntouch {self.work}/ran\n".encode())
        self.assertFalse((self.work / "ran").exists())

    def test_nor_is_one_that_is_cut_off(self):
        """Otherwise the test would die in it, by SIGSEGV."""
        whole = (self.prefix / EXEC).read_bytes()
        for size in (5, 64, 100_000, len(whole) - 1):
            with self.subTest(size=size):
                self.run_with_a_retry(whole[:size])

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
        # As with FetchContent: the tools are in the build tree.
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


class Installing(HoldfastCase):
    def test_a_program_is_replaced_at_one_stroke(self):
        # A running program must not change under its name, nor an interrupted write leave half of
        # one.
        prefix = self.work / "installed"
        for name in (LAUNCHER, EXEC, "bin/holdfast"):
            (prefix / name).parent.mkdir(parents=True, exist_ok=True)
            (prefix / name).write_text(f"the {name} before")
        before = {name: open(prefix / name, encoding="utf-8") for name in (LAUNCHER, "bin/holdfast")}
        self.command("cmake", "--install", STAGE.parent, "--prefix", prefix)
        for name, opened in before.items():
            with opened:
                self.assertEqual(opened.read(), f"the {name} before")
                self.assertEqual((prefix / name).read_bytes()[:4], b"\x7fELF")
                self.assertTrue(os.access(prefix / name, os.X_OK))
        self.assertEqual([path for path in prefix.rglob("*") if "new" in path.name], [])
        manifest = (STAGE.parent / "install_manifest.txt").read_text()
        self.assertIn(f"{prefix}/{LAUNCHER}\n", manifest)
        self.assertNotIn(".holdfast-new", manifest)


if __name__ == "__main__":
    unittest.main()
