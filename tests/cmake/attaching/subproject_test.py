"""A project fetches Holdfast. It is built while the project is configured, at a path that stays."""

import os
import shutil
import unittest
from pathlib import Path

from holdfast_case import HoldfastCase

OUR_SOURCE = Path(os.environ["HOLDFAST_TEST_SOURCE"])
PARTS = ("CMakeLists.txt", "cmake", "ctest-integration", "docs", "launcher")
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(user C)
enable_testing()
include(FetchContent)
FetchContent_Declare(Holdfast SOURCE_DIR ${HOLDFAST_COPY})
FetchContent_MakeAvailable(Holdfast)
file(WRITE ${CMAKE_BINARY_DIR}/m.c [[
#include <holdfast/mark.h>
int main(void) { return holdfast_mark_exit("why"); }
]])
add_executable(marks ${CMAKE_BINARY_DIR}/m.c)
target_link_libraries(marks PRIVATE Holdfast::mark)
add_test(NAME a COMMAND sh -c "echo via=$HOLDFAST_TEST_NAME")
"""


class Subproject(HoldfastCase):
    # One command of this test builds all of Holdfast.
    patience_s = 2300

    def test_fetched_built_once_and_again_when_it_changes(self):
        copy = self.work / "holdfast"
        copy.mkdir()
        for part in PARTS:
            if (OUR_SOURCE / part).is_dir():
                shutil.copytree(OUR_SOURCE / part, copy / part)
            else:
                shutil.copy(OUR_SOURCE / part, copy / part)
        source = self.project("")
        (source / "CMakeLists.txt").write_text(PROJECT)

        build = self.configure(source, "build", f"-DHOLDFAST_COPY={copy}")
        tools = build / ".holdfast/tools"
        run = self.ctest(build, "-V")
        self.assert_all_wrapped(run, 1)
        self.assertIn(str(tools), run.commands()[1])
        self.assertEqual(run.output(1), ["via=a"])
        targets = self.command("cmake", "--build", build, "--target", "help").stdout
        self.assertNotIn("holdfast", targets, "our targets became the project's")

        launcher = tools / "libexec/holdfast/holdfast-launcher"
        built = launcher.stat().st_mtime_ns
        self.configure(source, "build")
        self.assertEqual(launcher.stat().st_mtime_ns, built, "nothing changed, yet it was rebuilt")

        with (copy / "ctest-integration/attach.cmake").open("a") as file:
            file.write("message(NOTICE \"edited\")\n")
        self.command("cmake", "--build", build)
        self.assertIn("edited", self.ctest(build).text)

        self.configure(source, "build", "-DHOLDFAST_ENABLED=OFF")
        self.command("cmake", "--build", build) # what tests link still exists
        self.assert_none_wrapped(self.ctest(build, "-V"), 1)


if __name__ == "__main__":
    unittest.main()
