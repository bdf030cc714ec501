"""Holdfast::mark, Holdfast::gtest and Holdfast::gtest_main in users' projects."""

import shutil
import unittest

from holdfast_case import HoldfastCase

OWN_MAIN = """
#include <gtest/gtest.h>
#include <holdfast/gtest.h>
#include <cstdio>
TEST(Suite, Case) { EXPECT_EQ(1, 1); }
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const int code = holdfast::run_all_tests();
  std::puts("after all tests");
  return code;
}
"""
NO_MAIN = """
#include <gtest/gtest.h>
TEST(Suite, Case) { EXPECT_EQ(1, 1); }
"""
MOCKS = """
#include <gmock/gmock.h>
TEST(Suite, Case) { EXPECT_EQ("info", testing::GMOCK_FLAG(VERBOSE)); }
"""
MARK = """
#include <holdfast/mark.h>
int main(void) { return holdfast_mark_exit("on purpose"); }
"""
STRICT = ("-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wuseless-cast "
          "-Wnon-virtual-dtor -Woverloaded-virtual -Wmissing-declarations -Werror")


class Linking(HoldfastCase):
    def configure(self, source, build, *arguments, **how):
        """Uses ccache if it is installed, because GoogleTest's headers take long to compile."""
        if shutil.which("ccache"):
            arguments += ("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",)
        return super().configure(source, build, *arguments, **how)

    def build(self, build):
        self.command("cmake", "--build", build, "--parallel", "2")

    def test_the_programs_standard_and_flags_are_the_supports(self):
        source = self.project(f"""
            find_package(GTest REQUIRED)
            add_compile_options({STRICT.replace(" ", ";")})
            foreach(standard IN ITEMS 11 20)
              add_executable(none${{standard}} none.cpp)
              target_link_libraries(none${{standard}} PRIVATE Holdfast::gtest_main)
              set_target_properties(none${{standard}} PROPERTIES CXX_STANDARD ${{standard}})
              add_test(NAME none${{standard}} COMMAND none${{standard}})
            endforeach()
            add_executable(own own.cpp)
            target_link_libraries(own PRIVATE Holdfast::gtest)
            target_compile_options(own PRIVATE -fno-exceptions -fno-rtti -DGTEST_HAS_RTTI=0)
            add_test(NAME own COMMAND own)
            """, languages="CXX", files={"none.cpp": NO_MAIN, "own.cpp": OWN_MAIN})
        build = self.configure(source, "build")
        self.build(build)
        run = self.ctest(build, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(len(run.verdicts()), 3)
        self.assertIn("after all tests", run.output(3))

    def test_googlemock_reads_its_flags_where_it_is_linked(self):
        source = self.project("""
            find_package(GTest REQUIRED)
            add_executable(mocks mocks.cpp)
            target_link_libraries(mocks PRIVATE Holdfast::gtest_main GTest::gmock)
            add_test(NAME mocks COMMAND mocks --gmock_verbose=info)
            """, languages="CXX", files={"mocks.cpp": MOCKS.replace("VERBOSE", "verbose")})
        build = self.configure(source, "build")
        self.build(build)
        run = self.ctest(build, "-V")
        self.assertEqual(run.code, 0, run.text)

    def test_the_targets_are_there_with_holdfast_off_and_in_every_directory(self):
        source = self.project("add_subdirectory(found)\nadd_subdirectory(used)\n", languages="C CXX",
                              files={"found/CMakeLists.txt": "find_package(Holdfast REQUIRED)\n"
                                     "find_package(Holdfast REQUIRED)\n",
                                     "used/CMakeLists.txt": "find_package(GTest REQUIRED)\n"
                                     "add_executable(mark mark.c)\n"
                                     "target_link_libraries(mark PRIVATE Holdfast::mark)\n"
                                     "add_test(NAME mark COMMAND mark)\n"
                                     "add_executable(none none.cpp)\n"
                                     "target_link_libraries(none PRIVATE Holdfast::gtest_main)\n"
                                     "holdfast_discover_tests(none BATCH suite)\n",
                                     "used/mark.c": MARK, "used/none.cpp": NO_MAIN})
        build = self.configure(source, "build", "-DHOLDFAST_ENABLED=OFF", attached=False)
        self.build(build)
        run = self.ctest(build, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_none_wrapped(run, 2)

    def test_a_googletest_that_is_built_with_the_project_serves(self):
        source = self.project("""
            if(NOT EXISTS /usr/src/googletest/CMakeLists.txt)
              message(FATAL_ERROR "no sources")
            endif()
            set(BUILD_GMOCK OFF)
            set(INSTALL_GTEST OFF)
            add_subdirectory(/usr/src/googletest googletest)
            add_executable(none none.cpp)
            target_link_libraries(none PRIVATE Holdfast::gtest_main)
            holdfast_discover_tests(none)
            """, languages="CXX", files={"none.cpp": NO_MAIN})
        build = self.configure(source, "build")
        self.build(build)
        run = self.ctest(build, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.verdicts()[1][:2], ("Suite.Case", "Passed"))


if __name__ == "__main__":
    unittest.main()
