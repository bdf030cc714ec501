"""`holdfast affected`: which files and which other tests a test needs."""

import os
import shutil
import unittest

from affected_case import PROJECT, AffectedCase

CODE = """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
add_executable(tool tool.c)
set_target_properties(tool PROPERTIES RUNTIME_OUTPUT_DIRECTORY bin)
add_executable(server server.c)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/sub)
add_custom_command(OUTPUT sub/place.txt
  COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/place.txt sub/place.txt DEPENDS place.txt)
add_custom_target(place ALL DEPENDS sub/place.txt)
set(in_source WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})

add_test(NAME relative COMMAND sh -c true place.txt WORKING_DIRECTORY sub)
add_test(NAME plain COMMAND true data/a.txt ${in_source})
add_test(NAME value COMMAND true --input=data/a.txt ${in_source})
add_test(NAME variable COMMAND true ${in_source})
set_tests_properties(variable PROPERTIES ENVIRONMENT "INPUT=data/b.txt;MODE=all")
add_test(NAME modified COMMAND true)
set_tests_properties(modified PROPERTIES
  ENVIRONMENT_MODIFICATION "INPUT=set:${PROJECT_SOURCE_DIR}/data/b.txt;PATH=path_list_prepend:/nowhere")
add_test(NAME words COMMAND true all tool --mode=tool --what=place place)

add_test(NAME fill COMMAND tool)
set_tests_properties(fill PROPERTIES FIXTURES_SETUP filled FIXTURES_REQUIRED opened)
add_test(NAME opens COMMAND true ${PROJECT_SOURCE_DIR}/data/c.txt)
set_tests_properties(opens PROPERTIES FIXTURES_SETUP opened)
add_test(NAME reads COMMAND true)
set_tests_properties(reads PROPERTIES FIXTURES_REQUIRED filled)
add_test(NAME after COMMAND true)
set_tests_properties(after PROPERTIES DEPENDS "reads;nosuch")
add_test(NAME empties COMMAND true ${PROJECT_SOURCE_DIR}/data/d.txt)
set_tests_properties(empties PROPERTIES FIXTURES_CLEANUP filled)

holdfast_add_service(disk COMMAND sleep 1000 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  HEALTH_COMMAND sh data/e.txt)
holdfast_add_service(db COMMAND server --data=${PROJECT_SOURCE_DIR}/data/f.txt DEPENDS disk
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} READY_COMMAND sh data/g.txt INIT_COMMAND sh data/h.txt
  RESET_COMMAND sh data/i.txt STOP_COMMAND sh data/j.txt)
add_test(NAME served COMMAND true)
set_tests_properties(served PROPERTIES HOLDFAST_SERVICES db)
add_test(NAME by_file COMMAND true)
"""
FILES = {
    "CMakeLists.txt": CODE, "tool.c": "int main(void) { return 0; }\n", "server.c": "int main(void) { return 0; }\n",
    "place.txt": "here\n", "holdfast.toml": '[[override]]\ntest = "^by_file$"\nservices = ["disk"]\n',
    **{f"data/{letter}.txt": "true\n" for letter in "abcdefghij"},
}


class Named(AffectedCase):
    files = FILES

    def test_of_a_file_the_tests_that_name_it_wherever_they_run(self):
        self.built()
        self.assert_affected()
        for file, *tests in [("place.txt", "relative"), ("data/a.txt", "plain", "value"),
                             ("data/b.txt", "variable", "modified"), ("data/d.txt", "empties")]:
            with self.subTest(file):
                (self.source / "sub").mkdir(exist_ok=True)  # the tests run in the build tree
                self.append(file, "x")
                self.assertEqual(self.ask("--tree", self.tree, cwd=self.source), tests, self.said)
                self.assertEqual(self.said, "")
                self.restore("built")
        self.append("data/b.txt", "x")
        self.assertEqual(self.ask("--explain")[1::2], [
            "  data/b.txt, which its ENVIRONMENT names", "  data/b.txt, which its ENVIRONMENT_MODIFICATION names"])

    def test_of_a_setup_or_an_earlier_test_those_that_need_it(self):
        self.built()
        self.append("tool.c")
        # In ctest's list, a cleanup depends on the tests that need the fixture.
        self.assert_affected("fill", "reads", "after")
        self.assertEqual(self.ask("--explain")[2:], [
            "reads", "  the test fill, for fixture filled", "after", "  the test reads, for DEPENDS"])
        self.told()
        self.assertEqual(self.explained["after"], [{"why": "needs", "test": "reads", "through": "DEPENDS"}])
        self.restore("built")
        self.append("data/c.txt", "x")
        self.assert_affected("fill", "opens", "reads", "after")

    def test_of_a_service_those_that_use_it(self):
        self.built()
        for file, *tests in [("data/e.txt", "served", "by_file"), ("server.c", "served"),
                             *((f"data/{letter}.txt", "served") for letter in "fghij")]:
            with self.subTest(file):
                self.append(file)
                self.assert_affected(*tests)
                self.restore("built")
        self.append("data/f.txt")
        self.assertEqual(self.ask("--explain"), ["served", "  data/f.txt, which its service db names"])

    def test_a_rule_that_names_no_test_knows_no_file(self):
        self.built()
        self.write("holdfast.toml", "[[affected]]\nfiles = ['free/*', 'tool.c']\ntests = 'ghost'\n")
        self.commit()
        self.append("tool.c")
        self.assertEqual(self.ask(), ["fill", "reads", "after"])
        self.assertEqual(self.said, "holdfast: `tests` fits no test in holdfast.toml:1, [[affected]]\n")
        self.write("free/x", "x")
        self.assertEqual(len(self.ask()), 13)
        self.assertIn("all tests: nobody knows free/x (", self.said)

    def test_a_directory_that_a_word_means_only_by_chance_knows_no_file(self):
        self.built()
        self.write("sh/x", "x")  # a service runs the program `sh` there
        self.assertEqual(self.told()["changes"], [{"file": "sh/x", "known_by": "nobody"}])

    def test_a_file_that_left_the_index_and_is_still_there_is_one_change(self):
        self.built()
        self.write("holdfast.toml", "[[affected]]\nignore = '*.md'\n")
        self.write("read.md", "x")
        self.commit()
        self.git("rm", "-q", "--cached", "read.md")
        (self.tree / "bin/tool").unlink()  # in doubt
        self.assertEqual([one for one in self.told()["changes"]], [{"file": "read.md", "known_by": "ignored"}])
        self.assertEqual(self.explained, {})


class Elsewhere(AffectedCase):
    def test_a_program_that_ninja_does_not_make_is_taken_and_a_line_says_so(self):
        self.built({"CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ NONE)
enable_testing()
add_test(NAME foreign COMMAND ${PROJECT_BINARY_DIR}/inner/true)
add_test(NAME named COMMAND true ${PROJECT_SOURCE_DIR}/a.txt)
file(WRITE ${PROJECT_BINARY_DIR}/made.txt "by CMake")
add_test(NAME reads COMMAND true ${PROJECT_BINARY_DIR}/made.txt)
""", "a.txt": "a\n"})
        (self.tree / "inner").mkdir()
        shutil.copy("/bin/true", self.tree / "inner/true")
        self.assert_affected()
        self.append("a.txt")
        self.assertEqual(self.ask(), ["foreign", "named"])
        self.assertEqual(self.said, f"holdfast: 1 test may need what changed: no step of Ninja makes {self.tree}/inner/true\n")


class Index(AffectedCase):
    files = PROJECT

    def test_git_writes_no_index_and_takes_no_lock(self):
        self.built()
        os.utime(self.source / "README.md", (1e9, 1e9))  # git has to look whether it is the same
        index = self.source / ".git/index"
        before = index.stat()
        self.assert_affected()
        self.append("two.cpp")
        (self.source / ".git/index.lock").touch()  # somebody commits
        self.assert_affected("two")
        after = index.stat()
        self.assertEqual((after.st_ino, after.st_mtime_ns, after.st_ctime_ns),
                         (before.st_ino, before.st_mtime_ns, before.st_ctime_ns))


if __name__ == "__main__":
    unittest.main()
