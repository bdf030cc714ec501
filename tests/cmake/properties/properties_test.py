"""What test properties tell the launcher. ctest -V shows it, as variables of the test."""

import json
import os
import re
import unittest
from pathlib import Path

from holdfast_case import HoldfastCase, ctest_version

SOURCE = Path(os.environ["HOLDFAST_TEST_SOURCE"])
# That ctest tells the end of a limit (docs/reference/timeouts.md).
CTEST_TELLS = ctest_version() >= (3, 27)


def limit_told(seconds):
    """The modifications for a limit that ctest and the launcher keep together."""
    if CTEST_TELLS:
        return {f"HOLDFAST_P_NATIVE_LIMIT=set:{seconds + 60}", "HOLDFAST_P_TELLS_LIMIT=set:1"}
    return {f"HOLDFAST_P_NATIVE_LIMIT=set:{seconds + 8}"}


class Properties(HoldfastCase):
    def modifications(self, tests_cmake):
        """{name: HOLDFAST_P_… modifications} of the tests that a script defines."""
        source = self.project("""
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)
            """, name=f"p{len(list(self.work.iterdir()))}", files={"t.cmake": tests_cmake})
        self.build = self.configure(source, f"{source.name}-build")
        self.last = self.ctest(self.build, "-V")
        names = {number: verdict[0] for number, verdict in self.last.verdicts().items()}
        found = {name: set() for name in names.values()}
        for number, modifications in self.last.modifications().items():
            found[names[number]] |= {m for m in modifications if m.startswith("HOLDFAST_P_")}
        return found

    def test_plain_ones_become_variables(self):
        self.assertEqual(self.modifications("""
            add_test(all true)
            set_tests_properties(all PROPERTIES HOLDFAST_TIMEOUT 2m HOLDFAST_ON_LEAK fail
              HOLDFAST_ENABLED OFF LABELS x)
            add_test(on true)
            set_tests_properties(on PROPERTIES HOLDFAST_ENABLED ON)
            add_test(none true)
            set_tests_properties(none PROPERTIES LABELS "HOLDFAST_TIMEOUT" COST 1)
            """), {
                "all": {"HOLDFAST_P_TIMEOUT=set:2m", "HOLDFAST_P_ON_LEAK=set:fail",
                        "HOLDFAST_P_ENABLED=set:OFF"},
                "on": set(),
                "none": set()})

    def test_the_code_of_a_skip_is_told(self):
        self.assertEqual(self.modifications("""
            add_test(a true)
            set_tests_properties(a PROPERTIES SKIP_RETURN_CODE 77)
            add_test(b true)
            set_tests_properties(b PROPERTIES SKIP_RETURN_CODE "none" COST 1)
            """), {"a": {"HOLDFAST_P_SKIP_RETURN_CODE=set:77"}, "b": set()})

    def test_by_what_ctest_judges_besides_the_end_is_told(self):
        self.assertEqual(self.modifications("""
            add_test(output true)
            set_tests_properties(output PROPERTIES PASS_REGULAR_EXPRESSION "a^b;[")
            add_test(both true)
            set_tests_properties(both PROPERTIES WILL_FAIL true SKIP_REGULAR_EXPRESSION x)
            add_test(not true)
            set_tests_properties(not PROPERTIES WILL_FAIL OFF LABELS FAIL_REGULAR_EXPRESSION)
            """), {"output": {"HOLDFAST_P_JUDGED=set:output"},
                   "both": {"HOLDFAST_P_JUDGED=set:output,will-fail"}, "not": set()})

    def test_a_combination_that_was_met_before_is_told_as_it_was_the_first_time(self):
        """attach.cmake remembers what it wrote for a combination, even with odd values or after
        earlier calls."""
        script = ""
        for name in ("a", "b", "c"):
            script += f"""
                add_test({name} true)
                set_tests_properties({name} PROPERTIES TIMEOUT 20 RESOURCE_LOCK "x;y" LABELS l COST 3)
                set_tests_properties({name} PROPERTIES HOLDFAST_LOCKS "db[1;n:1/4" ENVIRONMENT "A=[;B=")
                set_tests_properties({name} {name}2 PROPERTIES RESOURCE_LOCK z HOLDFAST_TIMEOUT 7
                  A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9)
                """
        found = self.modifications(script)
        self.assertEqual(found["a"], {
            "HOLDFAST_P_RESOURCE_LOCK=set:x,y", *limit_told(20), "HOLDFAST_P_NATIVE_TIMEOUT=set:20", "HOLDFAST_P_LOCK_LINE=set:1",
            "HOLDFAST_P_LOCKS=set:db[1,n:1/4", "HOLDFAST_P_RESOURCE_LOCK=set:x,y,z",
            "HOLDFAST_P_TIMEOUT=set:7", *limit_told(7), "HOLDFAST_P_NATIVE_TIMEOUT=unset:"})
        self.assertEqual([found["b"], found["c"]], [found["a"]] * 2)

    def test_more_combinations_than_are_remembered(self):
        script = "".join(f"add_test(t{n} true)\nset_tests_properties(t{n} PROPERTIES TIMEOUT {n + 1})\n"
                         for n in range(1010))
        source = self.project("""
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)
            """, files={"t.cmake": script})
        shown = self.ctest(self.configure(source, "build"), "--show-only=json-v1",
                           env=self.environment(HOLDFAST_EXPLAIN="1"))
        limits = [{p["name"]: p["value"] for p in test["properties"]}["TIMEOUT"]
                  for test in json.loads(shown.stdout)["tests"]]
        margin = 0 if CTEST_TELLS else 8
        self.assertEqual(limits, [n + 1 + margin for n in range(1010)])

    def test_of_tests_that_cannot_be_selected_nothing_is_told_but_of_those_that_fixtures_bring_along(self):
        tests = """
            add_test(setup true)
            set_tests_properties(setup PROPERTIES TIMEOUT 20 ENVIRONMENT "A=b;C=[" RESOURCE_LOCK db)
            set_tests_properties(setup PROPERTIES FIXTURES_SETUP f TIMEOUT 10)
            set_tests_properties(setup PROPERTIES HOLDFAST_ON_LEAK kill)
            add_test(used true)
            set_tests_properties(used PROPERTIES FIXTURES_REQUIRED f TIMEOUT 30 DEPENDS before)
            add_test(left true)
            set_tests_properties(left PROPERTIES FIXTURES_REQUIRED f TIMEOUT 40)
            add_test(before true)
            set_tests_properties(before PROPERTIES TIMEOUT 50)
            """
        source = self.project("""
            set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/t.cmake)
            """, files={"t.cmake": tests})
        build = self.configure(source, "build")

        def told(*options):
            run = self.ctest(build, "-V", *options)
            self.assertEqual(run.code, 0, run.text)
            modifications = run.modifications()
            return {verdict[0]: modifications.get(number, set()) for number, verdict in run.verdicts().items()}

        everything = told()
        for options in (("-R", "^used$"), ("--tests-regex", r"used|nothing\."), ("-R", "us[e]d"),
                        ("-R", "used", "-E", "left")):
            with self.subTest(options):
                self.assertEqual(told(*options), {name: everything[name] for name in ("setup", "used")})
        listed = json.loads(self.ctest(build, "--show-only=json-v1", "-R", "^used$",
                                       env=self.environment(HOLDFAST_EXPLAIN="1")).stdout)
        self.assertEqual([test["name"] for test in listed["tests"]], ["setup", "used"])

    def test_rerun_failed_makes_ctest_forget_its_expression(self):
        source = self.project("""
            foreach(name IN ITEMS a b c)
              add_test(NAME ${name} COMMAND sh -c [[test -e good && test "$X" = 1]])
              set_tests_properties(${name} PROPERTIES ENVIRONMENT X=1)
            endforeach()
            """)
        build = self.configure(source, "build")
        self.assertNotEqual(self.ctest(build).code, 0)
        (Path(build) / "good").touch()
        run = self.ctest(build, "--rerun-failed", "-R", "nothing")
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(len(run.verdicts()), 3, run.text)

    def test_several_tests_in_one_call(self):
        found = self.modifications("""
            add_test(a true)
            add_test(b true)
            add_test(c true)
            set_tests_properties(a b PROPERTIES LABELS x HOLDFAST_TIMEOUT 5)
            """)
        told = {"HOLDFAST_P_TIMEOUT=set:5", *limit_told(5)}
        self.assertEqual(found, {"a": told, "b": told, "c": set()})

    def test_resource_locks_are_told_with_their_names_encoded(self):
        self.assertEqual(self.modifications("""
            add_test(one true)
            set_tests_properties(one PROPERTIES RESOURCE_LOCK "db")
            add_test(odd true)
            set_tests_properties(odd PROPERTIES RESOURCE_LOCK "a b;c,d;e%f;g/h:i@j;ä;x_y.z-1+2")
            add_test(twice true)
            set_tests_properties(twice PROPERTIES RESOURCE_LOCK "p;q")
            set_tests_properties(twice PROPERTIES RESOURCE_LOCK "r")
            """)["odd"], {
                "HOLDFAST_P_RESOURCE_LOCK=set:a%20b,c%2Cd,e%25f,g%2Fh%3Ai%40j,%C3%A4,x_y.z-1+2"})
        modifications = self.last.modifications()
        self.assertEqual(modifications[1], {"HOLDFAST_P_RESOURCE_LOCK=set:db"})
        # ctest applies them in order, and the last one has the names of both calls.
        self.assertIn("HOLDFAST_P_RESOURCE_LOCK=set:p,q,r", modifications[3])
        self.assertLess(self.last.stdout.index("LOCK=set:p,q\n"),
                        self.last.stdout.index("LOCK=set:p,q,r\n"))

    def test_exclusive_locks_are_put_into_resource_lock_so_that_ctest_schedules_around_them(self):
        self.modifications("""
            add_test(a true)
            set_tests_properties(a PROPERTIES RESOURCE_LOCK own
              HOLDFAST_LOCKS "db;net@project;gpu@machine;rd:shared;n:1/4;s:shared@user")
            """)
        self.assertEqual(self.last.modifications()[1], {
            "HOLDFAST_P_RESOURCE_LOCK=set:own",
            "HOLDFAST_P_LOCKS=set:db,net@project,gpu@machine,rd:shared,n:1/4,s:shared@user"})
        # ctest shows a test's locks only in a listing, and there Holdfast stays out. So this asks
        # the same files for JSON, with Holdfast's check for a listing switched off.
        testfile = self.build / "CTestTestfile.cmake"
        testfile.write_text("macro(_holdfast_stay_in)\n  function(_holdfast_lists_only a out)\n"
                            "    set(${out} FALSE PARENT_SCOPE)\n  endfunction()\nendmacro()\n"
                            + testfile.read_text())
        attach = self.build / ".holdfast/attach.cmake"
        text = attach.read_text()
        prefix = self.prefix_copy()
        package = prefix / "lib/cmake/Holdfast"
        original = text.split('set(_holdfast_package_dir [==[')[1].split(']==]')[0]
        attach.write_text(text.replace(original, str(package)))
        listing = package / "listing.cmake"
        listing.write_text(listing.read_text() + "\n_holdfast_stay_in()\n")
        shown = json.loads(self.ctest(self.build, "--show-only=json-v1").stdout)
        properties = {p["name"]: p["value"] for p in shown["tests"][0]["properties"]}
        self.assertEqual(sorted(properties["RESOURCE_LOCK"]),
                         ["db", "gpu@machine", "net", "own"])

    def test_the_first_few_required_files_are_told_as_inputs(self):
        odd = self.work / "a b,c"
        odd.write_text("")
        most = int(re.search(r"k_most_inputs = (\d+);", (SOURCE / "launcher/values/test_inputs.cpp").read_text())[1])
        many = ";".join(f"/etc/./{'./' * i}passwd" for i in range(1000))  # too long for a variable
        modifications = self.modifications(f"""
            add_test(a true)
            set_tests_properties(a PROPERTIES REQUIRED_FILES "/etc/passwd;{odd}")
            set_tests_properties(a PROPERTIES REQUIRED_FILES "/etc/group" COST 1)
            add_test(b true)
            set_tests_properties(b PROPERTIES REQUIRED_FILES "{many}")
            """)
        encoded = str(odd).replace("/", "%2F").replace(" ", "%20").replace(",", "%2C")
        self.assertEqual(modifications["a"], {
            f"HOLDFAST_P_REQUIRED_FILES=set:/etc/passwd,{encoded}",
            f"HOLDFAST_P_REQUIRED_FILES=set:/etc/passwd,{encoded},/etc/group"})
        self.assertEqual(modifications["b"], {
            "HOLDFAST_P_REQUIRED_FILES=set:" + ",".join(many.split(";")[:most])})
        self.assertEqual({verdict[1] for verdict in self.last.verdicts().values()}, {"Passed"})

    def test_only_a_run_that_may_share_the_tree_asks_to_have_it_alone(self):
        source = self.project("""
            foreach(name IN ITEMS a b.c d)
              add_test(NAME ${name} COMMAND true)
            endforeach()
            set_tests_properties(a b.c PROPERTIES FIXTURES_REQUIRED f RUN_SERIAL ON)
            """)
        prefix = self.prefix_copy()
        sharing = prefix / "lib/cmake/Holdfast/sharing.cmake"
        sharing.write_text(sharing.read_text().replace(
            "  _holdfast_begin(--alone-for", "  message(NOTICE \"asks for ${property}\")\n  _holdfast_begin(--alone-for"))
        build = self.configure(source, "build", prefix=prefix)
        both = ["FIXTURES_REQUIRED", "RUN_SERIAL"]
        for expected, *arguments in ([both, "-R", "^a$"], [both, "-R", r"^(a|b\.c)$"], [both, "-I", "1,1"],
                                     [both, "-R", "^a,?$"], [[], "-R", "^d$"], [[], "-R", "a"], [[], "-R", "^a"],
                                     [[], "-R", "^.*a$"], [[], "-R", "^b.c$"], [[]]):
            with self.subTest(arguments=arguments):
                run = self.ctest(build, *arguments)
                self.assertEqual(run.code, 0, run.text)
                self.assertEqual(sorted(re.findall("^asks for (.*)$", run.text, re.M)), expected)

    def test_a_property_that_is_not_served_is_said_with_its_test(self):
        source = self.project("""
            foreach(name IN ITEMS a b c d)
              add_test(NAME ${name} COMMAND true)
            endforeach()
            set_tests_properties(a b PROPERTIES HOLDFAST_CONTAIN cgroup)
            set_tests_properties(c PROPERTIES TIMEOUT 50 HOLDFAST_LOCK db)
            set_tests_properties(d PROPERTIES HOLDFAST_ENABLED ON HOLDFAST_LOCKS db HOLDFAST_TIMEOUT 9
              HOLDFAST_ON_LEAK kill HOLDFAST_RETRY crash=1)
            """)
        build = self.configure(source, "build")
        run = self.ctest(build)
        self.assertEqual(run.code, 0, run.text)
        said = [line for line in run.text.splitlines() if line.startswith('holdfast: "')]
        self.assertEqual(said, [
            f'holdfast: "{test}": {name} is no property of Holdfast\'s (HOLDFAST_ENABLED, _CONTAINMENT, '
            "_IDLE_SLOTS, _ISOLATION, _LOCKS, _NICE, _ON_LEAK, _PORTS, _RETRY, _SERVICES, _TIMEOUT, _UMASK): ignoring it"
            for test, name in (("a", "HOLDFAST_CONTAIN"), ("c", "HOLDFAST_LOCK"))])
        for quiet in (self.ctest(build, "-N"), self.ctest(build, disable=True)):
            self.assertNotIn("holdfast", quiet.words())

    def test_an_own_environment_modification_survives(self):
        self.modifications("""
            add_test(a sh -c "test \\"$A\\" = x && test -z \\"$B\\"")
            set_tests_properties(a PROPERTIES ENVIRONMENT_MODIFICATION "A=set:x;B=unset:"
              HOLDFAST_LOCKS db ENVIRONMENT "B=1")
            """)
        self.assertEqual(self.last.code, 0, self.last.text)
        self.assertEqual(self.last.modifications()[1],
                         {"A=set:x", "B=unset:", "HOLDFAST_P_LOCKS=set:db"})

    def test_needed_are_fixtures_and_whatever_a_depends_names(self):
        found = self.modifications("""
            add_test(setup true)
            set_tests_properties(setup PROPERTIES FIXTURES_SETUP f)
            add_test(before true)
            add_test(user true)
            set_tests_properties(user PROPERTIES FIXTURES_REQUIRED f DEPENDS "before;after;gone")
            add_test(cleanup true)
            set_tests_properties(cleanup PROPERTIES FIXTURES_CLEANUP f)
            add_test(after true)
            """)
        needed = "HOLDFAST_P_NEEDED=set:1"
        self.assertEqual(found, {
            "setup": {needed, "HOLDFAST_P_FIXTURES_SETUP=set:f"}, "before": {needed}, "after": {needed},
            "user": {"HOLDFAST_P_FIXTURES_REQUIRED=set:f", "HOLDFAST_P_DEPENDS=set:before,after,gone"},
            "cleanup": {"HOLDFAST_P_FIXTURES_CLEANUP=set:f"}})

    def test_the_order_of_tests_is_told_and_costs_others_nothing(self):
        """ctest adds up the names of several calls."""
        found = self.modifications("""
            add_test(setup true)
            set_tests_properties(setup PROPERTIES FIXTURES_SETUP "f,;g")
            add_test(user true)
            set_tests_properties(user PROPERTIES FIXTURES_REQUIRED "i,;k")
            set_tests_properties(user PROPERTIES FIXTURES_REQUIRED h DEPENDS "")
            set_tests_properties(user PROPERTIES DEPENDS "set up")
            add_test(plain true)
            set_tests_properties(plain PROPERTIES COST 3)
            """)
        self.assertEqual(found, {
            "setup": {"HOLDFAST_P_NEEDED=set:1", "HOLDFAST_P_FIXTURES_SETUP=set:f%2C,g"},
            "user": {"HOLDFAST_P_FIXTURES_REQUIRED=set:i%2C,k", "HOLDFAST_P_FIXTURES_REQUIRED=set:i%2C,k,h",
                     "HOLDFAST_P_DEPENDS=set:set%20up"},
            "plain": set()})

    def test_the_order_of_a_test_is_told_beside_a_value_that_no_list_can_hold(self):
        found = self.modifications("""
            add_test(setup true)
            set_tests_properties(setup PROPERTIES FIXTURES_SETUP f)
            add_test(user true)
            set_tests_properties(user PROPERTIES HOLDFAST_LOCKS "[db" FIXTURES_REQUIRED f DEPENDS "setup;gone")
            """)
        self.assertLessEqual({"HOLDFAST_P_FIXTURES_REQUIRED=set:f", "HOLDFAST_P_DEPENDS=set:setup,gone",
                              "HOLDFAST_P_LOCKS=set:[db"}, found["user"])

    def test_too_many_names_are_not_told_and_said_once(self):
        many = ";".join(f"test_with_a_long_name_{i}" for i in range(1000))
        found = self.modifications(f"""
            add_test(user true)
            set_tests_properties(user PROPERTIES DEPENDS one)
            set_tests_properties(user PROPERTIES DEPENDS "{many}")
            """)
        self.assertEqual(found, {"user": {"HOLDFAST_P_DEPENDS=set:one", "HOLDFAST_P_DEPENDS=unset:"}})
        self.assertIn('"user": its DEPENDS is too long to be told to its launcher (16 KiB)', self.last.text)

    def test_needed_across_directories(self):
        source = self.project("""
            add_subdirectory(first)
            add_test(NAME top COMMAND true)
            set_tests_properties(top PROPERTIES DEPENDS "in_first;in_second")
            add_subdirectory(second)
            """, files={"first/CMakeLists.txt": "add_test(NAME in_first COMMAND true)\n",
                        "second/CMakeLists.txt": "add_test(NAME in_second COMMAND true)\n"})
        run = self.ctest(self.configure(source, "build"), "-V")
        names = {run.verdicts()[number][0] for number, modifications
                 in run.modifications().items() if "HOLDFAST_P_NEEDED=set:1" in modifications}
        self.assertEqual(names, {"in_first", "in_second"})

    def test_what_is_around_ctest_tells_the_launcher_nothing(self):
        """Only a test's own properties tell it something. This tries every variable there is."""
        listed = (SOURCE / "launcher/base/environment.hpp").read_text()
        names = set(re.findall(r'"(HOLDFAST_P_[A-Z_]+[A-Z])"', listed))
        self.assertGreater(len(names), 10)
        around = {name: "1s" for name in names} | {
            "HOLDFAST_P_COMMAND": "/bin/false", "HOLDFAST_P_ENABLED": "OFF", "HOLDFAST_P_LOCKS": "x:9/1"}
        source = self.project(r"""
            add_test(NAME plain COMMAND sh -c "tr '\\0' '\\n' </proc/$PPID/environ && env")
            add_test(NAME own COMMAND env)
            set_tests_properties(own PROPERTIES HOLDFAST_TIMEOUT 2m)
            """)
        run = self.ctest(self.configure(source, "build"), "-V", env=self.environment(**around))
        self.assertEqual(run.verdicts(), {1: ("plain", "Passed"), 2: ("own", "Passed")}, run.text)
        of_launcher = "\n".join(run.output(1))
        self.assertIn("HOLDFAST_ATTACH=", of_launcher)
        self.assertIn("HOLDFAST_ATTEMPT_ID=", of_launcher)
        told = set(re.findall("HOLDFAST_P_[A-Z_]+", of_launcher))
        # These tell ctest's own limit for all tests, as this run has it.
        self.assertLessEqual(told, {"HOLDFAST_P_DEFAULT_TIMEOUT", "HOLDFAST_P_DEFAULT_LIMIT"}, run.text)
        self.assertNotIn("DEFAULT_TIMEOUT=1s", of_launcher)
        self.assertEqual([line for line in run.output(2) if line.startswith("HOLDFAST_P_")], [])
    def test_processors_are_told(self):
        found = self.modifications("""
            add_test(plain true)
            set_tests_properties(plain PROPERTIES PROCESSORS 3)
            add_test(together true)
            set_tests_properties(together PROPERTIES HOLDFAST_ISOLATION fork PROCESSORS 2)
            add_test(before true)
            set_tests_properties(before PROPERTIES PROCESSORS 2)
            set_tests_properties(before PROPERTIES HOLDFAST_ISOLATION process)
            add_test(none true)
            set_tests_properties(none PROPERTIES HOLDFAST_ISOLATION none)
            """)
        self.assertEqual(found, {
            "plain": {"HOLDFAST_P_PROCESSORS=set:3"},
            "together": {"HOLDFAST_P_ISOLATION=set:fork", "HOLDFAST_P_PROCESSORS=set:2"},
            "before": {"HOLDFAST_P_ISOLATION=set:process", "HOLDFAST_P_PROCESSORS=set:2"},
            "none": {"HOLDFAST_P_ISOLATION=set:none"}})

    def test_holdfast_timeout_of_a_batch_limits_cases_and_not_the_test(self):
        found = self.modifications("""
            add_test(plain true)
            set_tests_properties(plain PROPERTIES HOLDFAST_TIMEOUT 7)
            add_test(batch true)
            set_tests_properties(batch PROPERTIES HOLDFAST_TIMEOUT 7 HOLDFAST_ISOLATION process)
            add_test(later true)
            set_tests_properties(later PROPERTIES HOLDFAST_TIMEOUT 7)
            set_tests_properties(later PROPERTIES HOLDFAST_ISOLATION process)
            add_test(both true)
            set_tests_properties(both PROPERTIES HOLDFAST_TIMEOUT 7 HOLDFAST_ISOLATION process TIMEOUT 50)
            """)
        batch = {"HOLDFAST_P_TIMEOUT=set:7", "HOLDFAST_P_ISOLATION=set:process"}
        self.assertEqual(found["plain"], {"HOLDFAST_P_TIMEOUT=set:7", *limit_told(7)})
        self.assertEqual(found["batch"], batch)
        unset = {told.partition("=")[0] + "=unset:" for told in limit_told(7)}
        self.assertEqual(found["later"], batch | limit_told(7) | unset)
        self.assertEqual(found["both"], batch | {"HOLDFAST_P_NATIVE_LIMIT=set:58",
                                                 "HOLDFAST_P_NATIVE_TIMEOUT=set:50"})

    def test_the_verdicts_do_not_depend_on_any_of_it(self):
        source = self.project("""
            add_test(NAME a COMMAND true)
            set_tests_properties(a PROPERTIES HOLDFAST_LOCKS "db;gpu:1/4" HOLDFAST_TIMEOUT 60
              HOLDFAST_ON_LEAK kill RESOURCE_LOCK "x y")
            add_test(NAME b COMMAND false)
            set_tests_properties(b PROPERTIES HOLDFAST_ENABLED OFF DEPENDS a WILL_FAIL ON)
            """)
        self.assert_same_verdicts(source, count=2)

    def test_values_that_are_too_long_for_a_variable(self):
        """execve(2) takes 128 KiB. Tests that CTest alone would run do run, but without the
        setting."""
        text = "string(REPEAT x 70000 half)\n"
        ignored = ("HOLDFAST_RETRY", "HOLDFAST_TIMEOUT", "HOLDFAST_ON_LEAK", "HOLDFAST_ISOLATION", "LABELS")
        for name in ignored:
            text += (f"add_test(NAME {name} COMMAND true)\n"
                     f"set_tests_properties({name} PROPERTIES TIMEOUT 5 {name} ${{half}}${{half}})\n")
        text += "set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/more.cmake)\n"
        more = ("string(REPEAT x 70000 half)\nadd_test(twice true)\n"
                "set_tests_properties(twice PROPERTIES TIMEOUT 5 RESOURCE_LOCK ${half}1)\n"
                "set_tests_properties(twice PROPERTIES RESOURCE_LOCK ${half}2)\n")
        source = self.project(text, files={"more.cmake": more, "holdfast.toml": '[[override]]\nlabel = "x"\ngrace = 1\n'})
        plain = self.ctest(self.configure(source, "plain", attached=False), "-V")
        run = self.ctest(self.configure(source, "attached"), "-V")
        self.assertEqual((plain.code, len(plain.verdicts())), (0, len(ignored) + 1), plain.text)
        self.assertEqual((run.code, run.verdicts()), (0, plain.verdicts()))
        self.assertNotIn("86400", run.text)  # a day: for waits and retries
        for number, name in enumerate(("RESOURCE_LOCK", *ignored), start=1):
            self.assertIn(f"HOLDFAST_P_{name.removeprefix('HOLDFAST_')}=unset:", run.modifications()[number])
            said = [line for line in run.text.splitlines() if f": its {name} is too long to be told" in line]
            self.assertEqual(len(said), 1, said)
            self.assertEqual("such locks hold within one run only" in said[0], name == "RESOURCE_LOCK")

    def test_no_test_is_run_without_locks_that_are_too_long_to_be_told(self):
        source = self.project("""
            string(REPEAT x 140000 long)
            add_test(NAME needs_them COMMAND true)
            set_tests_properties(needs_them PROPERTIES HOLDFAST_LOCKS ${long})
            """)
        run = self.ctest(self.configure(source, "attached"))
        self.assertIn("***Not Run", run.verdicts()[1][1])
        self.assertIn('holdfast: "needs_them": its HOLDFAST_LOCKS is too long to be told to its launcher (128 KiB): '
                      "no test is run without its locks\n", run.text)


if __name__ == "__main__":
    unittest.main()
