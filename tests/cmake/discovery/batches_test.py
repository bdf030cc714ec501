"""holdfast_discover_tests(): which tests it makes, with and without Holdfast when they run."""

import json
import os
import re
import unittest

from holdfast_case import HoldfastCase, ctest_version

# Answers as a GoogleTest program would, without the time to build one, and prints its arguments.
GTEST_LIKE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
  int lists = 0;
  const char *filter = "";
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--gtest_list_tests") == 0) lists = 1;
    if (strncmp(argv[i], "--gtest_filter=", 15) == 0) filter = argv[i] + 15;
  }
  if (lists && getenv("MANY")) {
    puts("Running main() from elsewhere.cc\nMany.");
    for (int i = 0; i < atoi(getenv("MANY")); i++) printf("  Case%d\n", i);
    return 0;
  }
  if (lists && strcmp(filter, "Suite.*") == 0) {
    puts("Suite.\n  Passes\n  Fails");
    return 0;
  }
  if (lists) {
    puts("Running main() from elsewhere.cc\n"
         "Suite.\n  Passes\n  Fails\n  DISABLED_Never\n"
         "Typed/0.  # TypeParam = int\n  Case\n"
         "Typed/1.  # TypeParam = std::vector<int, A>\n  Case\n"
         "Odd/std::a-*.  # TypeParam = X\n  Case\n"
         "Values/P.\n  One/0  # GetParam() = \"[a;b]\"\n  One/1  # GetParam() = \"${x} \\\"\\\\\"\n"
         "  One/2  # GetParam() = \"]=]\"\n  Two/named  # GetParam() = 4\n"
         "DISABLED_Suite.\n  Case\n"
         "Inst/DISABLED_Suite.\n  Case");
    return 0;
  }
  for (int i = 1; i < argc; i++) printf("argument <%s>\n", argv[i]);
  const char *name = getenv("HOLDFAST_TEST_NAME");
  printf("via=%s isolation=%s processors=%s\n", name ? name : "",
         getenv("HOLDFAST_P_ISOLATION") ? getenv("HOLDFAST_P_ISOLATION") : "",
         getenv("HOLDFAST_P_PROCESSORS") ? getenv("HOLDFAST_P_PROCESSORS") : "");
  if (getenv("SAY")) printf("%s", getenv("SAY"));
  return strcmp(filter, "Suite.Fails") == 0;
}
"""

COMPARED = """
include(GoogleTest)
add_executable(prog prog.c)
if(OURS)
  holdfast_discover_tests(prog DISCOVERY_MODE ${MODE} TEST_PREFIX pre. TEST_SUFFIX .suf
    EXTRA_ARGS --one "two words" XML_OUTPUT_DIR xml ${EXTRA} PROPERTIES LABELS unit TIMEOUT 60)
else()
  gtest_discover_tests(prog DISCOVERY_MODE ${MODE} TEST_PREFIX pre. TEST_SUFFIX .suf
    EXTRA_ARGS --one "two words" XML_OUTPUT_DIR xml ${EXTRA} PROPERTIES LABELS unit TIMEOUT 60)
endif()
"""

# CMake has changed these names and outcomes between its versions, or has them wrong for GoogleTest.
ODD = ("Odd", "Inst/")


def plain_properties(test):
    return {one["name"]: one["value"] for one in test["properties"]}


class Batches(HoldfastCase):
    def listed(self, build):
        text = self.command("ctest", "--show-only=json-v1", cwd=build).stdout
        return {test["name"]: test for test in json.loads(text)["tests"]}

    def built(self, text, *configure, name="project", build="build", **how):
        source = self.project(text, name=name, languages="C", files={"prog.c": GTEST_LIKE})
        build = self.configure(source, build, *configure, **how)
        self.command("cmake", "--build", build)
        return build

    def discovered(self, *arguments, **how):
        """The tests of one call as {name: (filter, properties)}."""
        call = " ".join(arguments)
        build = self.built(f"add_executable(prog prog.c)\nholdfast_discover_tests(prog {call})\n", **how)
        self.build = build
        found = {}
        for name, test in self.listed(build).items():
            filters = [word.partition("=")[2] for word in test["command"]
                       if word.startswith("--gtest_filter=")]
            found[name] = (filters[0] if filters else None, plain_properties(test))
        return found

    def test_without_batch_it_is_gtest_discover_tests(self):
        for mode in ("POST_BUILD", "PRE_TEST"):
            for extra in ("", "-DEXTRA=NO_PRETTY_TYPES;NO_PRETTY_VALUES"):
                found = []
                for ours in ("OFF", "ON"):
                    name = f"{mode}{len(extra)}{ours}"
                    build = self.built(COMPARED, f"-DMODE={mode}", f"-DOURS={ours}", *extra.split(),
                                       name=name, build=f"b-{name}")
                    tests = self.listed(build)
                    found.append({
                        test: (tests[test]["command"][1:], {
                            key: value for key, value in plain_properties(tests[test]).items()
                            if key not in ("WORKING_DIRECTORY", "FAIL_REGULAR_EXPRESSION")})
                        for test in tests if not any(odd in test for odd in ODD)})
                self.assertEqual(found[1], found[0])
                self.assertGreater(len(found[0]), 8)

    def test_a_launcher_and_an_emulator_are_those_of_gtest_discover_tests(self):
        text = """
            include(GoogleTest)
            if(POLICY CMP0158)
              cmake_policy(SET CMP0158 ${POLICY})
            endif()
            add_executable(prog prog.c)
            set_target_properties(prog PROPERTIES TEST_LAUNCHER "${CMAKE_SOURCE_DIR}/run;--through"
              CROSSCOMPILING_EMULATOR "${CMAKE_SOURCE_DIR}/run;--emulated")
            gtest_discover_tests(prog TEST_PREFIX cmake.)
            holdfast_discover_tests(prog TEST_PREFIX ours.)
            """
        run = "#!/bin/sh\nshift\nexec \"$@\"\n"
        seen = set()
        for policy in ("OLD", "NEW"):
            for crossing in ([], ["-DCMAKE_SYSTEM_NAME=Linux"]):
                name = policy + str(len(crossing))
                source = self.project(text, name=name, languages="C", files={"prog.c": GTEST_LIKE, "run": run})
                build = self.configure(source, f"b-{name}", f"-DPOLICY={policy}", *crossing)
                self.command("cmake", "--build", build)
                tests = self.listed(build)
                ours = tests["ours.Suite.Passes"]["command"]
                self.assertEqual(ours, tests["cmake.Suite.Passes"]["command"], name)
                seen.add(tuple(word for word in ours if word in ("--through", "--emulated")))
                run_one = self.ctest(build, "-V", "-R", "^ours.Suite.Passes$")
                self.assertEqual(run_one.code, 0, run_one.text)
                self.assert_all_wrapped(run_one, 1)
        expected = {("--through", "--emulated"), ("--through",)} if ctest_version() >= (3, 29) else {("--emulated",)}
        self.assertEqual(seen, expected)

    def filters(self, *arguments, **how):
        return {name: found[0] for name, found in self.discovered(*arguments, **how).items()}

    def test_a_batch_is_a_suite(self):
        suites = self.discovered("BATCH suite TEST_PREFIX pre. TEST_SUFFIX .suf")
        disabled = {"pre.DISABLED_Suite.suf": "DISABLED_Suite.*",
                    "pre.Inst/DISABLED_Suite.suf": "Inst/DISABLED_Suite.*"}
        self.assertEqual({name: found[0] for name, found in suites.items()}, {
            "pre.Suite.suf": "Suite.*", "pre.Typed<int>.suf": "Typed/0.*",
            "pre.Typed<std::vector<int, A>>.suf": "Typed/1.*",
            "pre.Odd/std::a-*<X>.suf": "Odd/std??a??.*", "pre.Values/P.suf": "Values/P.*"} | disabled)
        for name, (_, properties) in suites.items():
            self.assertEqual(properties.get("DISABLED", False), name in disabled)

    def test_a_batch_is_the_binary(self):
        self.assertEqual(self.filters("BATCH binary"), {"prog": None})
        self.assertEqual(self.filters("BATCH binary TEST_FILTER Suite.*", name="filtered", build="b2"),
                         {"prog": "Suite.*"})

    def test_a_batch_is_a_number_of_cases(self):
        found = self.filters("BATCH 3 ISOLATION fork TEST_PREFIX pre.")
        self.assertEqual(found, {
            "pre.prog.1": "Suite.Passes:Suite.Fails:Typed/0.Case",
            "pre.prog.2": "Typed/1.Case:Odd/std??a??.Case:Values/P.One/0",
            "pre.prog.3": "Values/P.One/1:Values/P.One/2:Values/P.Two/named"})
        self.assertEqual(set(self.filters("BATCH 4", name="four", build="b2").values()), {
            "Suite.Passes:Suite.Fails:Typed/0.Case:Typed/1.Case",
            "Odd/std??a??.Case:Values/P.One/0:Values/P.One/1:Values/P.One/2", "Values/P.Two/named"})

    def test_a_filtered_suite_names_its_cases(self):
        self.assertEqual(self.filters("BATCH suite TEST_FILTER Suite.*"),
                         {"Suite": "Suite.Passes:Suite.Fails"})

    def test_isolation_makes_suites_and_a_single_case_needs_none(self):
        for arguments, isolation in (("ISOLATION none", "none"), ("BATCH binary", "process"),
                                     ("BATCH suite ISOLATION fork", "fork"),
                                     ("BATCH case ISOLATION fork", None)):
            name = "".join(filter(str.isalpha, arguments))
            tests = self.discovered(arguments, name=name, build=f"b-{name}")
            # ctest's listing leaves out properties that it does not know.
            written = (self.build / "CMakeFiles/holdfast/prog-1-tests.cmake").read_text()
            found = re.findall("HOLDFAST_ISOLATION ([a-z]+)", written)
            self.assertEqual(found, [isolation] * len(tests) if isolation else [], arguments)

    def test_two_calls_and_the_list_of_tests(self):
        build = self.built("""
            add_executable(prog prog.c)
            holdfast_discover_tests(prog TEST_PREFIX a. BATCH suite TEST_LIST mine
              PROPERTIES HOLDFAST_LOCKS "x;y:shared" PROCESSORS 2)
            holdfast_discover_tests(prog TEST_PREFIX b. BATCH binary ISOLATION fork)
            set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/more.cmake)
            file(WRITE ${CMAKE_SOURCE_DIR}/more.cmake
              "set_tests_properties(\${mine} \${prog_TESTS} PROPERTIES LABELS added)")
            """)
        tests = self.listed(build)
        self.assertIn("b.prog", tests)
        for test in tests.values():
            self.assertEqual(plain_properties(test)["LABELS"], ["added"])
        run = self.ctest(build, "-V")
        told = {run.verdicts()[number][0]: modifications
                for number, modifications in run.modifications().items()}
        self.assertEqual(told["a.Suite"], {
            "HOLDFAST_P_ISOLATION=set:process", "HOLDFAST_P_PROCESSORS=set:2",
            "HOLDFAST_P_LOCKS=set:x,y:shared",
            "HOLDFAST_P_JUDGED=set:output"})  # a line says that all were skipped
        self.assertEqual(told["b.prog"], {"HOLDFAST_P_ISOLATION=set:fork", "HOLDFAST_P_JUDGED=set:output"})

    def test_a_batch_is_started_by_its_own_launcher_and_no_other_test_is(self):
        for mode in ("POST_BUILD", "PRE_TEST"):
            build = self.built(f"""
                add_executable(prog prog.c)
                holdfast_discover_tests(prog BATCH binary DISCOVERY_MODE {mode})
                holdfast_discover_tests(prog TEST_FILTER Suite.* TEST_PREFIX case. DISCOVERY_MODE {mode})
                set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${{CMAKE_SOURCE_DIR}}/more.cmake)
                file(WRITE ${{CMAKE_SOURCE_DIR}}/more.cmake "add_test(plain /bin/true)")
                """, name=mode, build=f"b-{mode}")
            run = self.ctest(build, "-V")
            names = run.verdicts()
            launchers = {names[number][0]: re.search(r"holdfast-(launcher|exec)", command)[0]
                         for number, command in run.commands().items()}
            self.assertEqual(launchers, {
                "prog": "holdfast-exec", "case.Suite.Passes": "holdfast-launcher",
                "case.Suite.Fails": "holdfast-launcher", "plain": "holdfast-launcher"}, run.text)

    def test_a_changed_program_and_a_changed_call_are_looked_at_again(self):
        for mode in ("POST_BUILD", "PRE_TEST"):
            text = f"add_executable(prog prog.c)\nholdfast_discover_tests(prog DISCOVERY_MODE {mode} %s)\n"
            build = self.built(text % "", name=mode, build=f"b-{mode}")
            self.assertNotIn("Another.Case", self.listed(build))
            source = self.work / mode
            program = (source / "prog.c").read_text()
            (source / "prog.c").write_text(program.replace("Suite.\\n  Passes", "Another.\\n  Case"))
            self.command("cmake", "--build", build)
            self.assertIn("Another.Case", self.listed(build))
            lists = (source / "CMakeLists.txt")
            lists.write_text(lists.read_text().replace("holdfast_discover_tests(prog",
                                                       "holdfast_discover_tests(prog TEST_PREFIX new."))
            self.command("cmake", "--build", build)
            self.assertIn("new.Another.Case", self.listed(build))

    def test_several_configurations(self):
        for mode in ("POST_BUILD", "PRE_TEST"):
            source = self.project(f"""
                add_executable(prog prog.c)
                target_compile_definitions(prog PRIVATE $<$<CONFIG:Debug>:DEBUG>)
                holdfast_discover_tests(prog BATCH suite DISCOVERY_MODE {mode})
                """, name=mode, languages="C", files={"prog.c": GTEST_LIKE.replace(
                    '"Suite.', '\n#ifdef DEBUG\n"Debugged.\\n  Case\\n"\n#endif\n"Suite.')})
            build = self.configure(source, f"b-{mode}", "-G", "Ninja Multi-Config")
            for config in ("Debug", "Release"):
                self.command("cmake", "--build", build, "--config", config)
            for config, expected in (("Debug", True), ("Release", False)):
                run = self.ctest(build, "-C", config, "-N")
                self.assertEqual("Debugged" in run.stdout, expected, run.text)
                self.assertIn("Suite", run.stdout)
            self.assertIn("prog_NOT_BUILT", self.ctest(build, "-C", "MinSizeRel", "-N").stdout)

    def test_what_is_not_built_is_not_run(self):
        for mode in ("POST_BUILD", "PRE_TEST"):
            source = self.project("add_executable(prog EXCLUDE_FROM_ALL prog.c)\n"
                                  f"holdfast_discover_tests(prog DISCOVERY_MODE {mode})\n",
                                  name=mode, languages="C", files={"prog.c": GTEST_LIKE})
            build = self.configure(source, f"b-{mode}")
            run = self.ctest(build)
            self.assertEqual(run.verdicts()[1][:2], ("prog_NOT_BUILT", "***Not Run"))

    def test_a_filter_longer_than_an_argument_goes_into_a_file(self):
        os.environ["MANY"] = "12000"
        self.addCleanup(os.environ.pop, "MANY")
        build = self.built("add_executable(prog prog.c)\n"
                           "holdfast_discover_tests(prog BATCH 11000 DISCOVERY_TIMEOUT 60)\n")
        words = self.listed(build)["prog.1"]["command"]
        (flag_file,) = [word.partition("=")[2] for word in words if word.startswith("--gtest_flagfile=")]
        with open(flag_file, encoding="utf-8") as file:
            filters = file.read().strip().partition("=")[2].split(":")
        self.assertEqual((len(filters), filters[-1]), (11000, "Many.Case10999"))
        self.assertIn("--gtest_filter=Many.Case11000:", self.listed(build)["prog.2"]["command"][1])

    def test_a_bad_call_is_said_at_once(self):
        for arguments, words in (("prog BATCH 0", "BATCH 0: expected"),
                                 ("prog BATCH each", "BATCH each: expected"),
                                 ("prog ISOLATION thread", "ISOLATION thread: expected"),
                                 ("prog DISCOVERY_MODE LATER", "DISCOVERY_MODE LATER"),
                                 ("prog NONSENSE", "unknown argument NONSENSE"),
                                 ("gone", "gone is no target")):
            name = "".join(filter(str.isalnum, arguments))
            source = self.project(f"add_executable(prog prog.c)\nholdfast_discover_tests({arguments})\n",
                                  name=name, languages="C", files={"prog.c": GTEST_LIKE})
            done = self.command("cmake", "-S", source, "-B", self.work / f"b-{name}",
                                f"-DCMAKE_PREFIX_PATH={os.environ['HOLDFAST_TEST_STAGE']}", check=False)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertIn(words, " ".join(done.stderr.split()), arguments)

    def test_a_program_that_cannot_list_fails_the_build(self):
        source = self.project("add_executable(prog prog.c)\nholdfast_discover_tests(prog)\n",
                              languages="C", files={"prog.c": "int main(void) { return 3; }\n"})
        build = self.configure(source, "build")
        done = self.command("cmake", "--build", build, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("did not list its cases (3,", " ".join((done.stdout + done.stderr).split()))

    def test_without_holdfast_a_batch_is_a_run_with_a_filter(self):
        build = self.built("add_executable(prog prog.c)\n"
                           "holdfast_discover_tests(prog BATCH suite ISOLATION fork EXTRA_ARGS x)\n")
        run = self.ctest(build, "-V", "-R", "^Typed<int>$", disable=True)
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.output(2), ["argument <--gtest_filter=Typed/0.*>", "argument <x>",
                                         "via= isolation= processors="])

    def test_a_batch_is_skipped_only_where_all_of_it_was(self):
        build = self.built("add_executable(prog prog.c)\nholdfast_discover_tests(prog BATCH binary)\n")
        ours = "holdfast: 3 cases: 3 skipped\n"
        listed = "[  SKIPPED ] 2 tests, listed below:\n[  SKIPPED ] A.a\n[  SKIPPED ] A.b\n"
        for said, verdict in ((ours, "***Skipped"), ("holdfast: 3 cases: 2 passed, 1 skipped\n", "Passed"),
                              ("[  PASSED  ] 0 tests.\n" + listed, "***Skipped"),
                              ("[  PASSED  ] 0 tests.\n" + listed + "\n  YOU HAVE 1 DISABLED TEST\n\n",
                               "***Skipped"),
                              ("[  PASSED  ] 1 test.\n" + listed, "Passed"),
                              ("[  PASSED  ] 0 tests.\n" + listed + "[  FAILED  ] 1 test\n", "Passed")):
            run = self.ctest(build, disable=True, env=self.environment(SAY=said))
            self.assertEqual(run.verdicts()[1][1], verdict, (said, run.text))


if __name__ == "__main__":
    unittest.main()
