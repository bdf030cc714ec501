"""`holdfast affected` under random edits: each test that an edit turns red is taken, and not many
others. Each project says what its tests need in truth; what Holdfast takes is held against that."""

import random
import unittest

from affected_case import AffectedCase
from support import CTEST

EDITS = 100
SEED = 20261129

HEAD = """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
find_package(Holdfast REQUIRED)
set(bin ${PROJECT_BINARY_DIR})
set(src ${PROJECT_SOURCE_DIR})
"""
# Ends with 1 if a file does not begin with `good`.
READER = """#include <stdio.h>
#include <string.h>
#include "core.h"
int main(int count, char** words) {
  for (int i = 1; i < count; ++i) {
    char text[5] = "";
    FILE* file = fopen(words[i], "r");
    if (file == NULL || fread(text, 1, 4, file) != 4 || strcmp(text, "good") != 0) return 1;
    fclose(file);
  }
  return core();
}
"""
CORE = {"core/core.h": "int core(void);\n#define CORE_IS 0\n",
        "core/core.c": '#include "core.h"\nint core(void) { return CORE_IS; }\n'}
LIBRARY_FILES = ["core/core.h", "core/core.c"]
LIBRARY = """
add_library(core STATIC core/core.c)
target_include_directories(core PUBLIC core)
"""


def program(name):
    return f'#include "core.h"\nint main(void) {{ return core() + 0; }} /* {name} */\n'


class Storm(AffectedCase):
    """`needs` has for each test the files that it needs; a name that ends with a slash is a
    directory."""
    needs = {}

    def breaks(self, name):
        """Changes the file so that what needs it turns red."""
        file = self.source / name
        text = file.read_text()
        for good, bad in (("return core() + 0", "return 1"), ("CORE_IS 0", "CORE_IS 1"), ("return CORE_IS", "return 1"),
                          ("good", "bad"), ("exit 0", "exit 1"), ("GEN 0", "GEN 1"), ("return GEN", "return 1")):
            if good in text:
                return file.write_text(text.replace(good, bad))
        raise AssertionError(f"{name}: nothing to break")

    def edit(self, chance, files):
        """One or two edits. Returns the names of the files that changed."""
        changed = set()
        for name in chance.sample(files, chance.choice((1, 1, 1, 2))):
            kind = chance.random()
            if name.startswith("data/") and kind < 0.15:
                self.git("rm", "-q", name)
            elif name.startswith("data/") and kind < 0.3:
                name = name.replace(".txt", ".new.txt")
                self.write(name, "bad\n")
            elif kind < 0.45:
                self.append(name, "\n")  # nothing turns red
            else:
                self.breaks(name)
            changed.add(name)
        return changed

    def need(self, test, changed):
        return any(name == one or (one.endswith("/") and name.startswith(one))
                   for one in self.needs[test] for name in changed)

    def red(self):
        self.ninja("-k", "0")
        self.finish(CTEST, "-j2", cwd=self.tree, bound=600)
        failed = self.tree / "Testing/Temporary/LastTestsFailed.log"
        lines = failed.read_text().splitlines() if failed.exists() else []
        failed.unlink(missing_ok=True)
        return {line.split(":", 1)[1] for line in lines}

    def storm(self):
        self.repository(self.files)
        self.configure()
        self.build()
        self.assertEqual(self.red(), set())
        chance = random.Random(SEED)
        tracked = sorted(name for name in self.files if not name.endswith("CMakeLists.txt") or name.startswith("user/"))
        taken_in_all = needed_in_all = 0
        for number in range(EDITS):
            changed = self.edit(chance, tracked)
            taken = set(self.ask())
            red = self.red()
            with self.subTest(number=number, changed=changed):
                self.assertLessEqual(red, taken, self.said)
            needed = {test for test in self.needs if self.need(test, changed)}
            self.assertLessEqual(red, needed, "the project does not say what its tests need")
            taken_in_all += len(taken)
            needed_in_all += len(needed)
            self.git("reset", "-q", "--hard")
            self.git("clean", "-qfd")
        self.ninja()
        print(f"{EDITS} edits: {taken_in_all} tests taken, {needed_in_all} needed")
        self.assertLessEqual(taken_in_all, 1.5 * needed_in_all)


NAMES = ["a", "b", "c", "d", "e", "f"]


class Scripts(Storm):
    files = {
        "CMakeLists.txt": HEAD + LIBRARY + """
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${bin}/out)
foreach(name IN ITEMS a b c d e f)
  add_executable(${name} ${name}.c)
  target_link_libraries(${name} core)
endforeach()
add_executable(reader reader.c)
target_link_libraries(reader core)
add_custom_command(OUTPUT gen.h COMMAND sh ${src}/tools/gen.sh ${src}/tools/gen.in gen.h
  DEPENDS tools/gen.sh tools/gen.in)
add_executable(g g.c gen.h)
target_include_directories(g PRIVATE ${bin})
add_test(NAME a COMMAND sh -c "cd '${bin}/out' && ./a")
add_test(NAME b COMMAND sh -c "cd out; if true; then ./b; fi")
add_test(NAME c COMMAND sh -c "P='${bin}/out'; \\"$P/c\\"")
add_test(NAME d COMMAND sh -c "\\"$P/d\\"")
set_tests_properties(d PROPERTIES ENVIRONMENT P=${bin}/out)
add_test(NAME e COMMAND sh ${src}/tools/run.sh $<TARGET_FILE:e>)
add_test(NAME f COMMAND ${CMAKE_COMMAND} -E env P=out sh -c "exec $P/f")
add_test(NAME g COMMAND g)
add_test(NAME glob COMMAND sh -c "out/reader '${src}/data/one/'*.txt")
add_test(NAME listed COMMAND sh -c "for f in 1 2; do out/reader '${src}/data/two/'$f.txt || exit 1; done")
add_test(NAME within COMMAND sh -c "cd '${src}/data/two' && '${bin}/out/reader' *.txt")
add_test(NAME directory COMMAND sh ${src}/tools/all.sh ${bin}/out/reader ${src}/data/three)
add_test(NAME script COMMAND ${src}/tools/check.sh)
""",
        **CORE, **{f"{name}.c": program(name) for name in NAMES}, "reader.c": READER,
        "g.c": '#include "gen.h"\nint main(void) { return GEN; }\n',
        "tools/gen.sh": 'cat "$1" >"$2" # exit 0\n', "tools/gen.in": "#define GEN 0\n",
        "tools/run.sh": '"$1" || exit 1\nexit 0\n', "tools/check.sh": "#!/bin/sh\nexit 0\n",
        "tools/all.sh": 'reader=$1\ncd "$2" || exit 1\n"$reader" *.txt || exit 1\nexit 0\n',
        **{f"data/{place}/{number}.txt": "good\n" for place in ("one", "two", "three") for number in range(1, 4)},
    }
    needs = {
        **{name: [f"{name}.c", *LIBRARY_FILES] for name in NAMES}, "e": ["e.c", "tools/run.sh", *LIBRARY_FILES],
        "g": ["g.c", "tools/gen.in", "tools/gen.sh"],
        "glob": ["reader.c", "data/one/", *LIBRARY_FILES],
        "listed": ["reader.c", "data/two/1.txt", "data/two/2.txt", *LIBRARY_FILES],
        "within": ["reader.c", "data/two/", *LIBRARY_FILES],
        "directory": ["reader.c", "data/three/", "tools/all.sh", *LIBRARY_FILES],
        "script": ["tools/check.sh"],
    }

    def repository(self, files=None, source=None):
        super().repository(files, source)
        (self.source / "tools/check.sh").chmod(0o755)
        self.commit()

    def test_scripts(self):
        self.storm()


UNITS = [f"unit{number}" for number in range(8)]


class Builds(Storm):
    files = {
        "CMakeLists.txt": HEAD + LIBRARY + """
foreach(number RANGE 7)
  add_executable(unit${number} unit${number}.c)
  target_link_libraries(unit${number} core)
  add_test(NAME unit${number} COMMAND unit${number})
endforeach()
add_executable(reader reader.c)
target_link_libraries(reader core)
add_test(NAME reads COMMAND reader ${src}/data/1.txt ${src}/data/2.txt)
set(how --build-generator Ninja --build-options -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER})
add_test(NAME user COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${src}/user ${bin}/user ${how}
  --test-command user)
add_test(NAME source COMMAND ${CMAKE_COMMAND} -Dsource=${src} -Dbuild=${bin}/source -P ${src}/user/build.cmake)
""",
        **CORE, **{f"{name}.c": program(name) for name in UNITS}, "reader.c": READER,
        "data/1.txt": "good\n", "data/2.txt": "good\n",
        "user/CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(user C)\n"
                               "add_executable(user user.c ../core/core.c)\n"
                               "target_include_directories(user PRIVATE ../core) # exit 0\n",
        "user/user.c": program("user"),
        "user/build.cmake": "execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja -S ${source}/user -B ${build}"
                            " COMMAND_ERROR_IS_FATAL ANY)\n"
                            "execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)\n"
                            "execute_process(COMMAND ${build}/user COMMAND_ERROR_IS_FATAL ANY) # exit 0\n",
    }
    needs = {
        **{name: [f"{name}.c", *LIBRARY_FILES] for name in UNITS},
        "reads": ["reader.c", "data/1.txt", "data/2.txt", *LIBRARY_FILES],
        "user": ["user/", *LIBRARY_FILES], "source": ["user/", *LIBRARY_FILES],
    }

    def test_builds_within_tests(self):
        self.storm()


PLACES = ["p", "q", "r", "s"]


class Data(Storm):
    files = {
        "CMakeLists.txt": HEAD + LIBRARY + """
add_subdirectory(sub)
add_executable(reader reader.c)
target_link_libraries(reader core)
foreach(name IN ITEMS p q r s)
  add_test(NAME told_${name} COMMAND sh ${src}/tools/all.sh)
  set_tests_properties(told_${name} PROPERTIES ENVIRONMENT "DATA=${src}/data/${name};READER=$<TARGET_FILE:reader>")
  add_test(NAME one_${name} COMMAND reader ${name}/1.txt WORKING_DIRECTORY ${src}/data)
  add_test(NAME defined_${name} COMMAND ${CMAKE_COMMAND} -Dprogram=$<TARGET_FILE:reader> -Ddata=${src}/data/${name}
    -Dwork=${bin} -P ${src}/tools/all.cmake)
endforeach()
set_tests_properties(told_p PROPERTIES FIXTURES_SETUP p)
set_tests_properties(told_q PROPERTIES FIXTURES_REQUIRED p)
""",
        "sub/CMakeLists.txt": "add_executable(inner inner.c)\ntarget_link_libraries(inner core)\n"
                              'add_test(NAME inner COMMAND sh -c "cd .. && sub/inner || exit 1")\n',
        "sub/inner.c": program("inner"),
        **CORE, "reader.c": READER,
        "tools/all.sh": '"$READER" "$DATA"/*.txt || exit 1\nexit 0\n',
        "tools/all.cmake": "file(GLOB files ${data}/*.txt)\n"
                           "execute_process(COMMAND ${program} ${files} COMMAND_ERROR_IS_FATAL ANY) # exit 0\n",
        **{f"data/{place}/{number}.txt": "good\n" for place in PLACES for number in range(1, 4)},
    }
    needs = {
        **{f"told_{place}": ["reader.c", "tools/all.sh", f"data/{place}/", *LIBRARY_FILES] for place in PLACES},
        **{f"one_{place}": ["reader.c", f"data/{place}/1.txt", *LIBRARY_FILES] for place in PLACES},
        **{f"defined_{place}": ["reader.c", "tools/all.cmake", f"data/{place}/", *LIBRARY_FILES] for place in PLACES},
        "inner": ["sub/inner.c", *LIBRARY_FILES],
    }
    needs["told_q"] = [*needs["told_q"], "data/p/"]

    def test_data_in_directories(self):
        self.storm()


if __name__ == "__main__":
    unittest.main()
