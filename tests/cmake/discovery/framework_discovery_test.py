"""What Catch2's catch_discover_tests() and doctest's doctest_discover_tests() find runs through the
launcher like all other tests, with the properties that the call gives. What holdfast_discover_tests()
makes of programs of these frameworks."""

import unittest

from holdfast_case import CMAKE, STAGE, HoldfastCase

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
OUR_CASES = """
TEST_CASE("passes") {}
TEST_CASE("fails") { CHECK(1 + 1 == 3); }
TEST_CASE("one, \\"two\\" [and] *") {}
TEST_CASE("last \\\\ case") {}
"""
DOCTEST_NAMES = ("passes", "fails", 'one, "two" [and] *', "last \\ case")
BOOST = """
#define BOOST_TEST_MODULE module
#include <boost/test/unit_test.hpp>
BOOST_AUTO_TEST_CASE(passes) { BOOST_TEST(true); }
BOOST_AUTO_TEST_SUITE(inner)
BOOST_AUTO_TEST_CASE(fails) { BOOST_TEST(false); }
BOOST_AUTO_TEST_SUITE(deeper)
BOOST_AUTO_TEST_CASE(passes) { BOOST_TEST(true); }
BOOST_AUTO_TEST_CASE(is_disabled, *boost::unit_test::disabled()) { BOOST_TEST(false); }
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_CASE(last) { BOOST_TEST(true); }
"""
BOOST_NAMES = ("passes", "inner/fails", "inner/deeper/passes", "last")
OUR_PROJECT = """
find_package({package} CONFIG QUIET {components})
if(NOT TARGET {library})
  message(STATUS "{package} is missing")
  return()
endif()
add_executable(prog prog.cpp)
target_compile_features(prog PRIVATE cxx_std_17)
target_link_libraries(prog PRIVATE {library})
holdfast_discover_tests(prog FRAMEWORK {framework} TEST_PREFIX case.)
holdfast_discover_tests(prog FRAMEWORK {framework} BATCH binary ISOLATION none TEST_PREFIX binary.)
holdfast_discover_tests(prog FRAMEWORK {framework} BATCH 2 TEST_PREFIX two. DISCOVERY_MODE PRE_TEST)
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


    # The tests that a call makes, without their numbers.
    OURS = {
        "doctest": (DOCTEST + OUR_CASES, "doctest", "doctest::doctest", {}),
        "catch2": (CATCH2 + OUR_CASES, "Catch2", "Catch2::Catch2WithMain", {}),
        "boost": (BOOST, "Boost", "Boost::unit_test_framework", {"COMPONENTS": "COMPONENTS unit_test_framework"}),
    }

    def discovered(self, framework):
        """{prefix: {test: verdict}} of the calls in OUR_PROJECT, attached and without Holdfast."""
        headers, package, library, more = self.OURS[framework]
        text = OUR_PROJECT.format(package=package, library=library, framework=framework,
                                  components=more.get("COMPONENTS", ""))
        source = self.project(text, framework, "CXX", {"prog.cpp": headers})
        build = self.configure(source, framework)
        if f"-- {package} is missing" in self.configure_output:
            self.skipTest(f"{package} is missing")
        self.command("cmake", "--build", build)
        runs = []
        for disabled in (False, True):
            run = self.ctest(build, disable=disabled)
            verdicts = {name: verdict for name, verdict, *_ in run.verdicts().values()}
            runs.append({prefix: {name.removeprefix(f"{prefix}."): verdict for name, verdict in verdicts.items()
                                  if name.startswith(f"{prefix}.")} for prefix in ("case", "binary", "two")})
        return runs

    def test_ours_makes_a_test_of_each_case_or_batches(self):
        for framework, names in (("doctest", DOCTEST_NAMES), ("catch2", DOCTEST_NAMES), ("boost", BOOST_NAMES)):
            with self.subTest(framework=framework):
                attached, plain = self.discovered(framework)
                self.assertEqual(attached, plain)
                red = {name for name, verdict in attached["case"].items() if "Passed" not in verdict}
                self.assertEqual((set(attached["case"]), red), (set(names), {names[1]}))
                self.assertEqual(len(attached["binary"]), 1)
                self.assertEqual(len(attached["two"]), (len(names) + 1) // 2)
                self.assertIn("Passed", attached["two"]["prog.2"])

    def test_what_a_framework_does_not_have_ends_the_configure_step(self):
        rows = (("FRAMEWORK qtest", "expected gtest, catch2"),
                ("FRAMEWORK doctest BATCH suite", "expected case, binary or a number"),
                ("FRAMEWORK boost ISOLATION fork", "expected process or none"),
                ("FRAMEWORK catch2 XML_OUTPUT_DIR x", "expected FRAMEWORK gtest"))
        for number, (words, said) in enumerate(rows):
            with self.subTest(words=words):
                text = f"add_custom_target(prog)\nholdfast_discover_tests(prog {words})\n"
                source = self.project(text, f"wrong-{number}")
                done = self.command(CMAKE, "-S", source, "-B", self.work / f"tree-{number}",
                                    f"-DCMAKE_PREFIX_PATH={STAGE}", check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, " ".join(done.stderr.split()))


if __name__ == "__main__":
    unittest.main()
