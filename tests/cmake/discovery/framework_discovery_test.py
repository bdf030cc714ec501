"""What Catch2's catch_discover_tests() and doctest's doctest_discover_tests() find runs through the
launcher like all other tests, with the properties that the call gives."""

import unittest

from holdfast_case import HoldfastCase

CASES = r"""
#include <cstdio>
#include <cstdlib>

static void tell(const char *which) {
  const char *name = std::getenv("HOLDFAST_TEST_NAME");
  std::printf("%s via=%s word=%s\n", which, name ? name : "", std::getenv("WORD"));
  std::fflush(stdout);
}

TEST_CASE("passes") { tell("passes"); }
TEST_CASE("fails") { tell("fails"); CHECK(1 + 1 == 3); }
// Catch2 3 sets the code itself.
TEST_CASE("skips") { tell("skips"); std::_Exit(4); }
TEST_CASE("one, \"two\" and ${three}") { tell("odd"); }
"""
CATCH2 = """
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif
"""
DOCTEST = """
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
"""
PROJECT = """
find_package({package} CONFIG QUIET)
if(NOT TARGET {library})
  message(STATUS "{package} is missing")
  return()
endif()
include({module})
add_executable(prog prog.cpp)
target_compile_features(prog PRIVATE cxx_std_17)
target_link_libraries(prog PRIVATE {library})
{call}(prog TEST_PREFIX pre. TEST_SUFFIX .suf
  PROPERTIES HOLDFAST_LOCKS db SKIP_RETURN_CODE 4 ENVIRONMENT WORD=given)
"""
VERDICTS = {
    "passes": ("Passed",),
    "fails": ("***Failed", "Failed"),
    "skips": ("***Skipped", "Skipped"),
    'one, "two" and ${three}': ("Passed",),
}
TELLS = {name: "odd" if "two" in name else name for name in VERDICTS}


class FrameworkDiscovery(HoldfastCase):
    def run_discovered(self, source, package, attached):
        build = self.configure(source, f"attached-{attached}", attached=attached)
        if f"-- {package} is missing" in self.configure_output:
            self.skipTest(f"{package} is missing")
        self.command("cmake", "--build", build)
        return self.ctest(build, "-V")

    def check(self, package, headers, **words):
        source = self.project(PROJECT.format(package=package, **words), languages="CXX",
                              files={"prog.cpp": headers + CASES})
        runs = [self.run_discovered(source, package, attached) for attached in (False, True)]
        expected = {f"pre.{name}.suf": verdict for name, verdict in VERDICTS.items()}
        for run in runs:
            self.assertEqual({name: tuple(verdict) for name, *verdict in run.verdicts().values()}, expected, run.text)
        plain, ours = runs
        self.assert_none_wrapped(plain, len(expected))
        self.assert_all_wrapped(ours, len(expected))
        for number, (name, *_) in ours.verdicts().items():
            case = name.removeprefix("pre.").removesuffix(".suf")
            # A framework that finds no such case ends with success.
            self.assertIn(f"{TELLS[case]} via={name} word=given", ours.output(number))
            self.assertIn("HOLDFAST_P_LOCKS=set:db", ours.modifications()[number])

    def test_catch_discover_tests(self):
        self.check("Catch2", CATCH2, library="Catch2::Catch2WithMain", module="Catch", call="catch_discover_tests")

    def test_doctest_discover_tests(self):
        self.check("doctest", DOCTEST, library="doctest::doctest", module="doctest", call="doctest_discover_tests")


if __name__ == "__main__":
    unittest.main()
