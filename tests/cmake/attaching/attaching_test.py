"""The ways to attach and to detach. Each covers all tests, once."""

import unittest

from holdfast_case import PACKAGE, STAGE, HoldfastCase

TWO = """
add_test(NAME a COMMAND true)
add_subdirectory(sub)
"""
SUB = {"sub/CMakeLists.txt": "add_test(NAME b COMMAND true)\n"}
MODULE = STAGE / PACKAGE / "Holdfast.cmake"


class Attaching(HoldfastCase):
    def bare_project(self, text, **more):
        """A project that says nothing of Holdfast except in `text`."""
        source = self.project("", **more)
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(p NONE)\nenable_testing()\n" + text)
        return source

    def assert_attached(self, text, *arguments, files=None, count=2):
        source = self.bare_project(text, files=files or SUB)
        build = self.configure(source, "build", *arguments)
        self.assert_all_wrapped(self.ctest(build, "-V"), count)
        self.assertEqual(self.configure_output.count("tests run through it"), 1)
        return build

    def test_find_package(self):
        self.assert_attached("find_package(Holdfast REQUIRED)\n" + TWO)

    def test_after_the_tests(self):
        self.assert_attached(TWO + "find_package(Holdfast REQUIRED)\n")

    def test_include_by_module_path(self):
        self.assert_attached(
            f"list(APPEND CMAKE_MODULE_PATH {MODULE.parent})\ninclude(Holdfast)\n" + TWO)

    def test_twice_and_from_a_sub_project_too(self):
        self.assert_attached(
            f"include({MODULE})\ninclude({MODULE})\nfind_package(Holdfast REQUIRED)\n" + TWO,
            files={"sub/CMakeLists.txt": f"include({MODULE})\nadd_test(NAME b COMMAND true)\n"})

    def test_from_a_sub_project_only(self):
        self.assert_attached(TWO, files={
            "sub/CMakeLists.txt": "project(s NONE)\nfind_package(Holdfast REQUIRED)\n"
                                  "add_test(NAME b COMMAND true)\n"})

    def test_without_an_edit(self):
        self.assert_attached(TWO, f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={MODULE}")

    def test_without_an_edit_and_with_one(self):
        self.assert_attached("find_package(Holdfast REQUIRED)\n" + TWO,
                             f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={MODULE}")

    def test_configured_again_and_again(self):
        source = self.bare_project("find_package(Holdfast REQUIRED)\n" + TWO, files=SUB)
        for _ in range(3):
            build = self.configure(source, "build")
        custom = (build / "CTestCustom.cmake").read_text()
        self.assertEqual(custom.count("include("), 1)
        self.assert_all_wrapped(self.ctest(build, "-V"), 2)

    def test_switched_off_at_configure_time(self):
        source = self.bare_project("find_package(Holdfast REQUIRED)\n" + TWO, files=SUB)
        build = self.configure(source, "build", "-DHOLDFAST_ENABLED=OFF")
        self.assert_none_wrapped(self.ctest(build, "-V"), 2)
        self.assertFalse((build / ".holdfast").exists())
        self.assertFalse((build / "CTestCustom.cmake").exists())

    def test_switched_off_in_a_tree_that_was_attached(self):
        source = self.bare_project("find_package(Holdfast REQUIRED)\n" + TWO, files=SUB)
        build = self.configure(source, "build")
        self.configure(source, "build", "-DHOLDFAST_ENABLED=OFF")
        run = self.ctest(build, "-V")
        self.assert_none_wrapped(run, 2)
        self.assertNotIn("Run command", run.text)
        self.configure(source, "build", "-DHOLDFAST_ENABLED=ON")
        self.assert_all_wrapped(self.ctest(build, "-V"), 2)

    def test_taken_out_of_the_project(self):
        source = self.project(TWO, files=SUB)
        build = self.configure(source, "build")
        self.configure(source, "build", attached=False)
        run = self.ctest(build, "-V")
        self.assert_none_wrapped(run, 2)
        self.assertNotIn("Run command", run.text)
        self.assertNotIn("oldfast:", run.text)

    def test_on_another_system_it_says_so_and_does_nothing(self):
        source = self.bare_project(
            "set(CMAKE_HOST_SYSTEM_NAME Darwin)\nfind_package(Holdfast REQUIRED)\n"
            f"include({MODULE})\n" + TWO, files=SUB)
        build = self.configure(source, "build")
        self.assertEqual(self.configure_output.count("Holdfast needs Linux"), 1)
        self.assert_none_wrapped(self.ctest(build, "-V"), 2)
        self.assertFalse((build / ".holdfast").exists())

    def test_a_project_without_a_name(self):
        source = self.bare_project("")
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nenable_testing()\n"
            "find_package(Holdfast REQUIRED)\nadd_test(NAME a COMMAND true)\n")
        build = self.configure(source, "build")
        self.assert_all_wrapped(self.ctest(build, "-V"), 1)
        key = str(source).replace("/", "%2F")
        self.assertIn(f"[==[{key}]==]", (build / ".holdfast/attach.cmake").read_text())


if __name__ == "__main__":
    unittest.main()
