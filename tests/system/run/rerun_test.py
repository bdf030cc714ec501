"""`holdfast rerun` runs the tests of an earlier run again, as they ran then."""

import json
import re
import shutil
import unittest

from support import CMAKE, CTEST, HOLDFAST, PATIENCE_S, STAGE, ProjectCase, no_keeper_of, script_step, wait_until

# Names that an expression or a list would split or take for something else.
ODD = ["a b", " lead", "x(+)[]$^.*", "semi;colon", "-R", "q\"uote", "ü"]


class RerunTest(ProjectCase):
    def rerun(self, tree, *words, **how):
        how.setdefault("cwd", tree)
        ended = self.finish(HOLDFAST, "rerun", *words, **how)
        ended.text = ended.stdout.decode() + ended.stderr.decode()
        # The run is complete on record before the next one begins.
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return ended

    def ran_in(self, tree):
        """Names and numbers of the tests of the latest run, by number."""
        return sorted((r["index"], r["test"]) for r in self.records(self.runs(tree)[-1], "verdict"))

    def starts_of(self, tree):
        return [r["test"] for r in self.records(self.runs(tree)[-1], "attempt_started")]

    def command_of_run(self, tree):
        return self.records(self.runs(tree)[-1], "run_started")[0]["command"]

    def begin(self, tree, *words, code=0, **how):
        ran = self.ctest(tree, *words, **how)
        self.assertEqual(ran.returncode, code, ran.text)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return ran

    def refused(self, tree, *words, **how):
        before = len(self.runs(tree))
        ended = self.finish(HOLDFAST, "rerun", *words, cwd=tree, **how)
        self.assertEqual((ended.returncode, ended.stdout), (2, b""))
        self.assert_our_lines(ended.stderr, 1)
        self.assertEqual(len(self.runs(tree)), before)
        return ended.stderr.decode()

    @staticmethod
    def adding(*names, command="true"):
        return "".join(f"add_test(NAME [==[{name}]==] COMMAND {command})\n" for name in names)

    def test_the_tests_that_ran_then_whatever_the_options_select_now(self):
        tree = self.project(self.adding("t1", "t2", "old", *ODD) + self.adding("t3", command="false"))
        self.begin(tree, "-j2", "-R", "t|[^a-z]|d$", "-E", "t2", "--output-on-failure", code=8)
        before = [name for _, name in self.ran_in(tree)]
        self.assertEqual(sorted(before), sorted(["t1", "t3", "old", *ODD]))
        # Other numbers, a new test that -R would select, and one test less.
        self.project(self.adding("t0", "t1", "t2", *ODD) + self.adding("t3", command="false"))
        again = self.rerun(tree)
        self.assertEqual(again.returncode, 8, again.text)
        self.assertEqual(sorted(name for _, name in self.ran_in(tree)),
                         sorted(set(before) - {"old"}))
        lines = again.stderr.decode().splitlines()
        run = self.runs(tree)[0].name
        self.assertIn(f'holdfast: of run {run} do not exist any more: "old"', lines)
        self.assertIn(f"holdfast: run {run} again, {len(ODD) + 2} tests: ctest -j2 --output-on-failure",
                      lines)

    def test_of_tests_with_one_name_the_one_that_ran(self):
        (self.work / "project/sub").mkdir(parents=True)
        (self.work / "project/sub/CMakeLists.txt").write_text(self.adding("same"))
        tree = self.project(self.adding("same", "other") + "add_subdirectory(sub)\n")
        self.begin(tree, "-I", "3,3")
        self.begin(tree)
        self.assertEqual(self.rerun(tree, self.runs(tree)[0].name).returncode, 0)
        self.assertEqual(self.ran_in(tree), [(3, "same")])

    def test_fixtures_and_dependences_are_as_they_were(self):
        tree = self.project(self.adding("last", "set", "clean", "needs", "first") + """
set_tests_properties(set PROPERTIES FIXTURES_SETUP F)
set_tests_properties(clean PROPERTIES FIXTURES_CLEANUP F)
set_tests_properties(needs PROPERTIES FIXTURES_REQUIRED F)
set_tests_properties(last PROPERTIES DEPENDS first)
""")
        for words in (("-R", "needs|st$"), ("-R", "needs", "-FA", ".*")):
            self.begin(tree, *words)
            before = (self.ran_in(tree), self.starts_of(tree))
            self.assertEqual(self.rerun(tree).returncode, 0)
            self.assertEqual((self.ran_in(tree), self.starts_of(tree)), before)

    def test_what_failed_before_the_run(self):
        flag = self.work / "flag"
        tree = self.project(self.adding("good") + self.adding("bad", command=f"test -e {flag}"))
        self.begin(tree, code=8)
        self.begin(tree, "--rerun-failed", code=8)
        self.begin(tree, code=8)
        flag.touch()
        self.assertEqual(self.rerun(tree, "2").returncode, 0)
        self.assertEqual(self.ran_in(tree), [(2, "bad")])

    def test_a_random_order_comes_again(self):
        names = [f"t{i}" for i in range(12)] + ODD
        tree = self.project(self.adding(*names))
        self.begin(tree, "--schedule-random")
        order = self.starts_of(tree)
        self.assertEqual(sorted(order), sorted(names))
        for _ in range(2):
            self.assertEqual(self.rerun(tree, "1").returncode, 0)
            self.assertEqual(self.starts_of(tree), order)
        self.assertNotIn("--schedule-random", self.command_of_run(tree))

    def test_seeds_and_settings_of_then_and_no_others(self):
        said = self.work / "said"
        tree = self.project(self.adding("t", command=f"""sh -c "env | grep -E '^(GTEST|CTEST_O|HOLDFAST_RERUN)' | sort >>{said}" """))
        self.begin(tree, env=self.environment(GTEST_RANDOM_SEED="17", GTEST_SHUFFLE="1"))
        then = said.read_text()
        self.assertEqual(then, "GTEST_RANDOM_SEED=17\nGTEST_SHUFFLE=1\n")
        said.unlink()
        again = self.rerun(tree, env=self.environment(GTEST_RANDOM_SEED="4", GTEST_FILTER="x"))
        self.assertEqual(again.returncode, 0, again.text)
        self.assertEqual(said.read_text(), then)

    def test_a_long_list_of_numbers(self):
        tree = self.project("".join(
            f"add_test(NAME {'odd' if i % 2 else 'even'}{i} COMMAND true)\n"
            f"set_tests_properties({'odd' if i % 2 else 'even'}{i} PROPERTIES DISABLED {i > 10})\n"
            for i in range(2000)))
        self.begin(tree, "-R", "odd")
        self.begin(tree, "-R", "even2$")
        self.assertEqual(self.rerun(tree, "1").returncode, 0)
        # DISABLED tests are on record, and ctest starts none of them.
        self.assertEqual(len(self.ran_in(tree)), 1000)
        self.assertEqual(sorted(self.starts_of(tree)), [f"odd{i}" for i in (1, 3, 5, 7, 9)])

    def test_the_directory_of_then(self):
        for sub in ("sub", "sub2"):
            (self.work / "project" / sub).mkdir(parents=True)
            (self.work / "project" / sub / "CMakeLists.txt").write_text(self.adding(f"in {sub}"))
        tree = self.project(self.adding("top") + "add_subdirectory(sub)\nadd_subdirectory(sub2)\n")
        self.begin(tree / "sub2")
        self.assertEqual(self.rerun(tree, "latest", "--tree", tree, cwd=self.work).returncode, 0)
        self.assertEqual(self.ran_in(tree), [(1, "in sub2")])
        done = self.finish(CTEST, "--test-dir", "build/sub", cwd=self.work)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.rerun(tree, cwd=tree / "sub2").returncode, 0)
        self.assertEqual(self.ran_in(tree), [(1, "in sub")])

    def test_a_preset(self):
        source = self.work / "project"
        source.mkdir()
        (source / "CMakePresets.json").write_text(json.dumps({
            "version": 3,
            "configurePresets": [{"name": "c", "generator": "Ninja", "binaryDir": "${sourceDir}/../build"}],
            "testPresets": [{"name": "p", "configurePreset": "c",
                             "filter": {"include": {"name": "t", "index": {"start": 1, "end": 2, "stride": 1}}}}]}))
        tree = self.project(self.adding("a", "t1", "t2", "t3"))
        done = self.finish(CTEST, "--preset", "p", cwd=source)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        before = self.ran_in(tree)
        self.assertEqual(len(before), 2)
        self.assertEqual(self.rerun(tree).returncode, 0)
        self.assertEqual(self.ran_in(tree), before)
        copy = self.work / "copy"
        shutil.copytree(tree, copy, symlinks=True)
        self.assertIn("its preset leads there", self.refused(copy))

    PRESETS = {"label": {"include": {"label": "x"}}, "name": {"include": {"name": "t[3-7]"}},
               "not-name": {"exclude": {"name": "t[2-4]"}}, "not-label": {"exclude": {"label": "x"}},
               "no-fixtures": {"exclude": {"name": "t2", "fixtures": {"any": "F"}}},
               "index": {"include": {"index": {"start": 3, "end": 8, "stride": 2}}},
               "both": {"include": {"name": "t[3-8]", "label": "x"}, "exclude": {"name": "t4"}}}

    def test_a_presets_filters_and_those_of_the_command_line(self):
        source = self.work / "project"
        source.mkdir()
        (source / "CMakePresets.json").write_text(json.dumps({
            "version": 3,
            "configurePresets": [{"name": "c", "generator": "Ninja", "binaryDir": "${sourceDir}/../build"}],
            "testPresets": [{"name": name, "configurePreset": "c", "filter": one} for name, one in self.PRESETS.items()]}))
        tree = self.project(self.adding(*[f"t{i}" for i in range(1, 10)]) + """
            set_tests_properties(t2 t5 t8 PROPERTIES LABELS x)
            set_tests_properties(t4 PROPERTIES LABELS "x;y")
            set_tests_properties(t6 t7 PROPERTIES LABELS y)
            set_tests_properties(t1 PROPERTIES FIXTURES_SETUP F)
            set_tests_properties(t5 PROPERTIES FIXTURES_REQUIRED F)
            """)
        for preset in self.PRESETS:
            for more in ((), ("-R", "t[58]"), ("-E", "t5"), ("-R", "t[2-6]", "-E", "t3"), ("-L", "y"), ("-LE", "y"),
                         ("-I", "2,3")):
                done = self.finish(CTEST, "--preset", preset, *more, cwd=source)
                self.assertEqual(done.returncode, 0, done.stderr)
                wait_until(lambda: no_keeper_of(tree), "the keeper to end")
                if b"No tests were found" in done.stderr + done.stdout:
                    continue
                first, before = self.runs(tree)[-1], sorted(name for name, _ in self.ran_in(tree))
                again = self.rerun(tree)
                self.assertEqual(again.returncode, 0, (preset, more, again.stderr))
                self.assertEqual(sorted(name for name, _ in self.ran_in(tree)), before, (preset, more))
                self.assertNotEqual(self.runs(tree)[-1], first, (preset, more))

    def test_a_run_that_was_cut_short(self):
        there, go = self.work / "there", self.work / "go"
        tree = self.project(self.adding("quick") + self.adding(
            "slow", command=f'sh -c ": >{there}; until [ -e {go} ]; do sleep 0.01; done"') + self.adding("never"))
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        wait_until(there.exists, "the second test")
        self.assertIn("is still going on", self.refused(tree))
        ctest.kill()
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        go.touch()
        again = self.rerun(tree)
        self.assertEqual(again.returncode, 0, again.text)
        self.assertEqual([name for _, name in self.ran_in(tree)], ["quick", "slow"])
        self.assertRegex(again.text, r"holdfast: run \S+ did not finish: what it had not started is left out\n")

    def test_a_run_with_two_ends_is_complete_if_one_of_them_is(self):
        tree = self.project(self.adding("quick"))
        self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        end, = self.records(self.runs(tree)[-1], "run_ended")
        with open(self.runs(tree)[-1] / "journal.jsonl", "a", encoding="utf-8") as journal:
            journal.write(json.dumps({**end, "complete": False}) + "\n")
        again = self.rerun(tree)
        self.assertEqual(again.returncode, 0, again.text)
        self.assertNotIn("did not finish", again.text)

    def test_a_copy_of_the_tree_runs_its_own_tests(self):
        tree = self.project(self.adding("t", command='sh -c pwd'))
        self.begin(tree)
        copy = self.work / "copy"
        shutil.copytree(tree, copy, symlinks=True)
        for words in ((), ("--tree", copy)):
            again = self.finish(HOLDFAST, "rerun", *words, cwd=copy)
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertIn(f"Test project {copy}\n", again.stdout.decode())
            wait_until(lambda: no_keeper_of(tree) and no_keeper_of(copy), "the keeper to end")

        journal = self.runs(copy)[-1] / "journal.jsonl"
        journal.write_text(journal.read_text().replace(f'"directory":"{copy}"', '"directory":"/"'))
        shutil.copytree(copy, self.work / "third", symlinks=True)
        self.assertIn(f"is of another tree and began in /: expected a directory of {copy}\n",
                      self.refused(self.work / "third"))

    def test_what_ctest_says_against_the_list_is_told(self):
        tree = self.project(self.adding("t"))
        self.begin(tree)
        with open(tree / "CTestTestfile.cmake", "a", encoding="utf-8") as tests:
            tests.write('message(FATAL_ERROR "broken")\n')
        self.assertIn(f"ctest --show-only=json-v1 failed in {tree}: CMake Error", self.refused(tree))

    def test_what_cannot_be_run_again_is_said_in_one_line(self):
        tree = self.project(self.adding("t", "u"))
        self.refused(tree)
        script = self.work / "s.cmake"
        script.write_text(script_step(self.work / "project", tree, "ctest_test()"))
        self.finish(CTEST, "-S", script)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertIn(f"ctest -S {script} does more than run tests: run it again yourself",
                      self.refused(tree))
        self.assertIn("no such run", self.refused(tree, "77"))
        self.begin(tree, "-R", "nobody")
        self.assertRegex(self.refused(tree), "^holdfast: run .* had no test$")
        self.begin(tree, "-R", "t")
        self.project(self.adding("u"))
        self.assertIn("none of the tests of run", self.refused(tree))
        self.assertIn("expected a build tree", self.refused(tree, "--tree", self.work))


if __name__ == "__main__":
    unittest.main()
