"""An override in holdfast.toml reaches the tests that it names."""

import json
import unittest

from holdfast_case import STAGE, HoldfastCase

LEAKY = 'COMMAND sh -c "sleep 300 & exit 0"'


class Overrides(HoldfastCase):
    def run_with(self, tests, toml, env=None):
        source = self.project(tests, name=f"p{len(list(self.work.iterdir()))}",
                              files={"holdfast.toml": toml})
        self.build = self.configure(source, f"{source.name}-build")
        run = self.ctest(self.build, "-j4", env=env)
        self.text = run.text
        return {name: verdict[0] for name, *verdict in run.verdicts().values()}

    def assert_verdicts(self, verdicts, passed, failed):
        got = {name: verdict == "Passed" for name, verdict in verdicts.items()}
        self.assertEqual(got, {**{n: True for n in passed}, **{n: False for n in failed}},
                         self.text)

    def native_locks(self):
        listing = self.ctest(self.build, "--show-only=json-v1", env=self.environment(HOLDFAST_EXPLAIN="1"))
        return {test["name"]: [p["value"] for p in test["properties"] if p["name"] == "RESOURCE_LOCK"]
                for test in json.loads(listing.stdout)["tests"]}

    def test_by_name(self):
        verdicts = self.run_with(f"""
            add_test(NAME db.leaks {LEAKY})
            add_test(NAME net.leaks {LEAKY})
            """, '[[override]]\ntest = "^db\\\\."\non-leak = "fail"\n')
        self.assert_verdicts(verdicts, ["net.leaks"], ["db.leaks"])

    ALONE = f"COMMAND sh -c \"mkdir ${{CMAKE_BINARY_DIR}}/alone && sleep 0.2 && rmdir ${{CMAKE_BINARY_DIR}}/alone\""

    def test_a_lock_for_tests_of_a_project_that_is_not_edited(self):
        tests = "".join(f"add_test(NAME {name} {self.ALONE})\n" for name in ("db.a", "db.b", "net.x"))
        tests += 'set_tests_properties(net.x PROPERTIES LABELS "uses db")\n'
        tests += "set_tests_properties(db.a PROPERTIES TIMEOUT 300)\n"
        toml = ("[[override]]\ntest = \"^db\\\\.\"\nlocks = [\"db\"]\n"
                "[[override]]\nlabel = \"uses db\"\nlocks = [\"db\"]\n")
        verdicts = self.run_with(tests, toml)
        self.assert_verdicts(verdicts, ["db.a", "db.b", "net.x"], [])
        # As with HOLDFAST_LOCKS, ctest's clock starts when the test has the lock.
        self.assertIn("holdfast: lock db after ", (self.build / "Testing/Temporary/LastTest.log").read_text())
        # ctest knows the locks of overrides by name. It cannot know those by label, because a
        # test's labels come after the test.
        self.assertEqual(self.native_locks(), {"db.a": [["db"]], "db.b": [["db"]], "net.x": []})
        said = self.command(STAGE / "bin/holdfast", "config", "--explain", "db.a", cwd=self.build).stdout
        self.assertRegex(said, r"\nlocks +db@project +holdfast.toml:3, \[\[override\]\]\n")

    def test_ctest_is_told_anew_and_each_profile_for_itself(self):
        tests = "add_test(NAME a COMMAND true)\n"
        toml = '[[profile.ci.override]]\ntest = "^a$"\nlocks = ["db"]\n[profile.other]\n'
        ci = self.environment(HOLDFAST_PROFILE="ci", HOLDFAST_EXPLAIN="1")

        def locks_in(env):
            listing = self.ctest(self.build, "--show-only=json-v1", env=env)
            test, = json.loads(listing.stdout)["tests"]
            return [p["value"] for p in test["properties"] if p["name"] == "RESOURCE_LOCK"]
        self.run_with(tests, toml, env=ci)
        self.ctest(self.build, env=self.environment(HOLDFAST_PROFILE="other"))
        self.assertEqual((locks_in(ci), self.native_locks()), ([["db"]], {"a": []}))
        source = self.build.parent / self.build.name.removesuffix("-build")
        (source / "holdfast.toml").write_text("[profile.ci]\n")
        self.ctest(self.build, env=ci)
        self.assertEqual(locks_in(ci), [])

    def test_ctest_is_told_of_a_pattern_with_choices(self):
        """CMake reads it as we do. If CMake refused it, ctest would read no test."""
        tests = "".join(f"add_test(NAME {name} COMMAND true)\n" for name in ("apple", "pear", "plums", "peach", "pears"))
        self.run_with(tests, '[[override]]\ntest = "^(apples?|p(ear|lum)s)$"\nlocks = ["fruit"]\n')
        self.assertEqual(self.native_locks(), {
            "apple": [["fruit"]], "pear": [], "plums": [["fruit"]], "peach": [], "pears": [["fruit"]]})

    def test_the_property_wins_over_it(self):
        self.run_with('add_test(NAME a COMMAND true)\nset_tests_properties(a PROPERTIES HOLDFAST_LOCKS own)\n',
                      '[[override]]\ntest = "a"\nlocks = ["db:shared"]\n')
        said = self.command(STAGE / "bin/holdfast", "config", "--explain", "a", cwd=self.build).stdout
        self.assertRegex(said, r"\nlocks +own@project +the test's HOLDFAST_LOCKS\n")

    def test_by_label_of_the_test_of_its_directory_and_encoded(self):
        source = self.project(f"""
            add_test(NAME own {LEAKY})
            set_tests_properties(own PROPERTIES LABELS "other;no leak, please")
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${{CMAKE_SOURCE_DIR}}/more.cmake)
            add_test(NAME near {LEAKY})
            set_tests_properties(near PROPERTIES LABELS "no leak")
            add_test(NAME none {LEAKY})
            add_subdirectory(sub)
            """, files={"sub/CMakeLists.txt": f"""
                set_property(DIRECTORY PROPERTY LABELS "x;no leak, please")
                add_test(NAME below {LEAKY})
                """, "more.cmake": """
                add_test(twice sh -c "sleep 300 & exit 0")
                set_tests_properties(twice PROPERTIES LABELS other)
                set_tests_properties(twice PROPERTIES LABELS "no leak, please")
                set_tests_properties(twice PROPERTIES LABELS more)
                """, "holdfast.toml": """
                [[override]]
                label = "no leak, please"
                on-leak = "fail"
                """})
        run = self.ctest(self.configure(source, "build"), "-j4")
        self.text = run.text
        self.assert_verdicts({name: verdict[0] for name, *verdict in run.verdicts().values()},
                             ["near", "none"], ["own", "twice", "below"])

    def test_labels_cost_nothing_where_the_file_does_not_ask_for_them(self):
        source = self.project("""
            add_test(NAME a COMMAND true)
            set_tests_properties(a PROPERTIES LABELS x)
            """, files={"holdfast.toml": "[profile.default]\ngrace = 1\n"})
        run = self.ctest(self.configure(source, "build"), "-V")
        self.assertEqual(run.modifications(), {})

    def test_name_and_label_must_both_match(self):
        verdicts = self.run_with(f"""
            add_test(NAME a1 {LEAKY})
            add_test(NAME a2 {LEAKY})
            add_test(NAME b1 {LEAKY})
            set_tests_properties(a1 b1 PROPERTIES LABELS l)
            """, '[[override]]\ntest = "^a"\nlabel = "l"\non-leak = "fail"\n')
        self.assert_verdicts(verdicts, ["a2", "b1"], ["a1"])

    def test_a_limit_from_the_file_ends_a_test_that_has_none_of_its_own(self):
        verdicts = self.run_with("""
            add_test(NAME limited COMMAND sleep 300)
            add_test(NAME own COMMAND sleep 1)
            set_tests_properties(own PROPERTIES HOLDFAST_TIMEOUT 60)
            """, "[profile.default]\ntimeout = \"300ms\"\n")
        self.assert_verdicts(verdicts, ["own"], ["limited"])

    def test_the_later_override_wins(self):
        verdicts = self.run_with(f"""
            add_test(NAME a {LEAKY})
            add_test(NAME b {LEAKY})
            """, """
            [[override]]
            test = "a|b"
            on-leak = "fail"
            [[override]]
            test = "b"
            on-leak = "kill"
            """)
        self.assert_verdicts(verdicts, ["b"], ["a"])

    def test_the_profile_is_chosen_by_the_environment(self):
        tests = f"add_test(NAME a {LEAKY})\n"
        toml = '[profile.strict]\non-leak = "fail"\n[profile.ci]\ninherits = "strict"\n'
        for profile, passes in ((None, True), ("strict", False), ("ci", False), ("default", True)):
            with self.subTest(profile=profile):
                verdicts = self.run_with(tests, toml,
                                         self.environment(HOLDFAST_PROFILE=profile))
                self.assert_verdicts(verdicts, ["a"] if passes else [], [] if passes else ["a"])


if __name__ == "__main__":
    unittest.main()
