"""Which program a test runs. ctest still says Not Run for a program that it would not find."""

import json
import os
import re
import unittest

from holdfast_case import HoldfastCase, ctest_version

SCRIPT = "#!/bin/sh\necho ran=$0 in=$PWD\n"
PROJECT = """
set(b ${CMAKE_BINARY_DIR})
configure_file(script ${b}/here COPYONLY)
configure_file(script ${b}/sub/there COPYONLY)
configure_file(script ${b}/wd/only_in_wd COPYONLY)
configure_file(script ${b}/wd/true COPYONLY)
configure_file(script ${b}/Debug/configured COPYONLY)
file(WRITE ${b}/no_permission "#!/bin/sh\\n")
file(WRITE ${b}/bare_script "echo no interpreter line: $1\\n")
file(WRITE ${b}/lost_interpreter "#!/nonexistent/interpreter\\n")
file(CHMOD ${b}/bare_script ${b}/lost_interpreter PERMISSIONS OWNER_READ OWNER_EXECUTE)
add_test(NAME absolute COMMAND ${b}/here)
add_test(NAME detour COMMAND ${b}/sub/..//here)
add_test(NAME no_detour COMMAND ${b}/nowhere/../here)
add_test(NAME no_detour_relative COMMAND nowhere/../here)
add_test(NAME relative COMMAND sub/there)
add_test(NAME dotted COMMAND ./here)
add_test(NAME by_name COMMAND here)
add_test(NAME in_path COMMAND printenv HOME)
add_test(NAME configuration COMMAND ${b}/configured)
add_test(NAME configuration_relative COMMAND configured)
add_test(NAME missing COMMAND ${b}/missing)
add_test(NAME missing_relative COMMAND ./missing)
add_test(NAME missing_name COMMAND no-such-program-anywhere)
add_test(NAME directory COMMAND /usr)
add_test(NAME no_permission COMMAND ${b}/no_permission)
add_test(NAME lost_interpreter COMMAND ${b}/lost_interpreter)
add_test(NAME bare_script COMMAND ${b}/bare_script x)
add_test(NAME wd_only COMMAND ./only_in_wd)
add_test(NAME wd_only_name COMMAND only_in_wd)
add_test(NAME wd_loses COMMAND sub/there)
add_test(NAME wd_shadows_path COMMAND true)
add_test(NAME wd_path COMMAND false)
set_tests_properties(wd_only wd_only_name wd_loses wd_shadows_path wd_path PROPERTIES
  WORKING_DIRECTORY ${b}/wd)
foreach(name IN ITEMS missing missing_relative missing_name no_permission)
  add_test(NAME will_fail_${name} COMMAND ${name})
  set_tests_properties(will_fail_${name} PROPERTIES WILL_FAIL ON)
endforeach()
"""
BARE = {"no_detour", "missing", "missing_name", "directory", "no_permission", "lost_interpreter", "wd_only_name",
        "will_fail_missing", "will_fail_missing_relative", "will_fail_missing_name",
        "will_fail_no_permission"}
if ctest_version() >= (4, 0):  # its libuv may not find it executable
    BARE.add("bare_script")
# ctest prints no command for a program that it does not find.
NOT_FOUND = {"no_detour", "missing", "missing_name", "directory", "will_fail_missing", "will_fail_missing_relative",
             "will_fail_missing_name"}


class Commands(HoldfastCase):
    def build_both(self, text, files):
        source = self.project(text, files=files)
        return self.configure(source, "attached/b"), self.configure(source, "plain/b",
                                                                    attached=False)

    def test_each_command_is_the_one_ctest_would_find(self):
        attached, plain = self.build_both(PROJECT, {"script": SCRIPT})
        expected = self.ctest(plain, "-V")
        run = self.ctest(attached, "-V")
        self.assertEqual(run.verdicts(), expected.verdicts())
        self.assertEqual(run.code, expected.code)
        names = {number: verdict[0] for number, verdict in expected.verdicts().items()}
        self.assertEqual(len(names), 26)
        for number, name in names.items():
            # argv[0] too, because scripts derive paths from $0.
            plain_output = [line.replace(str(plain), str(attached))
                            for line in expected.output(number)]
            self.assertEqual(run.output(number), plain_output, name)
            if name not in NOT_FOUND:
                self.assertEqual(run.wrapped()[number], name not in BARE, name)

    def test_configuration_directories_are_searched_for_the_chosen_one(self):
        attached, plain = self.build_both("""
            foreach(config IN ITEMS Debug Release)
              configure_file(script ${CMAKE_BINARY_DIR}/${config}/only_${config} COPYONLY)
              add_test(NAME ${config} COMMAND only_${config})
            endforeach()
            """, {"script": SCRIPT})
        for config in ("Debug", "Release", "Other"):
            expected = self.ctest(plain, "-C", config)
            run = self.ctest(attached, "-C", config)
            self.assertEqual(run.verdicts(), expected.verdicts(), config)

    def test_a_binary_made_by_a_fixture_runs_through_the_launcher(self):
        attached, plain = self.build_both("""
            set(b ${CMAKE_BINARY_DIR})
            add_test(NAME make COMMAND sh -c "cp ${CMAKE_SOURCE_DIR}/script ${b}/late")
            set_tests_properties(make PROPERTIES FIXTURES_SETUP late)
            add_test(NAME late COMMAND ${b}/late)
            add_test(NAME late_relative COMMAND ./late)
            set_tests_properties(late late_relative PROPERTIES FIXTURES_REQUIRED late)
            """, {"script": SCRIPT})
        self.assertEqual(self.ctest(plain).code, 0)
        run = self.ctest(attached, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_all_wrapped(run, 3)

    def test_what_is_missing_is_said_in_ctests_own_words(self):
        attached, plain = self.build_both("""
            add_test(NAME missing COMMAND ${CMAKE_BINARY_DIR}/missing)
            add_subdirectory(sub)
            """, {"sub/CMakeLists.txt": "add_test(NAME inner COMMAND ${CMAKE_CURRENT_BINARY_DIR}/missing)\n"})
        def words(tree):
            run = self.ctest(tree)
            text = run.text.replace(str(tree), "TREE").replace(str(tree)[1:], "TREE")
            return [line for line in text.splitlines() if line.startswith(("Could", "Looked", "TREE", "Unable"))]
        expected = words(plain)
        self.assertIn("Could not find executable TREE/sub/missing", expected)
        self.assertEqual(words(attached), expected)

    def test_one_with_a_lock_is_never_run_without_it(self):
        attached, _ = self.build_both("""
            add_test(NAME make COMMAND sh -c "cp ${CMAKE_SOURCE_DIR}/script ${CMAKE_BINARY_DIR}/late")
            add_test(NAME late COMMAND ${CMAKE_BINARY_DIR}/late)
            set_tests_properties(late PROPERTIES RESOURCE_LOCK db)
            """, {"script": SCRIPT})
        run = self.ctest(attached, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_all_wrapped(run, 2)

    def test_a_lost_interpreter_is_named(self):
        attached, plain = self.build_both("""
            file(WRITE ${CMAKE_BINARY_DIR}/lost "#!/nonexistent/interpreter -x\\n")
            file(CHMOD ${CMAKE_BINARY_DIR}/lost PERMISSIONS OWNER_READ OWNER_EXECUTE)
            add_test(NAME lost COMMAND ${CMAKE_BINARY_DIR}/lost)
            add_test(NAME lost_too COMMAND ./lost)
            """, {})
        run = self.ctest(attached)
        self.assertEqual(run.verdicts(), self.ctest(plain).verdicts())
        said = f"holdfast: {attached}/lost: its interpreter /nonexistent/interpreter is missing"
        self.assertEqual(run.text.count(said), 1, run.text)
        self.assertNotIn("holdfast", self.ctest(attached, "-N").words())

    def test_one_that_a_fixture_makes_is_waited_for(self):
        attached, plain = self.build_both("""
            set(b ${CMAKE_BINARY_DIR})
            file(WRITE ${b}/late "#!${b}/interpreter\n")
            file(CHMOD ${b}/late PERMISSIONS OWNER_READ OWNER_EXECUTE)
            add_test(NAME make COMMAND sh -c "ln -s /bin/true ${b}/interpreter")
            set_tests_properties(make PROPERTIES FIXTURES_SETUP made)
            add_test(NAME late COMMAND ${b}/late)
            set_tests_properties(late PROPERTIES FIXTURES_REQUIRED made)
            """, {})
        self.assertEqual(self.ctest(plain).code, 0)
        run = self.ctest(attached, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assert_all_wrapped(run, 2)

    def test_the_tests_own_path_is_not_searched(self):
        attached, plain = self.build_both("""
            configure_file(script ${CMAKE_BINARY_DIR}/extra/hidden COPYONLY)
            add_test(NAME hidden COMMAND hidden)
            set_tests_properties(hidden PROPERTIES ENVIRONMENT
              "PATH=${CMAKE_BINARY_DIR}/extra:$ENV{PATH}")
            """, {"script": SCRIPT})
        run = self.ctest(attached)
        self.assertEqual(run.verdicts(), self.ctest(plain).verdicts())
        self.assertEqual(run.verdicts()[1][1], "***Not Run")

    def test_emulator_and_test_launcher_stay_inside_ours(self):
        text = """
            add_executable(prog prog.c)
            set_target_properties(prog PROPERTIES TEST_LAUNCHER "${CMAKE_SOURCE_DIR}/through;a b")
            add_test(NAME prog COMMAND prog)
            """
        files = {"prog.c": "int main(void){return 0;}\n",
                 "through": "#!/bin/sh\necho through=$1\nshift\nexec \"$@\"\n",
                 "emulator": "#!/bin/sh\necho emulated=$(basename $1)\nexec \"$@\"\n"}
        for name, attached in (("attached", True), ("plain", False)):
            source = self.project(text, name=name, languages="C", files=files)
            build = self.configure(source, f"b-{name}", "-DCMAKE_SYSTEM_NAME=Linux",
                                   f"-DCMAKE_CROSSCOMPILING_EMULATOR={source}/emulator", attached=attached)
            self.command("cmake", "--build", build)
            run = self.ctest(build, "-V")
            has_launchers = ctest_version() >= (3, 29)
            self.assertEqual(run.output(1), ["through=a b"] * has_launchers + ["emulated=prog"], run.text)
            outermost = f'{os.path.realpath(source)}/{"through" if has_launchers else "emulator"}'
            if attached:
                self.assertRegex(run.commands()[1], f'"--test:\\w+:\\.=prog" "{re.escape(outermost)}"')
            else:
                self.assertTrue(run.commands()[1].startswith(outermost), run.commands())
            # A listing has the project's own words.
            (listed,) = json.loads(self.ctest(build, "--show-only=json-v1").stdout)["tests"]
            through = [f"{source}/through", "a b"] if has_launchers else []
            self.assertEqual(listed["command"], [*through, f"{source}/emulator", f"{build}/prog"])


if __name__ == "__main__":
    unittest.main()
