"""`holdfast affected` on each kind of target: the tests named are those whose programs `ninja -n` would
link anew."""

import re
import subprocess
import unittest

from affected_case import AffectedCase
from support import ctest_version, major_of_gcc

CODE = """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
include_directories(.)
add_library(objects OBJECT objects.c)
add_library(shared SHARED shared.c)
add_library(archive STATIC archive.c)
target_link_libraries(archive PUBLIC objects)
add_library(headers INTERFACE)
target_include_directories(headers INTERFACE headers)
add_custom_command(OUTPUT gen.h gen.txt
  COMMAND ${CMAKE_COMMAND} -E copy_if_different ${PROJECT_SOURCE_DIR}/gen.in gen.h
  COMMAND ${CMAKE_COMMAND} -E touch gen.txt DEPENDS gen.in)
add_executable(with_objects a.c $<TARGET_OBJECTS:objects>)
add_executable(with_shared b.c)
target_link_libraries(with_shared shared)
add_executable(with_archive c.c)
target_link_libraries(with_archive archive headers)
add_executable(with_pch d.c e.c)
target_precompile_headers(with_pch PRIVATE pch.h)
add_executable(with_unity f.c g.c)
set_target_properties(with_unity PROPERTIES UNITY_BUILD ON)
add_executable(with_generated h.c ${PROJECT_BINARY_DIR}/gen.h)
target_include_directories(with_generated PRIVATE ${PROJECT_BINARY_DIR})
add_executable(with_script i.c)
set_target_properties(with_script PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/link.txt)
foreach(name IN ITEMS objects shared archive pch unity generated script)
  add_test(NAME ${name} COMMAND with_${name})
endforeach()
"""
MAIN = "int main(void) { return 0; }\n"
FILES = {
    "CMakeLists.txt": CODE,
    "objects.c": '#include "objects.h"\nint objects(void) { return 1; }\n', "objects.h": "int objects(void);\n",
    "shared.c": '#include "shared.h"\nint shared(void) { return 2; }\n', "shared.h": "int shared(void);\n",
    "archive.c": "int archive(void) { return 3; }\n", "headers/only.h": "#define ONLY 4\n",
    "common.h": "#define COMMON 5\n", "pch.h": '#include "pch_deep.h"\n', "pch_deep.h": "#define DEEP 6\n",
    "a.c": f'#include "objects.h"\n{MAIN}', "b.c": f'#include "shared.h"\n{MAIN}', "c.c": f'#include "only.h"\n{MAIN}',
    "d.c": MAIN, "e.c": '#include "common.h"\nint e;\n', "f.c": MAIN, "g.c": '#include "g.h"\nint g;\n', "g.h": "#define G 7\n",
    "h.c": f'#include "gen.h"\n{MAIN}', "gen.in": "#define GEN 8\n", "i.c": MAIN, "link.txt": "link\n",
}


class TargetsCase(AffectedCase):
    def assert_as_ninja(self, said=""):
        linked, _ = self.would_link()
        expected = [test for test, program in self.programs().items() if program in linked]
        self.assertEqual(self.ask(), expected, self.said)
        self.assertRegex(self.said, f"^{said}$" if said == "" else said)
        return expected


class Targets(TargetsCase):
    files = FILES

    def test_what_ninja_would_link(self):
        self.built()
        named = {}
        for file in sorted(FILES.keys() - {"CMakeLists.txt"}):
            with self.subTest(file):
                self.append(file)
                named[file] = self.assert_as_ninja()
                self.restore("built")
        self.assertEqual({file: tests for file, tests in named.items() if file in (
            "objects.h", "shared.c", "headers/only.h", "pch_deep.h", "g.h", "gen.in", "link.txt")}, {
            "objects.h": ["objects", "archive"], "shared.c": ["shared"], "headers/only.h": ["archive"],
            "pch_deep.h": ["pch"], "g.h": ["unity"], "gen.in": ["generated"], "link.txt": ["script"]})

    def test_a_record_that_is_older_than_what_was_compiled(self):
        self.built()
        self.append("b.c", '#include "common.h"\n')
        self.commit()
        # Ninja is killed while it compiles: the compiler goes on to its end.
        step = self.ninja("-t", "commands", "CMakeFiles/with_shared.dir/b.c.o").splitlines()[-1]
        subprocess.run(step, shell=True, cwd=self.tree, check=True)
        self.append("common.h")
        self.assertEqual(self.assert_as_ninja(), ["shared", "pch"])
        self.build()
        self.assertEqual(self.ask(), ["shared", "pch"])
        self.assertEqual(self.said, "")

    def test_what_was_generated_before_its_input_changed(self):
        self.built()
        self.append("gen.in", '#include "common.h"\n')
        self.commit()
        self.append("common.h")
        self.assertEqual(self.assert_as_ninja(r"1 test may need what changed: gen\.h is older than \S.*/gen\.in"),
                         ["pch", "generated"])
        self.build()
        self.assertEqual(self.ask(), ["pch", "generated"])
        self.assertEqual(self.said, "")
        # An output that is left as it is stays older than its input, and is up to date.
        (self.source / "gen.in").touch()
        self.ninja()
        self.assertLess((self.tree / "gen.h").stat().st_mtime_ns, (self.source / "gen.in").stat().st_mtime_ns)
        self.assertTrue(re.search("no work to do", self.ninja("-n")))
        self.commit()
        self.append("a.c")
        self.assertEqual(self.ask(), ["objects"])
        self.assertEqual(self.said, "")


MODULES = {
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.28)
project(@NAME@ CXX)
set(CMAKE_CXX_STANDARD 20)
enable_testing()
add_library(words)
target_sources(words PUBLIC FILE_SET CXX_MODULES FILES words.cppm letters.cppm)
add_executable(app main.cpp)
target_link_libraries(app words)
add_executable(other other.cpp)
foreach(name IN ITEMS app other)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
""",
    "letters.cppm": 'module;\n#include "deep.h"\nexport module letters;\nexport int letter() { return DEEP; }\n',
    "words.cppm": "export module words;\nimport letters;\nexport int word() { return letter(); }\n",
    "deep.h": "#define DEEP 3\n", "late.h": "#define LATE 4\n", "main.cpp": "import words;\nint main() { return word() - 3; }\n",
    "other.cpp": '#include "late.h"\nint main() { return 0; }\n',
}


@unittest.skipUnless(ctest_version() >= (3, 28) and major_of_gcc() >= 14, "needs CMake 3.28 and GCC 14")
class Modules(TargetsCase):
    files = MODULES

    def test_what_ninja_would_link(self):
        self.built()
        for file in sorted(MODULES.keys() - {"CMakeLists.txt"}):
            with self.subTest(file):
                self.append(file)
                self.assertEqual(self.assert_as_ninja(), ["other"] if file in ("other.cpp", "late.h") else ["app"])
                self.restore("built")

    def test_a_module_that_was_built_before_what_it_imports_changed(self):
        self.built()
        self.write("letters.cppm", MODULES["letters.cppm"].replace("deep.h", "late.h").replace("DEEP", "LATE"))
        self.commit()
        self.append("late.h")
        self.assertEqual(self.assert_as_ninja(), ["app", "other"])


if __name__ == "__main__":
    unittest.main()
