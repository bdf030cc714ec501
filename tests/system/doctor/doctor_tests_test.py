"""`holdfast doctor`: what tests and settings lack."""

import json
import os
import re
import shutil
import subprocess
import time

import own_locks
from doctor_case import BUILD_BOUND_S, OF_THE_MACHINE, DoctorCase
from support import HOLDFAST, STAGE


class TestsTest(DoctorCase):
    """What tests need."""

    def test_a_script_whose_interpreter_is_missing(self):
        tree = self.project("add_test(NAME t COMMAND ${CMAKE_BINARY_DIR}/prog)\n")
        self.program_in(tree, "#!/usr/bin/no-such-python -u\n")
        self.assert_only(self.look(tree), "interpreter_missing",
                         '^"t": the interpreter of .*/prog does not exist: /usr/bin/no-such-python$')

    def test_a_program_that_cannot_be_executed(self):
        tree = self.project("add_test(NAME t COMMAND ${CMAKE_BINARY_DIR}/prog)\n")
        self.program_in(tree, mode=0o644)
        self.assert_only(self.look(tree), "program_refused", '^"t": the program cannot be executed: .*/prog$',
                         command=r"^chmod \+x ")

    def test_files_and_a_directory_that_are_missing(self):
        tree = self.project("""add_test(NAME t COMMAND true)
set_tests_properties(t PROPERTIES REQUIRED_FILES ${CMAKE_BINARY_DIR}/data)
add_test(NAME u COMMAND true WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/nowhere)
add_test(NAME off COMMAND /no/such/program)
set_tests_properties(off PROPERTIES DISABLED ON)
""")
        found = self.look(tree)
        self.assert_only(found, "file_missing", '^"t": a file or directory that is needed does not exist: .*/data$')
        self.assertEqual([one["what"].split(":")[0] for one in self.said["findings"]], ['"t"', '"u"'])

    def test_files_of_tests_with_a_time_that_has_not_come_yet(self):
        tree = self.project("""add_test(NAME t COMMAND ${CMAKE_BINARY_DIR}/prog ${CMAKE_BINARY_DIR}/input)
set_tests_properties(t PROPERTIES REQUIRED_FILES ${CMAKE_BINARY_DIR}/data)
""")
        later = time.time() + 7200
        files = [self.program_in(tree, name=name) for name in ("prog", "input", "data")]
        for file in files:
            os.utime(file, (later, later))
        self.assert_only(self.look(tree), "file_from_future", "was last written 1 h 59 min later than now$")
        self.assertEqual({one["where"] for one in self.said["findings"] if one["finding"] == "file_from_future"},
                         {str(file) for file in files})
        for file in files:
            os.utime(file)
        source = self.work / "project/CMakeLists.txt"
        os.utime(source, (later, later))
        self.assertEqual(self.look(tree)["file_from_future"]["where"], str(source))

    def test_relative_files_begin_where_the_test_runs(self):
        sub = self.work / "project/sub"
        sub.mkdir(parents=True)
        (sub / "CMakeLists.txt").write_text("""file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/data.txt "")
add_test(NAME t COMMAND true)
set_tests_properties(t PROPERTIES REQUIRED_FILES data.txt)
""")
        tree = self.project("add_subdirectory(sub)\n")
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])
        (tree / "sub/data.txt").unlink()
        self.assert_only(self.look(tree), "file_missing", f'^"t": .* does not exist: {tree}/sub/data.txt$')

    def test_a_program_with_a_relative_name_is_missed_once(self):
        tree = self.project("add_test(NAME t COMMAND ./nothing)\n")
        self.assert_only(self.look(tree), "program_missing", f'^"t": the program does not exist: {tree}/./nothing$')
        self.assertEqual(len([one for one in self.said["findings"] if one["area"] == "tests"]), 1)

    def test_a_tree_of_disabled_tests(self):
        self.toml('[[override]]\ntest = "^off"\nnice = 1\n')
        tree = self.project("""add_test(NAME off COMMAND /no/such/program)
set_tests_properties(off PROPERTIES DISABLED ON HOLDFAST_LOCKS "a:1/2;a:1/3")
""")
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])

    def test_a_program_that_another_test_makes_is_worth_knowing(self):
        tree = self.project("""add_test(NAME make COMMAND touch prog)
add_test(NAME use COMMAND ${CMAKE_BINARY_DIR}/prog)
set_tests_properties(use PROPERTIES DEPENDS make)
""")
        self.assert_only(self.look(tree, code=0), "program_later", '^"use": the program does not exist',
                         severity="worth_knowing")

    def test_a_fixture_that_nobody_sets_up_makes_no_program(self):
        tree = self.project("""add_test(NAME use COMMAND ${CMAKE_BINARY_DIR}/prog)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED F)
add_test(NAME clean COMMAND ${CMAKE_BINARY_DIR}/prog)
set_tests_properties(clean PROPERTIES FIXTURES_CLEANUP F)
""")
        self.assert_only(self.look(tree), "program_missing", '^"use", "clean": the program does not exist')

    def test_names_with_any_byte_do_not_end_it(self):
        tree = self.project("""add_test([[a;b "c'\x1b[31m]] ${CMAKE_BINARY_DIR}/no/where)\n""")
        self.assert_only(self.look(tree), "program_missing", "^\"a;b .* does not exist")
        done = self.finish(HOLDFAST, "doctor", "--tree", tree)
        self.assertNotIn(b"\x1b", done.stdout)

    def test_a_list_of_tests_that_ctest_cannot_make(self):
        tree = self.project()
        (tree / "CTestTestfile.cmake").write_text("message(FATAL_ERROR no)\n")
        found = self.look(tree)
        self.assertEqual(self.assert_found(found, "tests_unlisted", "ctest --show-only=json-v1 failed in "),
                         {"not_attached"})

    def test_a_list_of_tests_that_does_not_end(self):
        tree = self.project()
        with (tree / "CTestTestfile.cmake").open("a", encoding="utf-8") as file:
            file.write("execute_process(COMMAND sleep 1000)\n")
        self.assert_only(self.look(tree, "--patience", "5s"), "tests_unlisted", "gave no answer within 5.0 s in ")
        self.assert_nothing_left()

    def test_a_tree_without_tests(self):
        self.assert_only(self.look(self.project(""), code=0), "no_tests", "^the tree has no test$",
                         severity="worth_knowing")


class SettingsTest(DoctorCase):
    """holdfast.toml, properties and services."""

    def found_with(self, toml, text="add_test(NAME t COMMAND true)\n", **how):
        self.toml(toml)
        return self.look(self.project(text), **how)

    def test_a_wrong_file(self):
        self.assert_only(self.found_with("[profile.default]\ntimeot = 1\n"), "settings_refused",
                         r"holdfast.toml:2: .* \(did you mean \"timeout\"\?\)$")

    def test_patterns_that_match_no_test(self):
        found = self.found_with('[[override]]\ntest = "^x"\nnice = 1\n[[override]]\nlabel = "l"\nnice = 1\n'
                                '[[known-flaky]]\ntests = "^y"\nsignature = "s"\nissue = "P"\nexpires = 2999-01-01\n',
                                code=0)
        self.assertEqual(self.assert_found(found, "override_unused", 'test = "\\^x"$', severity="worth_knowing"),
                         {"flake_unused"})
        self.assertEqual(found["override_unused"]["where"], "holdfast.toml:3, [[override]]")
        self.assertEqual(len(self.said["findings"]), 3)

    def test_a_pattern_of_affected_that_matches_no_test(self):
        found = self.found_with('[[affected]]\nfiles = "data/**"\ntests = ["^t$", "^y"]\n', code=0)
        self.assert_only(found, "affected_unused", r'no test matches "\^y" in \[\[affected\]\], so that changes of data/\*\*',
                         severity="worth_knowing")

    def test_a_known_flake_that_expired(self):
        found = self.found_with('[[known-flaky]]\ntests = "^t"\nsignature = "s"\nissue = "P-7"\nexpires = 2026-01-31\n')
        self.assert_only(found, "flake_expired", r'"\^t" \(P-7\) expired on 2026-01-31$')

    def test_a_property_that_does_not_exist(self):
        text = "add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_LOCK db)\n"
        self.assert_only(self.look(self.project(text)), "said_by_ctest", '^"t": HOLDFAST_LOCK is no property of ')

    def test_a_property_with_a_value_that_is_not_understood(self):
        text = "".join(f"add_test(NAME t{i} COMMAND true)\n" for i in range(5))
        text += "set_tests_properties(t0 t1 t2 t3 t4 PROPERTIES HOLDFAST_NICE x)\n"
        self.assert_only(self.look(self.project(text), code=0), "settings_ignored",
                         '^"t0", "t1", "t2" and 2 more: ignoring .*HOLDFAST_NICE', severity="worth_knowing",
                         command="^holdfast config --explain t0$")
        self.assertEqual(len([one for one in self.said["findings"] if one["area"] == "settings"]), 1)

    def test_locks_that_contradict_each_other(self):
        text = "add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_LOCKS \"a:1/2;a:1/3\")\n"
        self.assert_only(self.look(self.project(text)), "test_refused", '^"t": lock "a:1/3@project": also asked for as ',
                         command="^holdfast config --explain t$")

    def test_a_service_that_is_not_declared_or_has_no_program(self):
        text = "add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_SERVICES bd)\n"
        found = self.found_with('[service.db]\ncommand = ["no-such-server"]\n', text)
        self.assertEqual(self.assert_found(found, "service_refused", '^"t" cannot run: there is no service bd, '),
                         {"service_program_missing"})
        self.assertIn("no-such-server", found["service_program_missing"]["what"])

    def test_a_service_that_is_declared_twice(self):
        found = self.found_with('[service.db]\ncommand = ["sleep", "300"]\n', "add_test(NAME t COMMAND true)\n"
                                "holdfast_add_service(db COMMAND sleep 300 READY_COMMAND true)\n")
        self.assert_only(found, "service_refused", r"\bdb\b")

    def test_a_program_of_this_holdfast_that_is_broken(self):
        tree = self.project()
        stage = self.work / "stage"
        subprocess.run(["cp", "-al", STAGE, stage], check=True)
        program = stage / "libexec/holdfast/holdfast-exec"
        program.unlink()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        done = self.finish(stage / "bin/holdfast", "doctor", "--json", "--tree", tree, bound=BUILD_BOUND_S)
        self.assertEqual(done.returncode, 1, done.stderr)
        gone, = [one for one in json.loads(done.stdout)["findings"] if one["finding"] == "holdfast_gone"]
        self.assertIn(f"{program}: expected a program", gone["what"])

    def test_a_tree_that_is_not_attached(self):
        self.assert_only(self.look(self.project(attached=False)), "not_attached", "^tests run without Holdfast")

    def test_a_holdfast_that_is_gone(self):
        tree = self.project()
        attach = tree / ".holdfast/attach.cmake"
        attach.write_text(attach.read_text().replace(str(STAGE), "/no/where"))
        self.assert_only(self.look(tree), "holdfast_gone", "one in /no/where/.*, which is gone$",
                         command="^cmake -B ")

    def test_a_tree_that_another_holdfast_configured(self):
        other = self.work / "other"
        shutil.copytree(STAGE / "lib/cmake", other / "lib/cmake")
        for folder in ("bin", "libexec"):
            (other / folder).symlink_to(STAGE / folder)
        self.assert_only(self.look(self.project(prefix=other), code=0), "other_holdfast",
                         f"^tests run through the Holdfast in {other}/.*; this one is in {STAGE}/",
                         severity="worth_knowing")

    def test_an_update_of_holdfast_that_fits_is_no_finding(self):
        tree = self.project()
        attach = tree / ".holdfast/attach.cmake"
        text = attach.read_text()
        older = re.sub(r"(set\(_holdfast_tree_version \[==\[)[^]]*", r"\g<1>0.0.1", text)
        self.assertNotEqual(older, text)
        attach.write_text(older)
        self.assertIn("; they fit", self.ctest(tree).text)
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])

    def test_a_tree_that_was_moved(self):
        tree = self.project()
        moved = self.work / "moved"
        tree.rename(moved)
        self.assert_only(self.look(moved), "tree_moved", f"^the tree was configured in {tree}: ")

    def test_holdfast_that_is_switched_off(self):
        text = "add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_NICE x)\n"
        found = self.look(self.project(text), env=self.environment(HOLDFAST_DISABLE="1"), code=0)
        # What the tests want is looked at all the same.
        self.assertEqual(self.assert_found(found, "switched_off", "HOLDFAST_DISABLE", severity="worth_knowing"),
                         {"settings_ignored"})
        found = self.look(self.work / "build", env=self.environment(HOLDFAST_DISABLE="off"), code=0)
        self.assertEqual(set(found) - OF_THE_MACHINE, {"settings_ignored"}, self.said["findings"])

    def test_a_profile_without_a_file(self):
        tree = self.project()
        (self.work / "project/holdfast.toml").unlink(missing_ok=True)
        found = self.look(tree, env=self.environment(HOLDFAST_PROFILE="ci"), code=0)
        self.assert_only(found, "settings_ignored", '^ignoring the profile "ci": there is no ',
                         severity="worth_knowing")

    def test_needs_of_preflight_that_are_missing(self):
        found = self.found_with('[preflight]\ncommands = ["no-such-command"]\n'
                                '[preflight.warn]\nsockets = ["no/socket"]\n')
        self.assertEqual(self.assert_found(found, "preflight_fails", '"no-such-command" is not in PATH'),
                         {"preflight_warns"})
        self.assertEqual(found["preflight_fails"]["where"], "holdfast.toml:2, [preflight]")
        self.assertEqual(found["preflight_warns"]["severity"], "worth_knowing")


if __name__ == "__main__":
    own_locks.main()
