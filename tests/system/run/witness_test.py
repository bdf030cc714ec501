"""Reports say of each test what its own ctest said, whatever else works in the tree. If ctest died
before it could say it, and the output decides, they say `unknown`."""

import json
import os
import re
import signal
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from needs import need_mounts
from processes import descriptors_of
from support import (CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, keepers_of, no_keeper_of, program,
                     processes_with, script_step, verdicts, wait_until)

# One test for each kind of verdict. The test `meddle` stands between them.
KINDS = r"""
add_test(NAME pass COMMAND @P@/exit_with 0)
add_test(NAME red COMMAND @P@/exit_with 3)
add_test(NAME fail_regex COMMAND sh -c "echo ERROR")
set_tests_properties(fail_regex PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
add_test(NAME pass_regex COMMAND sh -c "echo good; exit 1")
set_tests_properties(pass_regex PROPERTIES PASS_REGULAR_EXPRESSION good)
add_test(NAME skip_regex COMMAND sh -c "echo SKIPPED")
set_tests_properties(skip_regex PROPERTIES SKIP_REGULAR_EXPRESSION SKIPPED)
add_test(NAME inverted COMMAND @P@/exit_with 1)
add_test(NAME inverted_red COMMAND @P@/exit_with 0)
set_tests_properties(inverted inverted_red PROPERTIES WILL_FAIL ON)
@MEDDLE@
add_test(NAME skip_code COMMAND @P@/exit_with 77)
set_tests_properties(skip_code PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME off COMMAND @P@/exit_with 0)
set_tests_properties(off PROPERTIES DISABLED ON)
add_test(NAME missing COMMAND /nonexistent/program)
add_test(NAME alone COMMAND @P@/exit_with 0)
add_test(NAME alone_red COMMAND @P@/exit_with 1)
set_tests_properties(alone alone_red PROPERTIES HOLDFAST_ENABLED OFF)
add_test(NAME late_fail_regex COMMAND sh -c "echo ERROR")
set_tests_properties(late_fail_regex PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
add_test(NAME late_inverted COMMAND @P@/exit_with 1)
set_tests_properties(late_inverted PROPERTIES WILL_FAIL ON)
"""

# Maps ctest's words for a test to the verdict in JSON.
VERDICTS = {"Passed": "passed", "***Failed": "failed", "***Skipped": "skipped", "***Not Run": "failed",
            "***Not Run (Disabled)": "disabled"}


def said(text):
    """The verdicts on ctest's console."""
    found = {}
    for name, words in verdicts(text).items():
        word = re.sub(r"(\*\*\*Failed) .*", r"\1", words)
        found[name] = VERDICTS[word]
    return found


class WitnessCase(ProjectCase):
    def kinds(self, meddle="", settings="", text=KINDS):
        source = self.work / "project"
        source.mkdir(exist_ok=True)
        if settings:
            (source / "holdfast.toml").write_text(settings)
        return self.project(text.replace("@MEDDLE@", meddle))

    def report(self, tree, run="latest", form="json"):
        done = self.finish(HOLDFAST, "report", "--tree", tree, run, "--format", form)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        if form != "json":
            return done.stdout.decode()
        report = json.loads(done.stdout)
        if report["run"]["complete"]:
            self.assertEqual(done.returncode, 1 if report["counts"]["unknown"] else 0)
        return report

    def told(self, tree, run="latest"):
        return {t["name"]: t["verdict"] for t in self.report(tree, run)["tests"]}

    def assert_told_as_on(self, text, tree, run="latest", summary=None):
        """JSON, JUnit and summary of the run say what this console says. `summary`: None means the
        one on this console."""
        expected = said(text)
        self.assertTrue(expected, text)
        report = self.report(tree, run)
        self.assertEqual(self.told(tree, run), expected)
        self.assertEqual(report["counts"]["unknown"], 0)
        self.assertTrue(report["run"]["complete"])
        outcomes = {t["name"]: t["outcome"] for t in report["tests"]}
        greens = {name for name, one in expected.items() if one == "passed"}
        self.assertEqual({n for n, o in outcomes.items() if o == "passed"}, greens)
        skips = {name for name, one in expected.items() if one == "skipped"}
        self.assertEqual({n for n, o in outcomes.items() if o == "skipped"}, skips)
        suite = ElementTree.fromstring(self.report(tree, run, "junit"))
        bad = {case.get("name") for case in suite.iter("testcase")
               if case.find("failure") is not None or case.find("error") is not None}
        self.assertEqual(bad, {name for name, one in expected.items() if one == "failed"})
        counts = [sum(1 for t in report["tests"] if t["attempts"] and t["outcome"] == outcome)
                  for outcome in ("passed", "failed", "skipped")]
        words = [f"{n} {word}" for n, word in zip(counts, ("passed", "failed", "skipped")) if n]
        self.assertIn(f"through Holdfast: {', '.join(words)}", text if summary is None else summary)

    def script(self, tree, tests):
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, tests))
        done = self.finish(CTEST, "-S", script, "-V", stderr=subprocess.STDOUT)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return done.stdout.decode()


class CompanyTest(WitnessCase):
    """Other ctests work in the tree while one runs its tests."""

    def test_alone(self):
        tree = self.kinds()
        done = self.ctest(tree)
        self.assertEqual(said(done.text)["skip_code"], "skipped")
        self.assert_told_as_on(done.text, tree)

    def test_listings(self):
        for arguments in ("-N", "--show-only=json-v1"):
            with self.subTest(arguments):
                tree = self.kinds(f"add_test(NAME meddles COMMAND {CTEST} {arguments})")
                self.assert_told_as_on(self.ctest(tree).text, tree)

    def test_config_explain(self):
        tree = self.kinds(f"add_test(NAME meddles COMMAND {HOLDFAST} config --explain pass --tree .)")
        self.assert_told_as_on(self.ctest(tree).text, tree)

    def test_runs_that_are_allowed(self):
        tree = self.kinds(f"add_test(NAME meddles COMMAND {CTEST} -R ^red$|^fail_regex$|^pass$)",
                          '[profile.default]\nruns = "allow"\n')
        done = self.ctest(tree)
        inner, outer = sorted(self.runs(tree), key=lambda run: len(self.records(run)))
        self.assert_told_as_on(done.text, tree, outer.name)
        self.assertEqual(self.told(tree, inner.name),
                         {"red": "failed", "fail_regex": "failed", "pass": "passed"})

    def test_a_log_that_another_ctest_has_renamed(self):
        """Before CMake 4.3 all ctests write to one name. Here another one renames the log before
        the keeper has seen it."""
        gate = self.work / "gate"
        gate.write_text(f"touch {self.work}/begun; while [ ! -e {self.work}/go ]; do sleep 0.01; done\n")
        tree = self.kinds(f"""
file(WRITE ${{CMAKE_BINARY_DIR}}/CTestCustom.cmake "set(CTEST_CUSTOM_PRE_TEST \\"sh {gate}\\")\\n")
""")
        with open(self.work / "console", "wb") as console:
            ctest = self.start(CTEST, cwd=tree, stdout=console, stderr=subprocess.STDOUT)
        wait_until((self.work / "begun").exists, "the end of begin")
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGSTOP)
        (self.work / "go").touch()
        written = wait_until(lambda: list((tree / "Testing/Temporary").glob("LastTest.log.tmp*")), "the log")[0]
        written.rename(tree / "Testing/Temporary/LastTest.log")
        os.kill(keeper.pid, signal.SIGCONT)
        self.assertEqual(ctest.wait(PATIENCE_S), 8)
        self.assert_told_as_on((self.work / "console").read_text(), tree)

    def test_a_log_that_was_taken_away_shows_what_red_tests_printed(self):
        tree = self.kinds(f"add_test(NAME meddles COMMAND {CTEST} -N)")
        self.ctest(tree)
        outputs = {t["name"]: t["attempts"][-1]["output"] for t in self.report(tree)["tests"] if t["attempts"]}
        self.assertEqual(outputs["fail_regex"], "ERROR\n")
        self.assertEqual(outputs["late_fail_regex"], "ERROR\n")

    def test_only_what_red_tests_printed_is_copied(self):
        tree = self.project("add_test(NAME green COMMAND echo said)\nadd_test(NAME red COMMAND sh -c \"echo why; false\")\n")
        self.ctest(tree, "-R", "green")
        self.assertEqual(list((tree / ".holdfast/runs").glob("*/output")), [])
        self.ctest(tree)
        copy, = (tree / ".holdfast/runs").glob("*/output/*")
        self.assertEqual(copy.read_text(), "why\n")

    def test_bare_tests_beside_the_lists_of_another_ctest(self):
        """ctest's lists of failed, disabled and skipped tests have fixed names. Here another ctest
        has written them before the keeper looks. A bare test without a SKIP_RETURN_CODE does not
        depend on them."""
        meddle = self.work / "meddle"
        meddle.write_text(f"""[ -e {self.work}/met ] && exit  # by the other ctest
touch {self.work}/met
HOLDFAST_DISABLE=1 {CTEST} -R '^(off|pass_regex|red)$' >/dev/null 2>&1
""")
        tree = self.kinds("""
add_test(NAME alone_skips COMMAND @P@/exit_with 77)
set_tests_properties(alone_skips PROPERTIES HOLDFAST_ENABLED OFF SKIP_RETURN_CODE 77)
""")
        custom = tree / "CTestCustom.cmake"
        custom.write_text(f'set(CTEST_CUSTOM_POST_TEST "sh {meddle}")\n' + custom.read_text())
        done = self.ctest(tree)
        self.assertTrue((self.work / "met").exists())
        expected = said(done.text)
        self.assertEqual(expected["alone"], "passed")
        self.assertEqual(self.told(tree), expected | {"alone_skips": "unknown"})

    def test_a_bare_test_beside_lists_that_would_fit(self):
        """If runs may run beside each other, the lists may still belong to another run."""
        (self.work / "meddle").write_text(f"""
lists={self.work}/build/Testing/Temporary; : >$lists/LastTestsFailed.log; echo 1:bare >$lists/LastTestsDisabled.log
""")
        tree = self.kinds(settings='[profile.default]\nruns = "allow"\n', text="""
add_test(NAME bare COMMAND @P@/exit_with 0)
set_tests_properties(bare PROPERTIES HOLDFAST_ENABLED OFF SKIP_RETURN_CODE 77)
""")
        custom = tree / "CTestCustom.cmake"
        custom.write_text(f'set(CTEST_CUSTOM_POST_TEST "sh {self.work}/meddle")\n' + custom.read_text())
        self.assertEqual(said(self.ctest(tree).text), {"bare": "passed"})
        self.assertTrue((tree / "Testing/Temporary/LastTestsDisabled.log").exists())
        self.assertEqual(self.told(tree), {"bare": "unknown"})


class ForgedTest(WitnessCase):
    """Tests print what reads like the end of their entry in ctest's log."""

    def test_no_red_test_is_made_passed_or_skipped(self):
        dashes = "-" * 58
        ends = {
            "passed": "Test Passed.\n",
            "whole": f'Test Passed.\n"@T@" end time: Nov 20 08:54 UTC\n"@T@" time elapsed: 00:00:00\n{dashes}\n\n',
            "skipped": "Test Pass Reason:\nSkip regular expression found in output. Regex=[x]\n"
                       f'"@T@" end time: Nov 20 08:54 UTC\n"@T@" time elapsed: 00:00:00\n{dashes}\n\n',
            "closing": f'Test Passed.\n"@T@" end time: Nov 20 08:54 UTC\n"@T@" time elapsed: 00:00:00\n{dashes}\n\n'
                       "End testing: Nov 20 08:54 UTC\n",
        }
        text = ""
        for how, words in ends.items():
            for kind, properties, code in (("red", "", 1), ("inverted", "WILL_FAIL ON", 0), ("skips", "", 7)):
                name = f"{how}.{kind}"
                (self.work / name).write_text(
                    f"before\n<end of output>\nTest time =   0.00 sec\n{dashes}\n{words.replace('@T@', name)}")
                text += (f'add_test(NAME {name} COMMAND sh -c "cat {self.work}/{name}; exit {code}")\n'
                         f"set_tests_properties({name} PROPERTIES SKIP_RETURN_CODE 7 {properties})\n")
        text += "add_test(NAME last COMMAND true)\n"
        tree = self.project(text)
        done = self.ctest(tree, "-j4")
        self.assertEqual(len(said(done.text)), 13)
        self.assert_told_as_on(done.text, tree)
        listed = self.finish(HOLDFAST, "failed", "--tree", tree).stdout.decode()
        for how in ends:
            self.assertIn(f"{how}.red", listed)

    def kinds_that_print(self, files):
        """One test of each kind for each file that it prints."""
        text = ""
        for file in files:
            for kind, properties, code in (
                    ("green", "", 0), ("red", "", 1), ("inverted", "WILL_FAIL ON", 1),
                    ("fails", "FAIL_REGULAR_EXPRESSION NEVER", 0), ("finds", "FAIL_REGULAR_EXPRESSION MINE", 0),
                    ("wants", "PASS_REGULAR_EXPRESSION MINE", 1),
                    ("skips", "SKIP_REGULAR_EXPRESSION MINE", 0)):
                name = f"{file.name}.{kind}"
                text += (f'add_test(NAME {name} COMMAND sh -c "cat {file}; echo MINE; exit {code}")\n'
                         f"set_tests_properties({name} PROPERTIES SKIP_RETURN_CODE 7 {properties})\n")
        return text

    def pieces(self):
        """Pieces of logs of this tree, with the heads and tails of all kinds of tests."""
        logs = self.work / "logs"
        logs.mkdir()
        first = self.project(self.kinds_that_print([logs / "none"]), "first", "first-build")
        (logs / "none").write_text("")
        self.ctest(first)
        log = (first / "Testing/Temporary/LastTest.log").read_text()
        (logs / "whole").write_text(log)
        (logs / "twice").write_text(2 * log)
        entries = re.split(r"(?m)^(?=\d+/\d+ Testing: )", log)
        (logs / "reversed").write_text("".join(reversed(entries)))
        for kind in ("green", "red", "finds"):
            for other in ("green", "red", "fails", "finds"):
                entry, = (one for one in entries if f" Testing: none.{kind}\n" in one)
                end = entry[entry.index("<end of output>"):]
                named = end.replace(f"none.{kind}", f"end.{kind}.{other}.{other}")
                (logs / f"end.{kind}.{other}").write_text(named + "after it\n" + entry)
        return sorted(logs.iterdir())

    def test_what_green_tests_and_tests_with_expressions_print_changes_nothing(self):
        text = self.kinds_that_print(self.pieces())
        tree = self.project(text)
        done = self.ctest(tree, "-j4")
        self.assertGreater(len(said(done.text)), 100)
        self.assert_told_as_on(done.text, tree)

    def test_a_test_that_has_read_the_word_makes_others_unknown_at_most(self):
        """`first` is told by its output. `shows` prints the log of the run that goes on, with the
        word that marks the entries."""
        tree = self.project("""
add_test(NAME first COMMAND echo MINE)
set_tests_properties(first PROPERTIES FAIL_REGULAR_EXPRESSION MINE)
add_test(NAME green COMMAND echo green)
add_test(NAME shows COMMAND sh -c "cat Testing/Temporary/LastTest.log.tmp*")
add_test(NAME after COMMAND echo MINE)
set_tests_properties(after PROPERTIES FAIL_REGULAR_EXPRESSION MINE)
""")
        done = self.ctest(tree)
        on_console = said(done.text)
        told = self.told(tree)
        self.assertIn(told.pop("first"), ("unknown", "failed"))
        self.assertEqual(told, {name: one for name, one in on_console.items() if name != "first"})


class KilledKeeperTest(WitnessCase):
    """The keeper is killed while a test runs. ctest and the launchers go on without it."""

    def killed(self, settings="", before_all=False):
        """Returns the tree and ctest's output, once ctest has ended. `before_all`: the keeper is killed before the
        first test."""
        gate = self.work / "gate.sh"
        gate.write_text(f'touch "{self.work}/begun"; while [ ! -e "{self.work}/go" ]; do sleep 0.01; done\n')
        tree = self.kinds("" if before_all else f'add_test(NAME meddles COMMAND sh "{gate}")', settings)
        if before_all:
            with open(tree / "CTestCustom.cmake", "a") as custom:
                custom.write(f'list(APPEND CTEST_CUSTOM_PRE_TEST "sh {gate}")\n')
        with open(self.work / "console", "wb") as console:
            ctest = self.start(CTEST, cwd=tree, stdout=console, stderr=subprocess.STDOUT)
        wait_until((self.work / "begun").exists, "the test")
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 8)
        return tree, (self.work / "console").read_text()

    def test_the_log_tells_what_the_keeper_would_have_recorded(self):
        tree, text = self.killed()
        self.assertEqual(text.count("holdfast: the keeper of this run was killed after "), 1, text)
        self.assertNotIn("failed to connect", text)
        self.assertRegex(text, r"\nholdfast: \d+ tests through Holdfast: ")
        report = self.report(tree)
        self.assertEqual(self.told(tree), said(text))
        self.assertEqual(report["counts"]["unknown"], 0)
        self.assertTrue(report["run"]["complete"])
        self.assertGreater(report["run"]["keeper_until"], 0)
        # Launchers have recorded what they saw.
        self.assertEqual(len({record["word"] for record in self.records(self.runs(tree)[0], "log_word")}), 1)
        with_attempts = {test["name"]: test["attempts"][0]["exit_code"] for test in report["tests"] if test["attempts"]}
        self.assertEqual((with_attempts["late_inverted"], with_attempts["skip_code"]), (1, 77))
        self.assertEqual({test["name"] for test in report["tests"] if "bare" in test["flags"]}, {"alone", "alone_red"})
        words = "the keeper of this run was killed after "
        for form in ("text", "html"):
            self.assertIn(words, self.report(tree, form=form))
        self.assertRegex(self.report(tree, form="text"), f"{words}.*: \\d+ tests ran without it, by properties alone")
        listed = self.finish(HOLDFAST, "failed", "--tree", tree).stdout.decode()
        for name in ("red", "fail_regex", "late_fail_regex", "alone_red"):
            self.assertIn(name, listed)

    def test_of_a_keeper_that_saw_no_launcher_the_first_one_records_the_word(self):
        tree, text = self.killed(before_all=True)
        self.assertEqual(len(self.records(self.runs(tree)[0], "log_word")), 1, text)
        self.assertEqual(self.told(tree), said(text))
        self.assertTrue(self.report(tree)["run"]["complete"])

    def test_with_another_ctests_log_in_its_place_nothing_is_taken_from_it(self):
        tree, text = self.killed()
        run, = self.runs(tree)
        journal = run / "journal.jsonl"
        records = [r for r in self.records(run) if r["type"] not in ("verdict", "run_ended")]
        journal.write_text("".join(json.dumps(record) + "\n" for record in records))
        log = tree / "Testing/Temporary/LastTest.log"
        word, = {record["word"] for record in records if record["type"] == "log_word"}
        log.write_text(log.read_text().replace(word, "x" * len(word)))
        self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(self.records(run, "verdict"), [])
        self.assertFalse(self.report(tree)["run"]["complete"])
        # With its own log, the next look finds it.
        journal.write_text("".join(json.dumps(record) + "\n" for record in records))
        log.write_text(log.read_text().replace("x" * len(word), word))
        self.assertEqual(self.told(tree), said(text))
        self.assertEqual(len(self.records(run, "run_ended")), 1)


class ScriptTest(WitnessCase):
    def test_each_ctest_test_has_the_verdicts_of_its_own(self):
        tree = self.kinds()
        text = self.script(tree, """
ctest_test(EXCLUDE late)
ctest_test(INCLUDE "late|off|missing|skip")
ctest_test(INCLUDE "^pass$")
""")
        consoles = re.split(r"^Test project ", text, flags=re.MULTILINE)[1:]
        # A summary is printed when its run is over, which may be on the console of the next run.
        summaries = re.findall(r"^holdfast: \d+ tests? through Holdfast: .*$", text, re.MULTILINE)
        runs = self.runs(tree)
        self.assertEqual((len(consoles), len(summaries), len(runs)), (3, 3, 3), text)
        for console, run, summary in zip(consoles, runs, summaries):
            self.assert_told_as_on(console, tree, run.name, summary)

    def test_killed_with_its_guard_a_launcher_is_no_timeout(self):
        tree = self.kinds(text=f"""
add_test(NAME waits COMMAND @P@/close_output {self.pid_file()})
""")
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, "ctest_test()"))
        begun = self.start(CTEST, "-S", script, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        test, = self.announced(self.pid_file())
        named = {one.pid: Path(f"/proc/{one.pid}/comm").read_text().strip()
                 for one in processes_with(self.cookie)}
        pair = [pid for pid, name in named.items() if name.startswith(("holdfast-launch", "holdfast-guard"))]
        self.assertEqual(len(pair), 2, named)
        for pid in pair:
            os.kill(pid, signal.SIGSTOP)
        for pid in pair:
            os.kill(pid, signal.SIGKILL)
        self.assert_gone([test])
        begun.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        self.assertEqual([r["outcome"] for r in self.records(run, "attempt_ended")], ["interrupted"])


class OddTest(WitnessCase):
    def test_long_commands_and_names(self):
        name = "n" * 5000
        tree = self.kinds(f"""
string(REPEAT y 120000 long)
add_test(NAME long COMMAND sh -c "echo ERROR" ${{long}}1 ${{long}}2 ${{long}}3 ${{long}}4 ${{long}}5 ${{long}}6)
add_test(NAME {name} COMMAND sh -c "echo ERROR")
set_tests_properties(long {name} PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
""")
        done = self.ctest(tree)
        told = self.told(tree)
        self.assertEqual((told.pop(name), told.pop("long")), ("failed", "failed"))
        expected = {n: v for n, v in said(done.text).items() if n != name and n != "long"}
        self.assertEqual(told, expected)

    @staticmethod
    def make_run(tree, name, at):
        """A run as if recorded at that time, in seconds since 1970."""
        run = tree / ".holdfast/runs" / name
        run.mkdir(parents=True)
        record = {"v": 1, "type": "run_started", "at": at, "run": name, "tree": str(tree)}
        (run / "journal.jsonl").write_text(json.dumps(record) + "\n")

    def test_a_future_run_is_not_the_latest(self):
        tree = self.kinds()
        for old in ("20991231-235959-1", "7-20991231-235959-1"):
            self.make_run(tree, old, 4102444799.0)
        self.ctest(tree, "-R", "^red$")
        report = self.report(tree)
        self.assertRegex(report["run"]["id"], r"^8-\d{8}-\d{6}-\d+$")
        self.assertEqual([t["name"] for t in report["tests"]], ["red"])
        self.assertEqual(self.report(tree, "8")["run"]["id"], report["run"]["id"])
        self.assertEqual(self.report(tree, report["run"]["id"][2:])["run"]["id"], report["run"]["id"])

    def test_of_future_runs_the_oldest_by_number_go(self):
        """The clock was wrong and ahead, and was then set back a year at a time."""
        tree = self.kinds()
        for number in range(1, 23):
            self.make_run(tree, f"{number}-{2100 - number}0101-000000-1", 4102444800.0 - 31557600 * number)
        self.ctest(tree, "-R", "^red$")
        left = [run.name for run in self.runs(tree)]
        self.assertEqual(sorted(int(name.split("-")[0]) for name in left), list(range(4, 24)), left)
        self.assertEqual([t["name"] for t in self.report(tree)["tests"]], ["red"])

    def test_a_whole_id_means_that_run_though_another_begins_so(self):
        tree = self.kinds()
        self.ctest(tree, "-R", "^red$")
        run, = self.runs(tree)
        self.make_run(tree, f"{run.name}-2", 4102444799.0)
        for wanted in (run.name, run.name.split("-", 1)[1]):
            self.assertEqual([t["name"] for t in self.report(tree, wanted)["tests"]], ["red"])
        done = self.finish(HOLDFAST, "report", "--tree", tree, run.name[:-1])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"several runs begin with that", done.stderr)

    def test_the_latest_run_is_none_that_a_test_of_another_started(self):
        tree = self.project(f"""
add_test(NAME red COMMAND @P@/exit_with 1)
add_test(NAME green COMMAND @P@/exit_with 0)
add_test(NAME nested COMMAND sh -c "{CTEST} -R '^green$' && {HOLDFAST} report --format json --output {self.work}/inner")
""")
        self.ctest(tree)
        self.assertEqual(self.told(tree), {"red": "failed", "green": "passed", "nested": "passed"})
        # The test itself asks for its own run.
        inner = json.loads((self.work / "inner").read_text())
        self.assertEqual([t["name"] for t in inner["tests"]], ["green"])

    @staticmethod
    def watches_a_process(pid):
        return any("[pidfd]" in target for target in descriptors_of(pid).values())

    def test_a_report_waits_for_the_end_of_a_run_that_has_just_ended(self):
        tree = self.kinds(text=f"""
add_test(NAME waits COMMAND @P@/close_output {self.pid_file()})
set_tests_properties(waits PROPERTIES WILL_FAIL ON)
""")
        (tree / "CTestCustom.cmake").write_text("")  # no `holdfast end`, so the keeper is alone
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.announced(self.pid_file())
        running, = self.report(tree)["tests"]
        self.assertEqual((running["outcome"], running["verdict"]), ("unknown", None))
        self.assertIn("still running", self.report(tree, form="text"))
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGSTOP)
        (self.work / "announced.pids.go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        report = self.start(HOLDFAST, "report", "--tree", tree, "--format", "json", stdout=subprocess.PIPE)
        wait_until(lambda: self.watches_a_process(report.pid), "its wait for the keeper")
        os.kill(keeper.pid, signal.SIGCONT)
        shown = json.loads(report.communicate(timeout=PATIENCE_S)[0])
        self.assertTrue(shown["run"]["complete"])
        self.assertEqual([t["verdict"] for t in shown["tests"]], ["passed"])

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount over the user's directory")
    def test_without_a_keeper_nothing_is_said_of_its_end(self):
        tree = self.kinds()
        need_mounts(self)
        done = self.finish("unshare", "--mount", "sh", "-c",
                           f"mkdir -p {USER_DIRECTORY} && mount -t tmpfs -o ro none {USER_DIRECTORY} && "
                           f"exec {CTEST} -R ^pass$", cwd=tree)
        text = (done.stdout + done.stderr).decode()
        self.assertIn("holdfast: no keeper (failed to ", text)
        self.assertNotIn("no summary", text)


class DeathTest(WitnessCase):
    """ctest dies before it has written its verdicts."""

    GATES = """
foreach(gate IN ITEMS regex plain plain_red inverted skip)
  add_test(NAME ${gate} COMMAND sh -c "echo $$ >> ${CMAKE_BINARY_DIR}/begun
while [ ! -e ${CMAKE_BINARY_DIR}/go ]; do sleep 0.02; done; echo ERROR; exit $0" ${code_of_${gate}})
endforeach()
set_tests_properties(regex PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
set_tests_properties(inverted PROPERTIES WILL_FAIL TRUE)
set_tests_properties(skip PROPERTIES SKIP_RETURN_CODE 77)
"""
    CODES = "".join(f"set(code_of_{gate} {code})\n" for gate, code in
                    (("regex", 0), ("plain", 0), ("plain_red", 3), ("inverted", 1), ("skip", 77)))

    def test_its_end_alone_judges_a_test_unless_its_output_does(self):
        tree = self.kinds(text=self.CODES + self.GATES)
        ctest = self.start(CTEST, "-j5", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = tree / "begun"
        wait_until(lambda: begun.exists() and len(begun.read_text().split()) == 5, "five tests")
        os.kill(ctest.pid, signal.SIGSTOP)
        (tree / "go").touch()
        run, = self.runs(tree)
        wait_until(lambda: len(self.records(run, "attempt_ended")) == 5, "five records")
        ctest.kill()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        report = self.report(tree)
        self.assertFalse(report["run"]["complete"])
        self.assertEqual(self.told(tree), {"regex": "unknown", "plain": "passed", "plain_red": "failed",
                                           "inverted": "passed", "skip": "skipped"})
        self.assertEqual({t["name"]: t["outcome"] for t in report["tests"]},
                         {"regex": "unknown", "plain": "passed", "plain_red": "failed",
                          "inverted": "passed", "skip": "skipped"})
        self.assertEqual(report["counts"]["unknown"], 1)
        self.assertIn('<error message="holdfast: verdict unknown: ', self.report(tree, form="junit"))
        self.assertRegex(self.report(tree, form="github"), "::error title=.*unknown::")

    def test_killed_before_its_first_test_it_did_not_come_to_its_end(self):
        source = self.work / "project"
        source.mkdir()
        (source / "stay.cmake").write_text(f'execute_process(COMMAND {program("linger")} {self.pid_file()})')
        tree = self.project("set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/stay.cmake)")
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lingers, = self.announced(self.pid_file())
        ctest.kill()
        os.kill(lingers.pid, signal.SIGKILL)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertFalse(self.report(tree)["run"]["complete"])

    def test_a_repeated_test_has_not_the_verdict_of_the_time_before(self):
        tree = self.kinds(text="""
add_test(NAME again COMMAND sh -c "if [ -e ${CMAKE_BINARY_DIR}/once ]
then touch ${CMAKE_BINARY_DIR}/begun; while [ ! -e ${CMAKE_BINARY_DIR}/go ]; do sleep 0.02; done; echo ERROR
else touch ${CMAKE_BINARY_DIR}/once; fi")
set_tests_properties(again PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
""")
        ctest = self.start(CTEST, "--repeat", "until-fail:3", cwd=tree, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        wait_until((tree / "begun").exists, "the second time")
        os.kill(ctest.pid, signal.SIGSTOP)
        (tree / "go").touch()
        run, = self.runs(tree)
        wait_until(lambda: len(self.records(run, "attempt_ended")) == 2, "two records")
        ctest.kill()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(self.told(tree), {"again": "unknown"})

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
    def test_a_full_disk_costs_verdicts_of_outputs_only(self):
        tree = self.kinds("add_test(NAME fills COMMAND sh -c \"head -c 300000 /dev/zero | tr '\\\\0' x\")")
        temporary = tree / "Testing/Temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        need_mounts(self)
        done = self.finish("unshare", "--mount", "sh", "-c",
                           f"mount -t tmpfs -o size=64k none {temporary} && exec {CTEST}", cwd=tree)
        text = (done.stdout + done.stderr).decode()
        expected = said(text)
        told = self.told(tree)
        through = {t["name"] for t in self.report(tree)["tests"] if t["attempts"]}
        self.assertIn("late_fail_regex", through)
        for name in through:
            if told[name] == "unknown":
                self.assertIn(name, ("late_fail_regex",), text)
            else:
                self.assertEqual(told[name], expected[name], name)
        self.assertEqual(told["late_inverted"], "passed")
        self.assertEqual(told["late_fail_regex"], "unknown")

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
    def test_the_summary_counts_as_the_report_does_when_ends_and_verdicts_are_lost(self):
        tree = self.project(f"""
add_test(NAME fills COMMAND sh -c "head -c 300000 /dev/zero | tr '\\\\0' x")
add_test(NAME hides COMMAND sh -c "mv {self.work}/build/.holdfast/runs/*/journal.jsonl {self.work}")
add_test(NAME shows COMMAND sh -c "mv {self.work}/journal.jsonl {self.work}/build/.holdfast/runs/*/")
set_tests_properties(hides shows PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
""")
        temporary = tree / "Testing/Temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        need_mounts(self)
        done = self.finish("unshare", "--mount", "sh", "-c",
                           f"mount -t tmpfs -o size=64k none {temporary} && exec {CTEST}", cwd=tree)
        text = (done.stdout + done.stderr).decode()
        self.assertIs(self.report(tree)["run"]["complete"], True, text)
        self.assertEqual(self.told(tree)["hides"], "unknown", text)
        self.assertNotIn("interrupted", text)

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
    def test_without_a_log_nothing_is_said_of_the_selection(self):
        """No test runs through Holdfast, and ctest's log is empty. That does not mean that ctest
        selected no test."""
        source = self.work / "project"
        source.mkdir()
        (source / "holdfast.toml").write_text("[profile.default]\nno-tests = 'fail'\n")
        tree = self.project("add_test(NAME later COMMAND program-of-later)\n")
        temporary = tree / "Testing/Temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        need_mounts(self)
        done = self.finish("unshare", "--mount", "sh", "-c",
                           f"mount -t tmpfs -o size=8k none {temporary}; cat /dev/zero > {temporary}/full; exec {CTEST}",
                           cwd=tree)
        text = (done.stdout + done.stderr).decode()
        self.assertIn("1 tests failed out of 1", text)
        self.assertNotIn("selected none", text)
        self.assertNotIn("ctest ends with 8", text)
        self.assertIn("holdfast: no test ran through Holdfast; whether any other ran is not known", text)
        report = self.report(tree)
        self.assertNotIn("outcome", report["run"])
        self.assertIs(report["run"]["log"], False)
        self.assertNotIn("selected none", self.report(tree, form="text"))
        self.assertNotIn("holdfast.outcome", self.report(tree, form="junit"))


if __name__ == "__main__":
    unittest.main()
