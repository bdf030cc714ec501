"""`holdfast affected`: tests that reach their files through a shell, a variable, a directory, a glob,
or a build of their own. What is certain is taken for certain, and a doubt takes the test."""

import unittest

from affected_case import AffectedCase

CODE = """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
set(bin ${PROJECT_BINARY_DIR})
set(src ${PROJECT_SOURCE_DIR})
add_library(core STATIC core.c)
foreach(name IN ITEMS prog other)
  add_executable(${name} ${name}.c)
  target_link_libraries(${name} core)
endforeach()
set_target_properties(prog PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${bin}/d)

add_test(NAME direct COMMAND prog)
add_test(NAME other COMMAND other)
add_test(NAME cd COMMAND sh -c "cd \\"${bin}/d\\" && ./prog")
add_test(NAME cd_relative COMMAND sh -c "cd d && ./prog")
add_test(NAME chdir COMMAND ${CMAKE_COMMAND} -E chdir d ./prog)
add_test(NAME assigned COMMAND sh -c "P=\\"${bin}/d\\"; \\"$P/prog\\"")
add_test(NAME environment COMMAND sh -c "\\"$P/prog\\"")
set_tests_properties(environment PROPERTIES ENVIRONMENT P=${bin}/d)
add_test(NAME modified COMMAND sh -c "\\"$P/prog\\"")
set_tests_properties(modified PROPERTIES ENVIRONMENT_MODIFICATION P=set:${bin}/d)
add_test(NAME by_path COMMAND sh -c prog)
set_tests_properties(by_path PROPERTIES ENVIRONMENT_MODIFICATION PATH=path_list_prepend:${bin}/d)
add_test(NAME unknown COMMAND sh -c "$NOBODY_SETS_THIS/prog")
add_test(NAME elsewhere COMMAND sh -c "cd $NOBODY_SETS_THIS && ./prog")
add_test(NAME nowhere COMMAND sh -c "./prog || true")

add_test(NAME one COMMAND cat ${src}/data/a.txt)
add_test(NAME glob COMMAND sh -c "cat \\"${src}/data/\\"*.txt")
add_test(NAME escaped COMMAND sh -c "cat \\"${src}\\"/data/b\\\\ c.txt")
add_test(NAME bare COMMAND sh -c "cd \\"${src}/data\\" && cat a.txt")
add_test(NAME directory COMMAND ls ${src}/data)
add_test(NAME defined COMMAND ${CMAKE_COMMAND} -Ddata=${src}/data -P ${src}/look.cmake)
add_test(NAME told COMMAND true)
set_tests_properties(told PROPERTIES ENVIRONMENT DATA=${src}/data)
add_test(NAME top COMMAND true ${src})
add_test(NAME made COMMAND true ${bin}/d)
add_test(NAME built COMMAND sh ${src}/run.sh ${bin})
add_test(NAME output COMMAND other --output=${bin} --file=out/x.txt)
if(NOT NOT_BLIND)
  add_test(NAME blind COMMAND sh -c "$NOBODY_SETS_THIS")
endif()
"""
FILES = {
    "CMakeLists.txt": CODE,
    "core.c": "int core(void) { return 0; }\n",
    "prog.c": "int core(void);\nint main(void) { return core(); }\n",
    "other.c": "int core(void);\nint main(void) { return core(); }\n",
    "look.cmake": "file(GLOB all ${data}/*)\n",
    "run.sh": "exec $1/d/prog\n",
    "data/a.txt": "a\n", "data/b c.txt": "b\n", "data/d.dat": "d\n",
    "free/rule.txt": "\n", "README.md": "\n", "doc/x.txt": "\n",
    "holdfast.toml": "[[affected]]\nfiles = 'free/'\ntests = '^other$'\n",
}
BY_SHELL = ["direct", "cd", "cd_relative", "chdir", "assigned", "environment", "modified", "by_path", "unknown",
            "elsewhere", "nowhere", "made", "built"]
BY_DIRECTORY = ["directory", "defined", "told"]


class Shell(AffectedCase):
    files = FILES

    def assert_these(self, *tests):
        """The tests that a change affects, in any order, besides the one that says nothing."""
        self.assertEqual(sorted(self.ask()), sorted([*tests, "blind"]), self.said)

    def test_a_program_is_found_however_a_command_leads_to_it(self):
        self.built()
        self.append("prog.c")
        self.assert_these(*BY_SHELL)
        self.append("core.c")
        self.assert_these(*BY_SHELL, "other", "output")
        self.back()
        self.append("other.c")
        self.assert_these("other", "output", "built")

    def test_what_is_not_certain_is_said(self):
        self.built()
        self.append("prog.c")
        self.told()
        reasons = {name: reasons for name, reasons in self.explained.items()}
        through = [{"why": "rebuilt", "file": "prog.c", "through": "d/prog"}]
        for name in ("cd", "cd_relative", "chdir", "assigned", "environment", "modified", "by_path"):
            self.assertEqual(reasons[name][:1], through, name)
        for name, word in {"unknown": "$NOBODY_SETS_THIS/prog", "elsewhere": "./prog", "nowhere": "./prog",
                           "blind": "$NOBODY_SETS_THIS"}.items():
            self.assertEqual(reasons[name], [{"why": "unclear", "file": "prog.c", "through": word, "by": "command"}])
        lines = self.ask("--explain")
        self.assertIn("  prog.c, if ./prog of its command leads there", lines)
        self.assertIn("  prog.c, for " + str(self.tree / "d") + ", which its command names", lines)
        self.assertIn("4 tests may need what changed: nobody knows where $NOBODY_SETS_THIS/prog leads", self.said)

    def test_data_is_found_by_its_directory_or_a_glob(self):
        self.built()
        for change, tests in {"data/a.txt": ["one", "glob"], "data/b c.txt": ["glob", "escaped"],
                              "data/d.dat": [], "data/new.txt": ["glob"], "data/deep/new.dat": []}.items():
            with self.subTest(change):
                self.write(change, "changed\n")
                self.assert_these(*tests, *BY_DIRECTORY, "bare", "top")
                self.assertEqual({one["known_by"] for one in self.told()["changes"]}, {"test"})
                self.back()

    def test_a_file_that_was_removed_is_below_its_directory(self):
        self.built()
        self.git("rm", "-rq", "data")
        self.assert_these("one", "glob", "escaped", "bare", *BY_DIRECTORY, "top")

    def test_the_top_counts_for_what_the_build_does_not_know(self):
        self.built()
        self.write("free/rule.txt", "changed\n")
        self.assert_these("other", "top")

    def test_a_doubt_knows_no_file_and_documentation_raises_none(self):
        self.built()
        self.write("README.md", "changed\n")
        self.write("doc/x.txt", "changed\n")
        self.assert_affected()
        self.write("sub/prog", "changed\n")
        self.assertIn("all tests: nobody knows sub/prog", (self.ask(), self.said)[1])

    def test_ignored_files_raise_no_doubt(self):
        self.built()
        self.write("holdfast.toml", "[[affected]]\nignore = ['free/', 'holdfast.toml']\n")
        self.write("free/prog", "changed\n")
        self.assert_affected()

    def test_targets_have_what_a_directory_or_a_doubt_may_need(self):
        self.built()
        self.append("prog.c")
        self.assertEqual(self.ask("--format", "targets"), ["all"])  # the one that says nothing
        self.configure("-DNOT_BLIND=1")
        self.assertIn("prog", self.ask("--format", "targets"))


NESTED = """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
set(nested --build-generator Ninja --build-options -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER})
include_directories(include)
add_library(core STATIC core.c)
foreach(name IN ITEMS unit other)
  add_executable(${name} ${name}.c)
  target_link_libraries(${name} core)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
add_test(NAME user COMMAND ${CMAKE_CTEST_COMMAND}
  --build-and-test ${PROJECT_SOURCE_DIR}/user ${PROJECT_BINARY_DIR}/user ${nested})
add_test(NAME by_script COMMAND ${CMAKE_COMMAND} -Dbuild=${PROJECT_BINARY_DIR}/by_script
  -P ${PROJECT_SOURCE_DIR}/build.cmake)
"""
NESTED_FILES = {
    "CMakeLists.txt": NESTED,
    "include/core.h": "int core(void);\n",
    "core.c": '#include "core.h"\nint core(void) { return 0; }\n',
    "unit.c": '#include "core.h"\nint main(void) { return core(); }\n',
    "other.c": '#include "core.h"\nint main(void) { return core(); }\n',
    "user/CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(user C)\n"
                           "add_executable(user user.c ../core.c)\ntarget_include_directories(user PRIVATE ../include)\n",
    "user/user.c": '#include "core.h"\nint main(void) { return core(); }\n',
    "build.cmake": "execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/user -B ${build})\n"
                   "execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)\n",
}


class Nested(AffectedCase):
    files = NESTED_FILES

    def test_a_build_of_a_test_may_read_any_header_and_source_of_a_library(self):
        self.built()
        for change, tests in {"include/core.h": ["unit", "other", "user", "by_script"],
                              "core.c": ["unit", "other", "user", "by_script"], "unit.c": ["unit"],
                              "user/user.c": ["user", "by_script"]}.items():
            with self.subTest(change):
                self.append(change)
                self.assertEqual(self.ask(), tests, self.said)
                self.back()
        self.append("core.c")
        self.told()
        self.assertEqual(self.explained["user"], [{"why": "nested", "file": "core.c"}])
        self.assertIn("  core.c, which the build that it starts may read", self.ask("--explain"))

    def test_such_a_test_that_turns_red_is_taken(self):
        self.built()
        self.write("include/core.h", "int core(int);\n")
        done = self.finish("ctest", "-R", "user|by_script", cwd=self.tree, bound=120)
        self.assertEqual(done.returncode, 8, done.stdout)
        self.assertEqual(self.ask()[-2:], ["user", "by_script"])


if __name__ == "__main__":
    unittest.main()
