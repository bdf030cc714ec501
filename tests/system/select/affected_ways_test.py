"""`holdfast affected`: ways to a file that are easily overlooked. Each leads to a test that the change affects."""

import os
import unittest

from affected_case import AffectedCase

MAIN = "int main(void) { return 0; }\n"
WORDS = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
set(src ${PROJECT_SOURCE_DIR})
add_executable(prog prog.c)
add_library(plug MODULE plug.c)
add_test(NAME one COMMAND prog ${src}/data/exp.txt)
add_test(NAME above COMMAND sh -c "cat \\${P}/../exp.txt")
add_test(NAME beside COMMAND sh -c "cat \\${P}/sub/../exp.txt")
add_test(NAME here COMMAND sh -c "cat \\${P}/./exp.txt")
add_test(NAME printed COMMAND sh -c "D=$(dirname ${src}/data/sub/x); cat $D/../exp.txt")
add_test(NAME response COMMAND prog @${src}/data/exp.txt)
add_test(NAME bracket COMMAND prog [${src}/data/exp.txt])
add_test(NAME fragment COMMAND prog ${src}/data/exp.txt\\#x)
add_test(NAME glued COMMAND prog -fdata/exp.txt)
set_tests_properties(glued PROPERTIES WORKING_DIRECTORY ${src})
add_test(NAME other COMMAND prog)

holdfast_add_service(db COMMAND sleep 300 READY_COMMAND true ENVIRONMENT "CONF=${src}/data/db.conf" "PLUG=$<TARGET_FILE:plug>")
add_test(NAME uses COMMAND true)
set_tests_properties(uses PROPERTIES HOLDFAST_SERVICES db)

add_subdirectory(sub)
""",
    "sub/CMakeLists.txt": """
add_custom_target(hello COMMAND true)
add_custom_command(OUTPUT made.txt COMMAND ${CMAKE_COMMAND} -E touch made.txt)
add_custom_target(makes ALL DEPENDS made.txt)
add_test(NAME place COMMAND ls ${CMAKE_CURRENT_BINARY_DIR})
""",
    "prog.c": MAIN, "plug.c": "int plug;\n", "data/exp.txt": "0\n", "data/sub/x": "\n", "data/db.conf": "\n",
}
COPIED = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
add_executable(copy copy.c)
add_custom_command(TARGET copy POST_BUILD COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:copy> ${PROJECT_BINARY_DIR}/copied)
add_test(NAME copied COMMAND ${PROJECT_BINARY_DIR}/copied)
""",
    "copy.c": MAIN,
}
INCLUDES = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
add_custom_command(OUTPUT gen/g.h COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/g.in gen/g.h DEPENDS g.in)
add_custom_target(generate DEPENDS gen/g.h)
add_executable(generated generated.c)
target_include_directories(generated PRIVATE ${PROJECT_BINARY_DIR}/gen)
add_dependencies(generated generate)
add_executable(forced prog.c)
target_compile_options(forced PRIVATE -include cfg.h)
target_include_directories(forced PRIVATE conf)
add_executable(macros prog.c)
target_compile_options(macros PRIVATE "SHELL:-imacros mac.h")
target_include_directories(macros PRIVATE conf)
add_executable(long prog.c)
target_compile_options(long PRIVATE --include=${PROJECT_SOURCE_DIR}/conf/long.h)
add_executable(linked linked.c)
target_include_directories(linked PRIVATE ${PROJECT_SOURCE_DIR})
add_executable(other prog.c)
foreach(name IN ITEMS generated forced macros long linked other)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
""",
    "generated.c": f'#include "g.h"\n{MAIN}', "g.in": "#define G 1\n", "prog.c": MAIN,
    "conf/cfg.h": "#define CFG 1\n", "conf/mac.h": "#define MAC 1\n", "conf/long.h": "#define LONG 1\n",
    "linked.c": f'#include "api/api.h"\n{MAIN}', "lib/include/api.h": '#include "../h.h"\n', "lib/h.h": "#define H 1\n",
}


class Words(AffectedCase):
    files = WORDS

    def assert_with_one(self, file, *tests):
        self.built()
        self.append(file)
        self.assertEqual(sorted(self.ask()), sorted(tests), self.said)

    def test_what_follows_an_unknown_part_may_lead_up(self):
        self.assert_with_one("data/exp.txt", "one", "above", "beside", "here", "printed", "response", "bracket",
                             "fragment", "glued")

    def test_the_environment_of_a_service_names_files(self):
        self.assert_with_one("data/db.conf", "uses")
        self.back()
        self.append("plug.c")
        self.assertEqual(self.ask(), ["uses"])
        self.assertEqual(self.ask("--format", "targets"), ["libplug.so"])

    def test_a_target_that_makes_no_file_is_never_built(self):
        self.built()
        self.append("prog.c")
        self.assertNotIn("place", self.ask())
        self.assertNotIn("is not built", self.said)


class Copied(AffectedCase):
    files = COPIED

    def test_what_makes_a_program_that_ninja_does_not_know_is_in_all(self):
        self.built()
        self.append("copy.c")
        self.assertEqual(self.ask(), ["copied"])
        self.assertEqual(self.ask("--format", "targets"), ["all"])


class Includes(AffectedCase):
    files = INCLUDES

    def setUp(self):
        super().setUp()
        self.share(self.files, "configured")

    def repository(self, files=INCLUDES, source=None):
        (self.source / "lib/include").mkdir(parents=True)
        os.symlink("lib/include", self.source / "api")
        super().repository(files, source)

    def test_before_the_first_build(self):
        self.assert_tests()

    def test_after_a_build(self):
        self.restore("built")
        self.assert_tests(state="built")

    def assert_tests(self, state="configured"):
        for file, test in (("g.in", "generated"), ("conf/cfg.h", "forced"), ("conf/mac.h", "macros"),
                           ("conf/long.h", "long"), ("lib/h.h", "linked")):
            with self.subTest(file):
                self.append(file)
                self.assertIn(test, self.ask(), self.said)
                if state == "built":
                    self.assertNotIn("other", self.ask(), self.said)
                self.restore(state)


if __name__ == "__main__":
    unittest.main()
