"""The launcher is told the rules of a test's verdict only if the test has retries."""

import unittest

from holdfast_case import HoldfastCase


class Retries(HoldfastCase):
    def told(self, tests_cmake, *arguments, toml=None):
        """{name: HOLDFAST_P_RETRY and _VERDICT} of the tests that a script defines."""
        source = self.project("""
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)
            """, name=f"p{len(list(self.work.iterdir()))}",
            files={"t.cmake": tests_cmake, **({"holdfast.toml": toml} if toml else {})})
        self.build = self.configure(source, f"{source.name}-build")
        self.last = self.ctest(self.build, "-V", *arguments)
        names = {number: verdict[0] for number, verdict in self.last.verdicts().items()}
        found = {name: {} for name in names.values()}
        for number, modifications in self.last.modifications().items():
            for modification in modifications:
                variable, _, value = modification.partition("=set:")
                if variable in ("HOLDFAST_P_RETRY", "HOLDFAST_P_VERDICT"):
                    found[names[number]].setdefault(variable[11:], set()).add(value)
        return found

    def test_with_the_property_what_decides_is_told(self):
        found = self.told(r"""
            add_test(all false)
            set_tests_properties(all PROPERTIES FAIL_REGULAR_EXPRESSION "[^a-z]Error;ERROR"
              HOLDFAST_RETRY "exit:4=3;crash=2" PASS_REGULAR_EXPRESSION [==[\[ OK \], (a|b);c\;d]==]
              SKIP_REGULAR_EXPRESSION "ä" SKIP_RETURN_CODE 77 WILL_FAIL ON)
            add_test(nothing true)
            set_tests_properties(nothing PROPERTIES HOLDFAST_RETRY any=1)
            add_test(not_asked false)
            set_tests_properties(not_asked PROPERTIES WILL_FAIL ON SKIP_REGULAR_EXPRESSION x)
            """)
        self.assertEqual(found["all"]["RETRY"], {"exit:4=3,crash=2"})
        last = max(found["all"]["VERDICT"], key=len)
        self.assertEqual(
            last, "will-fail,code=77,fail=%5B%5Ea-z%5DError,fail=ERROR,"
            "pass=%5C%5B%20OK%20%5C%5D%2C%20%28a%7Cb%29,pass=c%3Bd,skip=%C3%A4")
        self.assertEqual(found["nothing"], {"RETRY": {"any=1"}})
        self.assertEqual(found["not_asked"], {})

    def test_each_test_has_its_own_expressions(self):
        """CMake writes properties in the order of the alphabet, and none about retries comes
        before."""
        found = self.told("""
            foreach(name one two three)
              add_test(${name} true)
              set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION "${name}" HOLDFAST_RETRY any=1)
            endforeach()
            """)
        self.assertEqual({name: told["VERDICT"] for name, told in found.items()},
                         {name: {f"fail={name}"} for name in ("one", "two", "three")})

    def test_of_several_calls_ctest_holds_all_expressions_and_the_last_value(self):
        found = self.told("""
            add_test(t false)
            set_tests_properties(t PROPERTIES HOLDFAST_RETRY any=1 WILL_FAIL ON SKIP_RETURN_CODE 3)
            set_tests_properties(t PROPERTIES PASS_REGULAR_EXPRESSION a)
            set_tests_properties(t PROPERTIES PASS_REGULAR_EXPRESSION b WILL_FAIL OFF
              SKIP_RETURN_CODE 4)
            """)
        self.assertIn("code=4,pass=a,pass=b", found["t"]["VERDICT"])
        environment = self.shown_environment()
        self.assertEqual(environment, "code=4,pass=a,pass=b")

    def test_a_test_whose_expressions_no_variable_holds_runs_once(self):
        many = ";".join(f"never {i} printed" for i in range(10000))
        found = self.told(f"""
            add_test(green true)
            set_tests_properties(green PROPERTIES HOLDFAST_RETRY any=1)
            set_tests_properties(green PROPERTIES FAIL_REGULAR_EXPRESSION a)
            set_tests_properties(green PROPERTIES FAIL_REGULAR_EXPRESSION "{many}")
            add_test(red false)
            set_tests_properties(red PROPERTIES FAIL_REGULAR_EXPRESSION "{many}" HOLDFAST_RETRY any=1)
            """)
        self.assertEqual(found["green"], {"RETRY": {"any=1"}, "VERDICT": {"fail=a"}})
        self.assertEqual({name: verdict for name, verdict, *_ in self.last.verdicts().values()},
                         {"green": "Passed", "red": "***Failed"})
        self.assertIn("2 tests through Holdfast: 1 passed, 1 failed", self.last.text)
        self.assertNotIn("attempts", self.last.text)
        for name in ("green", "red"):
            self.assertEqual(self.last.text.count(f'holdfast: "{name}": its regular expressions are too long'), 1)

    def shown_environment(self):
        """The last of the modifications, which is the one that counts."""
        lines = [line for line in self.last.stdout.splitlines()
                 if "HOLDFAST_P_VERDICT=set:" in line]
        return lines[-1].partition("=set:")[2]

    def test_a_file_that_speaks_of_retries_asks_for_all(self):
        script = """
            add_test(t false)
            set_tests_properties(t PROPERTIES WILL_FAIL ON)
            add_test(u true)
            """
        for toml in ("[profile.default]\nretry = \"any=1\"\n",
                     "[[known-flaky]]\ntests = \"x\"\nsignature = \"y\"\nissue = \"z\"\n"
                     "expires = 9999-01-01\n"):
            found = self.told(script, toml=toml)
            self.assertEqual(found, {"t": {"VERDICT": {"will-fail"}}, "u": {}})
        self.assertEqual(self.told(script, toml="[profile.default]\ngrace = 1\n"),
                         {"t": {}, "u": {}})

    def test_verdicts_stay(self):
        self.told("""
            add_test(inverted false)
            set_tests_properties(inverted PROPERTIES HOLDFAST_RETRY any=1 WILL_FAIL ON)
            add_test(skipped true)
            set_tests_properties(skipped PROPERTIES HOLDFAST_RETRY any=1 SKIP_RETURN_CODE 0)
            """)
        self.assertEqual([verdict[1] for verdict in self.last.verdicts().values()],
                         ["Passed", "***Skipped"])

    def test_what_is_true_to_ctest_is_true_here(self):
        words = ("1", "ON", "on", "On", "TRUE", "true", "True", "YES", "yes", "Y", "y",
                 "0", "OFF", "off", "FALSE", "NO", "n", "2", "x", "")
        found = self.told("".join(
            f"add_test(t{i} false)\nset_tests_properties(t{i} PROPERTIES WILL_FAIL \"{word}\" "
            "HOLDFAST_RETRY any=1)\n" for i, word in enumerate(words)))
        passed = {name: how == "Passed" for name, how, *_ in self.last.verdicts().values()}
        self.assertEqual([passed[f"t{i}"] for i in range(len(words))], 11 * [True] + 9 * [False])
        for i, word in enumerate(words):
            with self.subTest(word):
                told = found[f"t{i}"].get("VERDICT", set())
                self.assertEqual("will-fail" in told, passed[f"t{i}"], told)

    def test_that_ctest_repeats_until_fail_is_told(self):
        script = """
            __add_test(t sh -c "echo told=$HOLDFAST_P_UNTIL_FAIL")
            set_tests_properties(t PROPERTIES HOLDFAST_RETRY any=1)
            """
        for arguments, told in (((), ""), (("--repeat", "until-fail:2"), "1"),
                                (("--repeat-until-fail", "2"), "1"),
                                (("--repeat", "until-pass:2"), ""), (("-E", "until-fail"), "")):
            self.told(script.replace("$HOLDFAST", "\\$HOLDFAST"), *arguments)
            shown = [line for line in self.last.stdout.splitlines() if "told=" in line
                     and "Test command" not in line]
            # These tests run by the built-in command: the launcher would remove the variable.
            self.assertTrue(shown, self.last.stdout)
            self.assertEqual({line.split("told=")[1] for line in shown}, {told}, arguments)


if __name__ == "__main__":
    unittest.main()
