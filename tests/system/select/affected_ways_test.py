"""`holdfast affected`: ways to a file that are easily overlooked. Each leads to a test that the change affects."""

import os
import unittest

from affected_case import AffectedCase
from support import HOLDFAST

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
add_test(NAME named COMMAND prog ${src}/more/x.txt)
add_test(NAME joined COMMAND prog -Imore)
set_tests_properties(joined PROPERTIES WORKING_DIRECTORY ${src})
add_library(unused unused.c)

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
    "more/x.txt": "\n", "unused.c": "int unused;\n",
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
GONE = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
add_library(lib lib.c)
add_test(NAME gone COMMAND ${PROJECT_BINARY_DIR}/nobody-makes-this ${PROJECT_SOURCE_DIR}/data.txt)
""",
    "lib.c": "int lib;\n", "data.txt": "\n",
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


GLOBS = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
file(GLOB sources CONFIGURE_DEPENDS src/doc/*.c)
add_executable(prog prog.c ${sources})
file(GLOB_RECURSE texts CONFIGURE_DEPENDS res/*.txt)
add_custom_command(OUTPUT texts.c COMMAND sh ${PROJECT_SOURCE_DIR}/embed.sh ${texts} DEPENDS ${texts} embed.sh)
add_executable(embeds texts.c)
add_test(NAME prog COMMAND prog)
add_test(NAME embeds COMMAND embeds)
add_test(NAME lists COMMAND ls ${PROJECT_SOURCE_DIR}/res)
""",
    "prog.c": MAIN, "src/doc/a.c": "int a;\n", "res/a.txt": "a\n", "res/deep/b.txt": "b\n",
    "embed.sh": f"echo '{MAIN.strip()}' >texts.c\n",
}


class Globs(AffectedCase):
    """What CMake lists at configure time: with another file, it configures the tree again."""

    files = GLOBS

    def test_a_new_file_is_read_by_cmake(self):
        for file in ("src/doc/new.c", "res/new.txt", "res/deep/new.txt"):
            with self.subTest(file):
                self.built()
                self.write(file, "\n")
                self.assertEqual(self.ask(), ["prog", "embeds", "lists"])
                self.assertIn("all tests: CMake configures the build tree with ", self.said)
                self.build()
                self.assertLess(len(self.ask()), 3)

    def test_a_file_that_is_gone_still_counts_after_the_build(self):
        self.built()
        (self.source / "res/deep/b.txt").unlink()
        self.assertIn("embeds", self.ask())
        self.build()
        self.assertIn("embeds", self.ask())


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

    def test_a_directory_follows_a_short_option(self):
        self.assert_with_one("more/x.txt", "joined", "named")

    def test_a_source_that_no_test_needs_is_named(self):
        self.assert_with_one("unused.c")
        self.assertIn("no test needs unused.c", self.said)

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


class Gone(AffectedCase):
    files = GONE

    def test_what_makes_a_program_that_is_not_there_is_in_all(self):
        self.built()
        self.append("lib.c")
        self.assertEqual(self.ask(), ["gone"])
        self.assertEqual(self.ask("--format", "targets"), ["all"])

    def test_the_arguments_of_a_program_that_is_not_there_name_files(self):
        self.built()
        self.append("data.txt")
        self.assertEqual(self.told()["changes"], [{"file": "data.txt", "known_by": "test"}])


class Generators(AffectedCase):
    """A custom command that names a program or a script which is not in its DEPENDS."""

    files = {
        "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
add_executable(gentool gentool.c)
add_custom_command(OUTPUT tool.c COMMAND gentool tool.c)
add_executable(by_tool tool.c)
add_custom_command(OUTPUT script.c COMMAND sh ${PROJECT_SOURCE_DIR}/gen.sh script.c DEPENDS list.txt)
add_executable(by_script script.c)
add_executable(other other.c)
foreach(name IN ITEMS by_tool by_script other)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
add_test(NAME itself COMMAND sh ${PROJECT_SOURCE_DIR}/gen.sh /dev/null)
""",
        "gentool.c": f'''#include <stdio.h>
int main(int c, char** v) {{ FILE* f = fopen(v[1], "w"); fprintf(f, "{MAIN.strip()}"); return fclose(f); }}
''',
        "gen.sh": f"echo '{MAIN.strip()}' >$1\n", "other.c": MAIN, "list.txt": "\n",
    }

    def test_the_program_and_the_script_count(self):
        for state in ("built", "configured"):
            for file, tests in (("gentool.c", ["by_tool"]), ("gen.sh", ["by_script", "itself"])):
                with self.subTest(file=file, state=state):
                    self.share(self.files, state)
                    self.append(file, "# \n" if file.endswith(".sh") else "// \n")
                    self.assertLessEqual(set(tests), set(self.ask()), self.said)
                    if state == "built":
                        self.assertEqual(self.ask(), tests)


class Many(AffectedCase):
    """Ninja needs half a MiB of stack. With a stack of one, it is asked for 64 KiB of targets at once."""

    files = {
        "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
string(REPEAT x 200 long)
foreach(name IN ITEMS first second third)
  add_executable(${name} EXCLUDE_FROM_ALL ${name}.c)
  add_test(NAME ${name} COMMAND ${name})
  foreach(i RANGE 200)
    add_custom_target(${name}-${i}-${long})
  endforeach()
endforeach()
add_custom_target(programs ALL DEPENDS third)
""",
        "first.c": MAIN, "second.c": f"{MAIN}\n", "third.c": f"{MAIN}\n\n",
    }

    def test_all_answers_of_ninja_count(self):
        self.built()
        self.build("--target", "first", "second")
        for name in ("first", "second", "third"):
            with self.subTest(name):
                self.append(f"{name}.c")
                done = self.finish("sh", "-c", 'ulimit -s 1024; exec "$@"', "sh", HOLDFAST, "affected", "--since", "HEAD",
                                   cwd=self.tree, env=self.git_environment(), bound=120)
                self.assertEqual((done.returncode, done.stdout.decode(), done.stderr), (0, f"{name}\n", b""))
                self.git("checkout", "-q", f"{name}.c")


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
