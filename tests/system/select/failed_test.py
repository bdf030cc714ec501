"""`holdfast ctest --failed`: what was red, and what a run left out that ended too early."""

import json
import os
import shutil
import signal
import time
import unittest

from selecting import ODD, SelectCase, adding
from support import CMAKE, CTEST, HOLDFAST, PATIENCE_S, STAGE, keepers_of, no_keeper_of, script_step, wait_until

NOTHING = "holdfast: 0 tests (0 red when last seen, 0 not begun): ctest is not started\n"


class FailedTest(SelectCase):
    def blocking(self, name="slow"):
        there, go = self.work / f"there-{name}", self.work / f"go-{name}"
        return there, go, adding(name, command=f'sh -c ": >{there}; until [ -e {go} ]; do sleep 0.01; done"')

    def killed(self, tree, there, *words, keeper=False):
        """A run that is killed while the blocking test runs."""
        there.unlink(missing_ok=True)
        run = self.start(*(words or (CTEST,)), cwd=tree, stdout=-3, stderr=-3)
        wait_until(there.exists, "the blocking test")
        if keeper:
            for one in keepers_of(tree):
                os.kill(one.pid, signal.SIGKILL)
        run.kill()
        run.wait(PATIENCE_S)
        self.over(tree)

    def test_exactly_what_was_red_or_not_begun_after_a_run_that_was_killed(self):
        there, go, slow = self.blocking()
        tree = self.project(self.failing("good", "bad") + adding(*ODD[:3]) + slow + adding("never", *ODD[3:])
                            + adding("off", properties="DISABLED TRUE"))
        self.flag("bad").touch()
        self.killed(tree, there)
        go.touch()
        self.flag("bad").unlink()
        said = self.select(tree, "--failed")
        self.assertEqual(sorted(self.names(tree)), sorted(["bad", "slow", "never", *ODD[3:]]))
        self.assertIn(f"holdfast: {len(ODD)} tests (2 red when last seen, {len(ODD) - 2} not begun)\n", said)
        runs = len(self.runs(tree))
        self.assertEqual(self.select(tree, "--failed"), NOTHING)
        self.assertEqual(self.select(tree, "--failed", "--", "--no-tests=ignore"), NOTHING)
        self.assertEqual(self.select(tree, "--failed", "--", "--no-tests=error", code=8), NOTHING)
        self.assertEqual(len(self.runs(tree)), runs)

    def test_what_was_red_and_is_disabled_now_is_no_failure(self):
        tree = self.project(self.failing("bad") + "include(${CMAKE_SOURCE_DIR}/off.cmake OPTIONAL)\n")
        self.flag("bad").touch()
        self.run_all(tree, code=8)
        (self.work / "project/off.cmake").write_text("set_tests_properties(bad PROPERTIES DISABLED TRUE)\n")
        self.assertEqual(self.finish(CMAKE, tree).returncode, 0)
        self.select(tree, "--failed")

    def test_the_keeper_was_killed_with_it(self):
        there, go, slow = self.blocking()
        tree = self.project(adding("good") + slow + adding("never"))
        self.killed(tree, there, keeper=True)
        go.touch()
        self.select(tree, "--failed")
        self.assertEqual(sorted(self.names(tree)), ["never", "slow"])

    def test_later_runs_of_some_tests_do_not_make_it_forget(self):
        there, go, slow = self.blocking()
        tree = self.project(self.failing("a1", "a2") + slow + self.failing("b1", "b2", "c1"))
        self.flag("a2").touch()
        self.killed(tree, there)
        go.touch()
        self.run_all(tree, "-R", "b1")
        self.select(tree, "--failed", "--", "-j2", code=8)
        self.assertEqual(self.names(tree), ["a2", "slow", "b2", "c1"])
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.names(tree), ["a2"])

    def test_a_killed_run_of_some_tests_leaves_out_those_and_no_others(self):
        there, go, slow = self.blocking()
        tree = self.project(adding("a1") + slow + adding("a2", "b1", "b2"))
        self.killed(tree, there, CTEST, "-R", "a|slow")
        go.touch()
        self.select(tree, "--failed")
        self.assertEqual(self.names(tree), ["slow", "a2"])

    def test_a_killed_shard_leaves_out_its_own_tests(self):
        there, go, slow = self.blocking()
        tree = self.project(adding("a") + slow + adding("u", "v", "w", "x"))
        mine = self.ours("shard", "1/2", cwd=tree).stdout.decode().splitlines()
        number = 1 if "slow" in mine else 2
        mine = self.ours("shard", f"{number}/2", cwd=tree).stdout.decode().splitlines()
        self.killed(tree, there, HOLDFAST, "ctest", "--shard", f"{number}/2")
        go.touch()
        self.assertEqual(len(mine), 3)
        before = mine[:mine.index("slow")]
        self.select(tree, "--failed")
        self.assertEqual(self.names(tree), [name for name in mine if name not in before])

    def test_a_run_that_stopped_on_a_failure(self):
        tree = self.project(adding("a") + self.failing("b") + adding("c", "d"))
        self.flag("b").touch()
        self.run_all(tree, "--stop-on-failure", code=8)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.names(tree), ["b", "c", "d"])

    def test_tests_whose_end_is_not_on_record(self):
        tree = self.project(adding("known", "lost", "open", "judged", "bare", *ODD))
        self.run_all(tree)
        journal = self.runs(tree)[-1] / "journal.jsonl"
        records = [record for record in self.records(self.runs(tree)[-1]) if record["type"] != "verdict"]
        for record in records:
            if record.get("test") == "judged" and record["type"] == "attempt_ended":
                record["verdict"] = "unknown"
            if record.get("test") == "bare" and record["type"] == "attempt_started":
                record.update(type="bare", why="HOLDFAST_ENABLED is OFF")

        def write(unrecorded):
            records[-1].update(log=False, **({"unrecorded": unrecorded} if unrecorded else {}))
            journal.write_text("".join(json.dumps(record) + "\n" for record in records))

        records = [record for record in records
                   if (record.get("test"), record["type"]) not in (("open", "attempt_ended"), ("bare", "attempt_ended"))]
        write(0)
        said = self.select(tree, "--failed", "--", "-N")
        self.assertIn("holdfast: 3 tests (3 red when last seen, 0 not begun)\n", said)
        records = [record for record in records if record.get("test") != "lost"]
        write(1)
        self.assertEqual(self.records(self.runs(tree)[-1], "verdict"), [])
        self.select(tree, "--failed")
        self.assertEqual(self.names(tree), ["lost", "open", "judged", "bare"])
        self.assertEqual(self.select(tree, "--failed"), NOTHING)

    def counted_listings(self):
        """Code for a project: each ctest that reads its tests adds a line to the file."""
        file, script = self.work / "listings", self.work / "count.cmake"
        file.touch()
        script.write_text(f'file(APPEND "{file}" "x\\n")\n')
        return file, f'set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "{script}")\n'

    def listings(self, file):
        count = len(file.read_text().splitlines())
        file.write_text("")
        return count

    def test_runs_of_the_same_words_are_listed_once_and_none_before_a_whole_run(self):
        there, go, slow = self.blocking()
        file, counting = self.counted_listings()
        tree = self.project(counting + adding("a1") + slow + adding("a2", "b1"))
        script = self.work / "s.cmake"
        script.write_text(script_step(self.work / "project", tree, "ctest_test()"))
        self.killed(tree, there, CTEST, "-S", script)
        self.killed(tree, there, CTEST, "-R", "a|slow")
        self.killed(tree, there, CTEST, "-R", "a|slow")
        script_run = self.runs(tree)[0].name
        go.touch()
        self.listings(file)
        said = self.select(tree, "--failed")
        self.assertEqual(self.names(tree), ["slow", "a2"])
        self.assertIn(f"holdfast: run {script_run} ended too early, and what it left out is not known\n", said)
        self.assertEqual(self.listings(file), 3)  # all tests, those of the killed runs, and those that run
        self.run_all(tree)
        self.listings(file)
        self.assertEqual(self.select(tree, "--failed"), NOTHING)
        self.assertEqual(self.listings(file), 1)

    def test_a_preset_that_stops_on_a_failure(self):
        source = self.work / "project"
        source.mkdir()
        self.presets(source, {"execution": {"stopOnFailure": True}})
        file, counting = self.counted_listings()
        tree = self.project(counting + adding("b") + self.failing("t1") + adding("t2", "t3"))
        # A green run has not stopped, although it did not begin all tests.
        self.assertEqual(self.finish(CTEST, "--preset", "p", cwd=source).returncode, 0)
        self.over(tree)
        self.listings(file)
        self.assertEqual(self.select(tree, "--failed"), NOTHING)
        self.assertEqual(self.listings(file), 1)
        self.flag("t1").touch()
        self.assertEqual(self.finish(CTEST, "--preset", "p", cwd=source).returncode, 8)
        self.over(tree)
        self.assertEqual(self.names(tree), ["t1"])
        self.flag("t1").unlink()
        self.select(tree, "--failed")
        self.assertEqual(self.names(tree), ["t1", "t2", "t3"])

    def test_the_configuration_of_a_killed_run_counts(self):
        there, go, slow = self.blocking()
        tree = self.configured(slow.replace("COMMAND", "CONFIGURATIONS Release COMMAND") + adding("both")
                               + 'add_test(NAME debug CONFIGURATIONS Debug COMMAND true)\n'
                               + 'add_test(NAME release CONFIGURATIONS Release COMMAND true)\n')
        self.killed(tree, there, CTEST, "-C", "Release")
        go.touch()
        self.select(tree, "--failed", "--", "-C", "Debug")
        self.assertEqual(self.names(tree), ["both"])
        self.select(tree, "--failed", "--", "-C", "Release")
        self.assertEqual(self.names(tree), ["slow", "release"])

    def test_numbers_of_a_killed_run_in_a_file(self):
        there, go, slow = self.blocking()
        tree = self.project(slow + adding("a", "b", "c"))
        numbers = tree / "numbers.txt"
        numbers.write_text("0,0,0,1,3\n")
        self.killed(tree, there, CTEST, "-I", "numbers.txt")
        go.touch()
        self.select(tree, "--failed", "--tree", tree, cwd=self.work)
        self.assertEqual(self.names(tree), ["slow", "b"])
        go.unlink()
        self.killed(tree, there, CTEST, "-I", "numbers.txt")
        go.touch()
        numbers.unlink()
        self.assertIn("ended too early, and what it left out is not known", self.select(tree, "--failed"))
        self.assertEqual(self.names(tree), ["slow"])

    def test_what_a_red_test_needs_comes_along(self):
        tree = self.project(self.failing("last", "needs", "needs2") + adding("set", "clean", "first", "zeroth", "other") + """
set_tests_properties(set PROPERTIES FIXTURES_SETUP F DEPENDS zeroth)
set_tests_properties(clean PROPERTIES FIXTURES_CLEANUP F)
set_tests_properties(needs needs2 PROPERTIES FIXTURES_REQUIRED F)
set_tests_properties(last PROPERTIES DEPENDS first)
""")
        self.flag("last").touch()
        self.run_all(tree, code=8)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.names(tree), ["last", "first"])
        self.flag("last").unlink()
        self.flag("needs").touch()
        self.run_all(tree, code=8)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.names(tree), ["needs", "set", "clean", "zeroth"])
        self.select(tree, "--failed", "--", "-FC", ".*", code=8)
        self.assertEqual(self.names(tree), ["needs", "set", "zeroth"])
        # A cleanup comes after the tests of its fixture, and needs none of them.
        self.flag("needs").unlink()
        self.flag("needs2").touch()
        self.run_all(tree, code=8)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.names(tree), ["needs2", "set", "clean", "zeroth"])

    def test_ctest_does_not_count_what_is_excluded(self):
        tree = self.project(adding("first", "set") + self.failing("user", "user2", "t") + """
set_tests_properties(set PROPERTIES FIXTURES_SETUP F)
set_tests_properties(user user2 PROPERTIES FIXTURES_REQUIRED F)
""")
        for name in ("user", "t"):
            self.flag(name).touch()
        self.run_all(tree, code=8)
        for words, expected in (
                (["-E", "first"], ["set", "user", "t"]),
                (["-E", "first|set"], ["user", "t"]),
                (["-E", "first", "-I", "2,3"], ["set", "user"]),
                (["-E", "first", "-R", "s|t"], ["set", "user", "t"]),
                (["-E", "set", "-R", "user"], ["set", "user"])):
            self.select(tree, "--failed", "--", *words, code=8)
            self.assertEqual(self.names(tree), expected, words)

    def test_the_users_own_options_hold(self):
        names = ["x1", "x2", "y1", "y2", *ODD]
        tree = self.project(self.failing(*names[:4]) + adding(*ODD, command="false")
                            + "set_tests_properties(x1 y1 PROPERTIES LABELS one)\n")
        for name in names[:4]:
            self.flag(name).touch()
        self.run_all(tree, code=8)
        for words, expected in (
                (["-R", "^x"], ["x1", "x2", "x(+)[]$^.*"]),
                (["-L", "one", "-E", "y"], ["x1"]),
                (["-R", "^x|y", "-I", "2,4"], ["x2", "y1", "y2"]),
                (["-R", "[ab]"], [name for name in names if "a" in name or "b" in name]),
                (["-I", "5,14", "-j3", "--output-on-failure"], ODD)):
            self.select(tree, "--failed", "--", *words, code=8)
            self.assertEqual(sorted(self.names(tree)), sorted(expected), words)
        command = self.records(self.runs(tree)[-1], "run_started")[0]["command"]
        self.assertEqual(command[0], "ctest")
        self.assertEqual(command[-2:], ["-j3", "--output-on-failure"])

    def presets(self, source, more):
        """A preset `p` for tests whose names begin with t."""
        (source / "CMakePresets.json").write_text(json.dumps({
            "version": 3,
            "configurePresets": [{"name": "c", "generator": "Ninja", "binaryDir": "${sourceDir}/../build"}],
            "testPresets": [{"name": "p", "configurePreset": "c", "filter": {"include": {"name": "^t"}}, **more}]}))

    def test_a_preset(self):
        source = self.work / "project"
        source.mkdir()
        self.presets(source, {"output": {"verbosity": "verbose"}})
        tree = self.project(adding("a", "set") + self.failing("t1", "t2", "b1", "t3") + adding("clean") + """
set_tests_properties(set PROPERTIES FIXTURES_SETUP F)
set_tests_properties(clean PROPERTIES FIXTURES_CLEANUP F)
set_tests_properties(t3 PROPERTIES FIXTURES_REQUIRED F)
""")
        for name in ("t2", "t3", "b1"):
            self.flag(name).touch()
        self.run_all(tree, code=8)
        for cwd, words in ((source, ()), (self.work, ("--tree", tree))):
            done = self.finish(HOLDFAST, "ctest", "--failed", *words, "--", "--preset", "p", cwd=source)
            self.assertEqual(done.returncode, 8, done.stderr)
            self.over(tree)
            self.assertEqual(self.names(tree), ["set", "t2", "t3", "clean"])
        self.select(tree, "--failed", "--", "--preset", "p", "-I", "3,3", cwd=source, code=8)
        self.assertEqual(self.names(tree), ["set", "t3", "clean"])

    def test_a_red_test_that_a_preset_only_brings_along(self):
        source = self.work / "project"
        source.mkdir()
        self.presets(source, {})
        tree = self.project(adding("set", "t1", "t2", "t3") + self.failing("clean") + """
set_tests_properties(set PROPERTIES FIXTURES_SETUP F)
set_tests_properties(clean PROPERTIES FIXTURES_CLEANUP F)
set_tests_properties(t2 t3 PROPERTIES FIXTURES_REQUIRED F)
""")
        self.flag("clean").touch()
        self.run_all(tree, code=8)
        said = self.select(tree, "--failed", "--", "--preset", "p", cwd=source, code=8)
        self.assertIn("holdfast: 3 tests (1 red when last seen, 0 not begun)\n", said)
        self.assertEqual(self.names(tree), ["set", "t2", "clean"])

    def in_directories(self):
        for sub in ("one", "two"):
            place = self.work / "project" / sub
            place.mkdir(parents=True)
            (place / "CMakeLists.txt").write_text(f'add_test(NAME same COMMAND sh -c "! test -e {self.flag(sub)}")\n')

    def test_of_tests_with_one_name_the_red_one(self):
        self.in_directories()
        tree = self.project("add_subdirectory(one)\nadd_subdirectory(two)\n" + adding("other"))
        self.flag("two").touch()
        self.run_all(tree, code=8)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.ran(tree), [(3, "same")])
        self.flag("two").unlink()
        self.select(tree, "--failed")
        self.assertEqual(self.ran(tree), [(3, "same")])
        self.assertEqual(self.select(tree, "--failed"), NOTHING)
        self.flag("one").touch()
        self.run_all(tree, "-I", "2,2", code=8)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.ran(tree), [(2, "same")])
        self.flag("one").unlink()
        self.run_all(tree)
        self.flag("two").touch()
        self.run_all(tree, "-I", "3,3", code=8)
        self.run_all(tree, "-I", "2,2")
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.ran(tree), [(3, "same")])

    def test_tests_of_one_name_in_a_directory_of_the_tree(self):
        self.in_directories()
        tree = self.project("add_subdirectory(one)\nadd_subdirectory(two)\n")
        self.flag("two").touch()
        self.run_all(tree, code=8)
        self.assertEqual(self.ran(tree), [(1, "same"), (2, "same")])
        # There it has the number 1, as the other one has in the whole tree.
        self.select(tree, "--failed", cwd=tree / "two", code=8)
        self.assertEqual(self.ran(tree), [(1, "same")])
        self.flag("two").unlink()
        self.select(tree, "--failed", cwd=tree / "two")
        self.assertEqual(self.select(tree, "--failed", cwd=tree / "two"), NOTHING)
        self.run_all(tree)
        self.flag("two").touch()
        self.assertEqual(self.finish(CTEST, cwd=tree / "two").returncode, 8)
        self.over(tree)
        self.run_all(tree, "-I", "1,1")
        self.select(tree, "--failed", cwd=tree / "two", code=8)
        self.assertEqual(self.ran(tree), [(1, "same")])

    def test_tests_of_one_name_that_passed_since_are_not_red_for_other_options(self):
        self.in_directories()
        tree = self.project("add_subdirectory(one)\nadd_subdirectory(two)\n" + adding("other"))
        self.flag("one").touch()
        self.run_all(tree, code=8)
        self.flag("one").unlink()
        self.run_all(tree)
        for words in ((), ("--", "-E", "nothing"), ("--", "-C", "Debug")):
            self.assertEqual(self.select(tree, "--failed", *words), NOTHING, words)
        for directory in ("one", "two"):
            self.assertEqual(self.select(tree, "--failed", cwd=tree / directory), NOTHING)
        self.flag("two").touch()
        self.run_all(tree, "-I", "3,3", code=8)
        for words in (("-E", "nothing"), ("-C", "Debug")):
            self.select(tree, "--failed", "--", *words, code=8)
            self.assertEqual(self.ran(tree), [(3, "same")], words)

    def test_tests_of_one_name_of_a_run_that_was_killed(self):
        self.in_directories()
        there, go, slow = self.blocking()
        tree = self.project("add_subdirectory(one)\nadd_subdirectory(two)\n" + slow)
        self.flag("two").touch()
        self.killed(tree, there)
        go.touch()
        said = self.select(tree, "--failed", code=8)
        self.assertIn("holdfast: 3 tests (1 red when last seen, 2 not begun)\n", said)
        # Which one was red is known when the run has ended. Until then each of the name may be it.
        self.assertEqual(self.ran(tree), [(1, "slow"), (2, "same"), (3, "same")])
        self.flag("two").unlink()
        self.select(tree, "--failed")
        self.assertEqual(self.select(tree, "--failed"), NOTHING)

    def test_when_numbers_have_changed_the_red_one_of_its_name_runs(self):
        self.in_directories()
        directories = "add_subdirectory(one)\nadd_subdirectory(two)\n"
        tree = self.project(directories)
        self.flag("one").touch()
        self.run_all(tree, code=8)
        tree = self.project(adding("new") + directories)
        self.select(tree, "--failed", code=8)
        self.assertEqual(self.ran(tree), [(2, "same")])

    def test_configurations(self):
        tree = self.configured(f"""
add_test(NAME t CONFIGURATIONS Debug COMMAND sh -c "! test -e {self.flag('t')}")
add_test(NAME u CONFIGURATIONS Release COMMAND true)
""")
        self.flag("t").touch()
        self.run_all(tree, "-C", "Debug", code=8)
        self.assertEqual(self.select(tree, "--failed"), NOTHING)  # without one, there are no tests
        self.select(tree, "--failed", "--", "-C", "Debug", code=8)
        self.assertEqual(self.names(tree), ["t"])

    def configured(self, text):
        """A tree with the configurations Debug and Release."""
        source, tree = self.work / "project", self.work / "build"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject({self.project_name} NONE)\nenable_testing()\n"
            f"find_package(Holdfast REQUIRED)\n{text}")
        made = self.finish(CMAKE, "-G", "Ninja Multi-Config", "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}",
                           "-DCMAKE_CONFIGURATION_TYPES=Debug;Release")
        self.assertEqual(made.returncode, 0, made.stderr)
        return tree

    def test_where_it_is_called_from(self):
        (self.work / "project/sub").mkdir(parents=True)
        (self.work / "project/sub/CMakeLists.txt").write_text(self.failing("insub"))
        tree = self.project(self.failing("top") + "add_subdirectory(sub)\n")
        self.flag("top").touch()
        self.flag("insub").touch()
        self.run_all(tree, code=8)
        (tree / "empty").mkdir()
        for cwd, words, expected in (
                (tree, (), ["top", "insub"]),
                (tree / "sub", (), ["insub"]),
                (tree / "empty", (), ["top", "insub"]),
                (self.work, ("--tree", tree), ["top", "insub"]),
                (tree / "sub", ("--tree", tree), ["top", "insub"]),
                (self.work, ("--", "--test-dir", "build/sub"), ["insub"])):
            self.select(tree, "--failed", *words, cwd=cwd, code=8)
            self.assertEqual(self.names(tree), expected, (cwd, words))

    def test_a_long_list_of_tests(self):
        tree = self.project("".join(
            f"add_test(NAME t{i} COMMAND true)\nset_tests_properties(t{i} PROPERTIES DISABLED {i > 10})\n"
            for i in range(2000)))
        old = tree / ".holdfast/selections/999999999-1.numbers"
        young = tree / ".holdfast/selections/999999999-2.numbers"
        old.parent.mkdir()
        old.touch()
        os.utime(old, (time.time() - 7200,) * 2)
        young.touch()
        self.select(tree, "--shard", "2/2")
        self.assertEqual(len(self.ran(tree)), 5 + 1989)  # disabled tests weigh nothing
        command = self.records(self.runs(tree)[-1], "run_started")[0]["command"]
        self.assertEqual(command[1], "-I")
        self.assertTrue(command[2].startswith(f"{tree}/.holdfast/selections/"), command)
        self.assertEqual((old.exists(), young.exists()), (False, True))
        self.assertFalse(list(tree.glob(".holdfast/selections/*.planned.jsonl")))
        planned = self.records(self.runs(tree)[-1], "planned")
        self.assertEqual([name for record in planned if record["own"] for name in record["tests"]], self.names(tree))
        others = [name for record in planned if not record["own"] for name in record["tests"]]
        self.assertEqual(sorted(others + self.names(tree)), sorted(f"t{i}" for i in range(2000)))

    def test_without_a_choice_it_is_ctest(self):
        tree = self.project(adding("t1", "t2", "[ab]"))
        done = self.ours("ctest", "--", "-R", "[12]", "-N", cwd=tree)
        self.assertEqual(done.stdout.decode().count("  Test #"), 2)
        self.assertEqual(done.stderr, b"")
        self.select(tree, "--", "-R", "t1")
        self.assertEqual(self.names(tree), ["t1"])
        self.assertEqual(self.records(self.runs(tree)[-1], "planned"), [])
        self.select(tree, "--shard", "1/1", "--", "--schedule-random")
        self.assertIn("--schedule-random", self.records(self.runs(tree)[-1], "run_started")[0]["command"])
        script = self.work / "s.cmake"
        script.write_text('message("in a script")\n')
        for cwd in (tree, self.work, "/"):
            done = self.finish(HOLDFAST, "ctest", "--", "-S", script, cwd=cwd)
            self.assertIn("in a script", done.stderr.decode())
        (tree / "empty").mkdir()
        shutil.move(script, tree / "empty/s.cmake")
        done = self.finish(HOLDFAST, "ctest", "--", "-S", "s.cmake", cwd=tree / "empty")
        self.assertIn("in a script", done.stderr.decode())

    def test_tests_do_not_see_what_is_left_for_ctest(self):
        seen = self.work / "seen"
        show = f'sh -c "env | grep -E HOLDFAST_.PLANNED.TEST_ORDER. >>{seen}; exit 1"'.replace(
            "_.PLANNED.TEST_ORDER.", "'_(PLANNED|TEST_ORDER)'")
        tree = self.project(adding("t", command=show) + adding("bare", command=show, properties="HOLDFAST_ENABLED OFF"))
        self.run_all(tree, code=8)
        self.select(tree, "--failed", "--order", "failed-first", code=8)
        self.assertEqual(self.names(tree), ["t", "bare"])
        self.assertEqual(seen.read_text(), "")
        other = self.project(adding("t", command=show), "other", "other tree", attached=False)
        self.ours("ctest", "--shard", "1/1", cwd=other, code=8)
        self.assertEqual(seen.read_text(), "")
        self.assertIn(f"--order failed-first: Holdfast is not attached to {other}\n",
                      self.refused(other, "ctest", "--order", "failed-first"))
        self.assertIn(f"--slurm-array: Holdfast is not attached to {other}\n",
                      self.refused(other, "ctest", "--slurm-array", "2"))

    def test_a_ctest_of_the_projects_own_does_not_take_the_plan(self):
        other = self.project(adding("inner"), "other", "other-tree")
        tree = self.project(adding("t", "u"))
        custom = tree / "CTestCustom.cmake"
        before = f'set(CTEST_CUSTOM_PRE_TEST "{CTEST} --test-dir {other} -Q")\n'
        custom.write_text(before + (custom.read_text() if custom.exists() else ""))
        for text in (custom.read_text(), custom.read_text().replace(before, "") + before.replace(
                "CTEST_CUSTOM_PRE_TEST ", "CTEST_CUSTOM_PRE_TEST ${CTEST_CUSTOM_PRE_TEST} ")):
            custom.write_text(text)
            ended = self.ours("ctest", "--shard", "1/1", cwd=tree)
            self.assertNotIn("does not record", ended.text)
            self.over(tree)
            self.over(other)
            self.assertEqual([r["tests"] for r in self.records(self.runs(tree)[-1], "planned")], [["t", "u"]])
        self.assertGreaterEqual(len(self.runs(other)), 2)
        self.assertEqual([r for run in self.runs(other) for r in self.records(run, "planned")], [])

    def test_what_cannot_be_done_is_said_in_one_line(self):
        tree = self.project(adding("t"))
        other = self.project(adding("t"), "other", "other-tree")
        expected = ("expected --failed, --affected, --shard, --timings, --order, --slurm-array or --tree, and -- before ctest's own "
                    "arguments")
        for words, line in (
                (("-j8",), f'"-j8": {expected}'),
                (("--faild",), f'"--faild": {expected}'),
                (("stray", "--failed"), f'"stray": {expected}'),
                (("--shard", "0/2"), '--shard "0/2": expected I/N, shard I of N, with 1 <= I <= N <= 10000'),
                (("--shard", "3/2"), '--shard "3/2": expected I/N'),
                (("--shard", ""), '"": expected I/N'),
                (("--order", "random"), '--order "random": expected as-is, failed-first or longest-first'),
                (("--timings", "f"), "--timings: expected --shard I/N or --slurm-array N beside it"),
                (("--shard", "1/2", "--timings", self.work / "no"), f"failed to open {self.work}/no: "),
                (("--order", "longest-first", "--", "--schedule-random"), "ctest's --schedule-random"),
                (("--shard", "1/1", "--", "-R", "("), "ctest does not compile an expression: Unmatched parentheses."),
                (("--failed", "--", "-S", "x"), "ctest -S x does more than run tests: tests cannot be chosen for it\n"),
                (("--failed", "--tree", tree, "--", "--test-dir", other), f"--test-dir is of {other}\n"),
                (("--failed", "--", "--test-dir", "/no"), "no build tree at /no or above: expected --tree DIR\n"),
                (("--slurm-array", "10001"), "expected a number of shards, 1 to 10000\n"),
                (("--tree", self.work, "--", "-N"), "expected a build tree"),
                (("--failed", "--tree", self.work), "expected a build tree")):
            self.assertIn(line, self.refused(tree, "ctest", *words), words)
        self.assertIn("no build tree here or above", self.refused(tree, "ctest", "--failed", cwd="/"))
        gone = f'mkdir gone && cd gone && rmdir ../gone && exec "{HOLDFAST}" ctest --failed'
        done = self.finish("sh", "-c", gone)
        self.assertEqual((done.returncode, done.stderr), (2, b"holdfast: the current directory is gone: expected --tree DIR\n"))
        self.assertEqual(self.finish("sh", "-c", f'{gone} --tree "{tree}"').returncode, 0)
        with open(tree / "CTestTestfile.cmake", "a", encoding="utf-8") as tests:
            tests.write('message(FATAL_ERROR "broken")\n')
        self.assertIn(f"ctest --show-only=json-v1 failed in {tree}: CMake Error", self.refused(tree, "ctest", "--failed"))
        # A warning before it does not hide it.
        text = (tree / "CTestTestfile.cmake").read_text()
        (tree / "CTestTestfile.cmake").write_text(f'message(WARNING "{"many words " * 50}")\n{text}')
        self.assertIn(f"ctest --show-only=json-v1 failed in {tree}: CMake Error", self.refused(tree, "ctest", "--failed"))

    def test_a_tree_that_was_copied(self):
        tree = self.project(self.failing("bad") + adding("good"))
        self.flag("bad").touch()
        self.run_all(tree, code=8)
        copy = self.work / "copy"
        shutil.copytree(tree, copy, symlinks=True)
        done = self.finish(HOLDFAST, "ctest", "--failed", cwd=copy)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn(f"Test project {copy}\n", done.stdout.decode())
        wait_until(lambda: no_keeper_of(copy), "the keeper to end")
        self.assertEqual(self.names(copy), ["bad"])


if __name__ == "__main__":
    unittest.main()
