"""`holdfast affected`: files by other paths than their own (links, copies, paths within words), and files
that steps make in the source tree."""

import os
import unittest

from affected_case import AffectedCase

MAIN = "int main(void) { return 0; }\n"


class OtherPaths(AffectedCase):
    """The same answer before the build and after it."""

    links = {}

    def repository(self, files, source=None):
        source = source or self.source
        source.mkdir(parents=True)
        for link, target in self.links.items():
            (source / link).symlink_to(target)
        super().repository(files, source)

    def retarget(self, link, target):
        (self.source / link).unlink()
        (self.source / link).symlink_to(target)

    def assert_before_and_after(self, *tests):
        self.assert_affected(*tests)
        self.build()
        self.assert_affected(*tests)
        self.restore("built")
        self.assert_affected()


class Links(OtherPaths):
    links = {"data": "data1", "a.h": "b.h", "b.h": "c.h"}
    files = {
        "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
foreach(name IN ITEMS inc straight chain short)
  add_executable(${name} ${name}.c)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
target_include_directories(inc PRIVATE data)
add_test(NAME dir COMMAND ls ${PROJECT_SOURCE_DIR}/data)
add_test(NAME file COMMAND cat ${PROJECT_SOURCE_DIR}/data/x.txt)
add_test(NAME relative COMMAND cat data/x.txt WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
add_test(NAME second COMMAND cat ${PROJECT_SOURCE_DIR}/data2/x.txt)
add_test(NAME end COMMAND cat ${PROJECT_SOURCE_DIR}/a.h)
""",
        "inc.c": f'#include "x.h"\n{MAIN}', "straight.c": f'#include "data2/x.h"\n{MAIN}',
        "chain.c": f'#include "a.h"\n{MAIN}', "short.c": f'#include "b.h"\n{MAIN}',
        **{f"{name}.h": f"#define NAME '{name}'\n" for name in ("c", "d", "data1/x", "data2/x")},
        "data1/x.txt": "1\n", "data2/x.txt": "2\n",
    }

    def test_a_link_on_the_way_leads_elsewhere(self):
        self.built()
        self.retarget("data", "data2")
        (self.source / "data2/x.h").touch()
        self.assertIn("inc", self.would_link()[0])
        # `straight` would be linked because of the touch alone: its header has no other content.
        self.assert_affected("inc", "dir", "file", "relative")
        self.build()
        self.assert_affected("inc", "dir", "file", "relative")

    def test_a_link_in_a_chain_leads_elsewhere(self):
        self.built()
        self.retarget("b.h", "d.h")
        os.utime(self.source / "d.h")
        self.assert_before_and_after("chain", "short", "end")


class Words(OtherPaths):
    files = {
        "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(@NAME@ C)
enable_testing()
add_executable(p p.c)
add_custom_command(TARGET p POST_BUILD COMMAND cp p copied COMMAND ln -sf p linked)
set(tree ${PROJECT_BINARY_DIR})
add_test(NAME copied COMMAND env ${tree}/copied)
add_test(NAME near_copy COMMAND env ./copied)
add_test(NAME linked COMMAND env ./linked)
add_test(NAME value COMMAND true --define=PROG=${tree}/p)
add_test(NAME shell COMMAND sh -c "cd / && \\"${tree}/p\\" </dev/null")
add_test(NAME near COMMAND sh -c "./p | cat")
add_test(NAME glued COMMAND true -f${tree}/p)
add_test(NAME variable COMMAND true)
set_tests_properties(variable PROPERTIES ENVIRONMENT "ARGS=-v --prog=${tree}/p")
add_test(NAME other COMMAND sh -c "echo p /p ./q")
""",
        "p.c": MAIN,
    }

    def test_a_program_within_a_word_a_link_and_a_copy(self):
        self.built()
        self.append("p.c")
        for _ in range(2):
            self.assertEqual(self.ask(), ["copied", "near_copy", "linked", "value", "shell", "near", "glued", "variable"])
            self.assertEqual(self.said, "holdfast: 2 tests may need what changed: no step of Ninja makes "
                             f"{self.tree}/copied, no step of Ninja makes ./copied\n")
            self.build()


class Generated(OtherPaths):
    # Before 3.20, CMake leaves depfiles to Ninja as they are.
    files = {
        "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.16)
project(@NAME@ C)
enable_testing()
set(gen ${PROJECT_SOURCE_DIR}/gen.c)
add_custom_command(OUTPUT ${gen} COMMAND cp ${PROJECT_SOURCE_DIR}/gen.in ${gen} DEPENDS gen.in)
add_executable(gen ${gen})
add_custom_command(OUTPUT dep.c COMMAND sh ${PROJECT_SOURCE_DIR}/make.sh "${PROJECT_SOURCE_DIR}"
  DEPENDS make.sh DEPFILE dep.d)
add_executable(dep dep.c)
foreach(name IN ITEMS gen dep)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
add_test(NAME reader COMMAND cat ${PROJECT_SOURCE_DIR}/dep.txt)
""",
        "gen.in": MAIN, "dep.txt": "x\n",
        # The usual layout: nothing but the backslash after the colon.
        "make.sh": r"""
echo 'int main(void) { return 0; }' >dep.c
printf 'dep.c:\\\n  %s/dep.txt\n' "$(printf '%s' "$1" | sed 's/ /\\ /g')" >dep.d
""",
    }

    def test_a_depfile_of_the_usual_layout(self):
        self.built()
        self.append("dep.txt")
        self.assertEqual(self.would_link()[0], {"dep"})
        self.assert_before_and_after("dep", "reader")

    def test_a_file_that_a_step_makes_in_the_source_tree(self):
        self.built()
        self.assertEqual(self.git("status", "--porcelain"), "?? gen.c\n")
        self.assert_affected()
        self.append("gen.in")
        self.assert_before_and_after("gen")
        self.append("gen.c")  # by hand
        self.assertEqual(self.would_link()[0], {"gen"})
        self.assert_affected("gen")
        self.build()
        self.assert_affected()
        self.append("gen.in")
        self.git("commit", "-q", "-m", "x", "gen.in")
        self.ninja(self.source / "gen.c")  # the step alone
        self.assertEqual(self.would_link()[0], {"gen"})
        self.assert_affected("gen")
        self.append("dep.txt")
        self.assert_affected("gen", "dep", "reader")


if __name__ == "__main__":
    unittest.main()
