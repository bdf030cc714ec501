"""Projects that use the same hooks of CTest still work."""

import unittest

from holdfast_case import HoldfastCase, ctest_version

MARK = "message(NOTICE \"read {}\")\n"


class Neighbours(HoldfastCase):
    def test_a_projects_own_include_files_are_read_too(self):
        source = self.project("""
            add_test(NAME a COMMAND true)
            set_directory_properties(PROPERTIES
              TEST_INCLUDE_FILE ${CMAKE_SOURCE_DIR}/single.cmake
              TEST_INCLUDE_FILES "${CMAKE_SOURCE_DIR}/more.cmake;${CMAKE_SOURCE_DIR}/most.cmake")
            add_subdirectory(sub)
            """, files={
                "single.cmake": MARK.format("single") + "add_test(single true)\n",
                "more.cmake": MARK.format("more") + "add_test(more true)\n",
                "most.cmake": MARK.format("most"),
                "sub.cmake": MARK.format("sub") + "add_test(below true)\n",
                "sub/CMakeLists.txt": """
                    set_directory_properties(PROPERTIES TEST_INCLUDE_FILE ../../project/sub.cmake)
                    add_test(NAME b COMMAND true)
                    """})
        build = self.configure(source, "build")
        for _ in range(2): # a second configure must tell our value from theirs
            run = self.ctest(build, "-V")
            self.assert_all_wrapped(run, 5)
            for name in ("single", "more", "most", "sub"):
                self.assertEqual(run.text.count(f"read {name}\n"), 1, name)
            build = self.configure(source, "build")
        self.assert_none_wrapped(self.ctest(build, "-V", disable=True), 5)

    def test_whoever_replaced_add_test_before_us_has_it(self):
        # Their function exists before ours. CMake could not keep both built-in commands.
        source = self.project("add_test(NAME a COMMAND true)\nadd_test(NAME b COMMAND true)\n")
        build = self.configure(source, "build")
        testfile = build / "CTestTestfile.cmake"
        testfile.write_text("function(add_test name)\n  message(NOTICE \"theirs ${name}\")\n"
                            "  _add_test(${name} ${ARGN})\nendfunction()\n"
                            + testfile.read_text())
        run = self.ctest(build, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_none_wrapped(run, 2)
        self.assertEqual(run.text.count("theirs"), 2)
        self.assertEqual(run.text.count("holdfast: another script already replaces"), 1)

    def test_whoever_replaces_add_test_after_us_calls_ours(self):
        source = self.project("""
            add_test(NAME a COMMAND echo x)
            set_tests_properties(a PROPERTIES PASS_REGULAR_EXPRESSION "x")
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/theirs.cmake)
            """, files={"theirs.cmake": """
            function(add_test name)
              message(NOTICE "theirs ${name}")
              _add_test(${name} ${ARGN})
            endfunction()
            function(set_tests_properties)
              _set_tests_properties(${ARGV})
            endfunction()
            """})
        run = self.ctest(self.configure(source, "build"), "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_all_wrapped(run, 1)
        self.assertEqual(run.text.count("theirs"), 1)

    def test_a_projects_ctestcustom_keeps_its_commands(self):
        source = self.project("""
            add_test(NAME a COMMAND true)
            configure_file(custom.in ${CMAKE_BINARY_DIR}/CTestCustom.cmake COPYONLY)
            """, files={"custom.in": """
            set(CTEST_CUSTOM_PRE_TEST "echo their first")
            set(CTEST_CUSTOM_POST_TEST "echo their last")
            set(CTEST_CUSTOM_TESTS_IGNORE "nothing")"""})
        for _ in range(2): # their configure_file writes it anew
            build = self.configure(source, "build")
            run = self.ctest(build, "-V")
            self.assertEqual(run.code, 0, run.text)
            self.assert_all_wrapped(run, 1)
            self.assertIn("\ntheir first\n", run.stdout)
            self.assertIn("\ntheir last\n", run.stdout)
            self.assertEqual((build / "CTestCustom.cmake").read_text().count("/custom.cmake\")"), 2)
        if " begin --tree" in run.stdout: # ours come around theirs
            self.assertLess(run.stdout.index(" begin --tree"), run.stdout.index("their first"))
            self.assertLess(run.stdout.index("their last"), run.stdout.index(" end --tree"))

    def test_a_ctestcustom_of_the_old_kind_is_still_read(self):
        # ctest ignores it if there is a CTestCustom.cmake.
        source = self.project("""
            add_test(NAME a COMMAND true)
            add_test(NAME ignored COMMAND false)
            if(CUSTOM)
              configure_file(custom.in ${CMAKE_BINARY_DIR}/CTestCustom.ctest COPYONLY)
              configure_file(custom.in ${CMAKE_BINARY_DIR}/sub/CTestCustom.ctest COPYONLY)
            endif()
            """, files={"custom.in": """
            list(APPEND CTEST_CUSTOM_TESTS_IGNORE "ignored")
            list(APPEND CTEST_CUSTOM_POST_TEST "echo theirs")"""})
        self.configure(source, "build") # only our file at first
        for _ in range(2):
            build = self.configure(source, "build", "-DCUSTOM=ON")
            run = self.ctest(build, "-V")
            self.assertEqual(run.code, 0, run.text)
            self.assertEqual(run.verdicts(), {1: ("a", "Passed")})
            self.assert_all_wrapped(run, 1)
            # An older ctest also reads those in directories below.
            self.assertEqual(run.stdout.count("\ntheirs\n"), 1 if ctest_version() >= (4, 0) else 2)
            self.assertIn(" begin --tree", run.stdout)
            self.assertIn(" end --tree", run.stdout)
        # As in ctest, the project's own CTestCustom.cmake takes precedence.
        (build / "CTestCustom.cmake").write_text("# theirs\n")
        self.configure(source, "build")
        self.assertEqual(self.ctest(build).verdicts()[2][1], "***Failed")

    def test_a_ctestcustom_deferred_by_the_project_keeps_our_line(self):
        source = self.project("""
            add_test(NAME a COMMAND true)
            function(late)
              file(WRITE ${CMAKE_BINARY_DIR}/CTestCustom.cmake "# theirs\\n")
            endfunction()
            cmake_language(DEFER CALL late)
            """)
        build = self.configure(source, "build")
        self.assertIn(".holdfast/custom.cmake", (build / "CTestCustom.cmake").read_text())

    def test_a_ctestcustom_generated_by_the_project_loses_our_line_only(self):
        source = self.project("""
            add_test(NAME a COMMAND true)
            file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/CTestCustom.cmake CONTENT "# theirs\\n")
            """)
        run = self.ctest(self.configure(source, "build"), "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_all_wrapped(run, 1)

    def test_a_build_in_the_source_tree_leaves_the_projects_file_alone(self):
        source = self.project("add_test(NAME a COMMAND true)\n",
                              files={"CTestCustom.cmake": "# under version control\n"})
        self.configure(source, "project")
        self.assertEqual((source / "CTestCustom.cmake").read_text(),
                         "# under version control\n")
        self.assert_all_wrapped(self.ctest(source, "-V"), 1)

    def test_a_source_directory_that_is_the_build_directory_too(self):
        # By this name CMake means the top-level directory, of which it is the binary directory.
        source = self.project("""
            add_subdirectory(build)
            add_subdirectory(two)
            """, languages="C", files={
                "build/CMakeLists.txt": """
                    add_executable(p ../p.c)
                    set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/theirs.cmake)
                    add_test(NAME in_build COMMAND p)
                    add_subdirectory(deeper)
                    """,
                "build/deeper/CMakeLists.txt": "add_test(NAME deeper COMMAND true)\n",
                "two/CMakeLists.txt": "add_test(NAME in_two COMMAND true)\n",
                "theirs.cmake": "message(NOTICE theirs)\n",
                "p.c": "int main(void) { return 0; }\n"})
        for enabled in ("OFF", "ON"):
            build = self.configure(source, "project/build", "-G", "Ninja", f"-DHOLDFAST_ENABLED={enabled}")
            self.command("cmake", "--build", build)
        self.assert_all_wrapped(self.ctest(build, "-V"), 3)
        self.assert_all_wrapped(self.ctest(build / "build", "-V"), 2)
        self.assert_all_wrapped(self.ctest(build / "build/deeper", "-V"), 1)

    def test_one_whose_binary_directory_is_elsewhere_is_left_out_of_what_needs_its_name(self):
        source = self.project("add_subdirectory(build elsewhere)\n",
                              files={"build/CMakeLists.txt": "add_test(NAME there COMMAND true)\n"})
        build = self.configure(source, "project/build")
        self.assert_all_wrapped(self.ctest(build, "-V"), 1)


if __name__ == "__main__":
    unittest.main()
