"""holdfast-exec runs batches of GoogleTest cases (issue 5, docs/reference/batches.md)."""

import json
import os
import signal
import subprocess
import unittest
from collections import Counter
from pathlib import Path

from support import (CTEST, HOLDFAST, STAGE, ProjectCase, processes_with, program, wait_until)

# The outcome of each case of tests/programs/cases/case_ends.cpp, in every isolation.
ENDS = {
    "Ends.pass": "passed", "Ends.fail": "failed", "Ends.exit_0": "premature_exit",
    "Ends.exit_1": "failed", "Ends.abort": "crashed", "Ends.segfault": "crashed",
    "Ends.marker_and_exit": "deliberate_exit", "Ends.marker_and_exit_0": "deliberate_exit",
    "Ends.marker_and_segfault": "crashed", "Ends.hang": "timed_out", "Ends.skip": "skipped",
    "Ends.mimic": "passed", "Ends.last": "passed",
}

# The ways to run a batch: with an unmodified program, and with one that speaks the worker protocol.
WAYS = [("case_ends", "none"), ("case_ends", "process"), ("case_ends_linked", "none"),
        ("case_ends_linked", "process"), ("case_ends_linked", "fork")]


class Batch(ProjectCase):
    def batch_project(self, tests, **how):
        """`tests`: name -> (program, filter, isolation, more properties)."""
        text = ""
        for name, (which, pattern, isolation, more) in tests.items():
            text += f'add_test(NAME {name} COMMAND @P@/{which} "--gtest_filter={pattern}")\n'
            isolated = f"HOLDFAST_ISOLATION {isolation}" if isolation else ""
            if isolated or more:
                text += f"set_tests_properties({name} PROPERTIES {isolated} {more})\n"
        return self.project(text, **how)

    def cases(self, tree, test):
        """Maps each case to its record in the last run, which has each case once."""
        found = {}
        for record in self.case_records(self.runs(tree)[-1]):
            if record["test"] == test:
                self.assertNotIn(record["case"], found)
                found[record["case"]] = record
        return found

    def outcomes(self, tree, test):
        return {name: record["outcome"] for name, record in self.cases(tree, test).items()}

    def attempts(self, tree):
        return {r["test"]: r for r in self.records(self.runs(tree)[-1], "attempt_ended")}

    def printed(self, record):
        begin, length = record["output"]
        return Path(record["log"]).read_bytes()[begin:begin + length].decode()

    def report(self, tree, form="json"):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if form == "json" else done.stdout.decode()


class EachEnd(Batch):
    def test_each_process_is_where_the_test_is(self):
        # The case before ends its worker, so this case is in a new process.
        tree = self.batch_project({f"{which}.{way}": (which, "Ends.abort:Where.it_is", way, "")
                                   for which, way in WAYS})
        self.ctest(tree, "-j2")
        for which, way in WAYS:
            with self.subTest(f"{which}.{way}"):
                shown = self.printed(self.cases(tree, f"{which}.{way}")["Where.it_is"])
                self.assertIn(f"directory {tree}\n", shown)

    def test_every_end_of_a_case_is_what_it_is_in_every_isolation(self):
        tests = {f"{which}.{isolation}": (which, "Ends.*", isolation, "HOLDFAST_TIMEOUT 2")
                 for which, isolation in WAYS}
        tree = self.batch_project(tests)
        done = self.ctest(tree, "-j2", "--output-on-failure")
        for name in tests:
            with self.subTest(name):
                self.assertEqual(self.outcomes(tree, name), ENDS)
                cases = self.cases(tree, name)
                self.assertIn("said by pass", self.printed(cases["Ends.pass"]))
                self.assertIn("said by fail", self.printed(cases["Ends.fail"]))
                self.assertNotIn("said by fail", self.printed(cases["Ends.pass"]))
                self.assertIn("no line break", self.printed(cases["Ends.last"]))
                self.assertEqual(cases["Ends.segfault"]["signal"], signal.SIGSEGV)
                self.assertEqual(cases["Ends.exit_1"]["exit_code"], 1)
                # The whole batch ends as its first crash did.
                ended = self.attempts(tree)[name]
                self.assertEqual((ended["outcome"], ended["signal"]), ("crashed", signal.SIGABRT))
        self.assertIn("holdfast: 13 cases: 3 passed, 4 failed, 3 crashed (Ends.abort, Ends.segfault, "
                      "Ends.marker_and_segfault), 1 premature exit (Ends.exit_0), "
                      "1 timed out (Ends.hang), 1 skipped", done.text)
        self.sums_agree(tree, len(tests))
        self.assert_nothing_left()

    def sums_agree(self, tree, batches):
        report = self.report(tree)
        wanted = Counter(ENDS.values())
        counted = report["counts"]["cases"]
        self.assertEqual(counted["planned"], batches * len(ENDS))
        self.assertEqual(counted["failed"],
                         batches * (wanted["failed"] + wanted["deliberate_exit"]))
        for outcome in ("passed", "crashed", "premature_exit", "timed_out", "skipped"):
            self.assertEqual(counted[outcome], batches * wanted[outcome], outcome)
        shown = Counter(case["outcome"] for test in report["tests"] for case in test["cases"])
        self.assertEqual(shown, Counter({k: batches * n for k, n in wanted.items()}))
        junit = self.report(tree, "junit")
        self.assertEqual(junit.count("<testcase "), batches * len(ENDS))
        self.assertIn('name="Ends.segfault" classname="case_ends.none"', junit)
        self.assertIn(f"{batches * len(ENDS)} cases: ", self.report(tree, "text"))

    def test_twenty_exits_on_purpose_are_twenty_failures_and_twenty_crashes_twenty(self):
        tests = {}
        for which, isolation in WAYS:
            tests[f"exit.{which}.{isolation}"] = (which, "*exit_on_purpose*", isolation, "")
            tests[f"crash.{which}.{isolation}"] = (which, "*Twenty.segfault*", isolation, "")
        tree = self.batch_project(tests)
        self.ctest(tree, "-j2")
        for name in tests:
            outcome = "deliberate_exit" if name.startswith("exit") else "crashed"
            self.assertEqual(Counter(self.outcomes(tree, name).values()), {outcome: 20}, name)

    def test_a_case_that_leaks_state_is_seen_with_none_only(self):
        tests = {f"{which}.{isolation}": (which, "State.*", isolation, "")
                 for which, isolation in WAYS}
        tree = self.batch_project(tests)
        self.ctest(tree)
        for name in tests:
            second = "failed" if name.endswith("none") else "passed"
            self.assertEqual(self.outcomes(tree, name),
                             {"State.first": "passed", "State.second": second}, name)


class Verdicts(Batch):
    def test_ctests_verdict_is_that_of_the_worst_case(self):
        tests = {
            "good": ("case_ends", "Ends.pass:Ends.last", "none", ""),
            "bad": ("case_ends", "Ends.pass:Ends.fail", "none", ""),
            "inverted": ("case_ends", "Ends.pass:Ends.fail", "none", "WILL_FAIL ON"),
            "crash": ("case_ends", "Ends.fail:Ends.segfault", "process", "WILL_FAIL ON"),
            "early": ("case_ends", "Ends.exit_0", "none", "WILL_FAIL ON"),
            "slow": ("case_ends", "Ends.hang", "none", "WILL_FAIL ON HOLDFAST_TIMEOUT 1"),
            "skip": ("case_ends", "Ends.skip", "none",
                     r'SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]"'),
            "none": ("case_ends", "No.such", "process", ""),
        }
        tree = self.batch_project(tests)
        done = self.ctest(tree)
        for name, verdict in {"good": "Passed", "bad": r"\*\*\*Failed", "inverted": "Passed",
                              "crash": r"\*\*\*Exception: SegFault",
                              "early": r"Subprocess aborted\*\*\*Exception",
                              "slow": r"Subprocess killed", "skip": r"\*\*\*Skipped",
                              "none": "Passed"}.items():
            self.assertRegex(done.text, rf"Test +#\d+: {name} \.*( |)*({verdict})", name)
        self.assertEqual(self.attempts(tree)["none"]["outcome"], "no_tests")

    def test_what_goes_wrong_beside_cases_is_red_too(self):
        tests = {f"{at}.{how}": ("case_ends", "Suite.*", "none", f"ENVIRONMENT {variable}={how}")
                 for at, variable, how in (("end", "AT_EXIT", "code"), ("end", "AT_EXIT", "die"),
                                           ("begin", "SET_UP", "die"))}
        tree = self.batch_project(tests)
        done = self.ctest(tree, "--output-on-failure")
        ended = self.attempts(tree)
        self.assertEqual(ended["end.code"]["outcome"], "failed")
        self.assertEqual(ended["end.code"]["exit_code"], 23)
        self.assertIn("2 cases: 2 passed; worker 1 exited with code 23 after its last case", done.text)
        self.assertEqual(ended["end.die"]["outcome"], "crashed")
        self.assertEqual(ended["begin.die"]["outcome"], "crashed")
        # A worker that dies before its first case ends the batch.
        self.assertEqual(self.outcomes(tree, "begin.die"),
                         {"Suite.one": "not_run", "Suite.two": "not_run"})

    def takes_its_time(self):
        """The CMake code of a batch of two cases. Each would end in time, and both together would not."""
        script = self.work / "sum"
        script.write_text("""#!/bin/sh
case "$*" in
*--gtest_list_tests*) printf 'S.\\n  a\\n  b\\n'; exit;;
*S.a*) one=a; time=1;;
*) one=b; time=3.5;;
esac
printf '[==========] Running 1 test from 1 test suite.\\n[ RUN      ] S.%s\\n' $one
sleep $time
printf '[       OK ] S.%s (0 ms)\\n[==========] 1 test from 1 test suite ran. (0 ms total)\\n' $one
""")
        script.chmod(0o755)
        return (f'add_test(NAME sum COMMAND "{script}")\n'
                "set_tests_properties(sum PROPERTIES HOLDFAST_ISOLATION process TIMEOUT 4 HOLDFAST_IDLE_SLOTS OFF)\n")

    def test_a_timeout_of_the_whole_leaves_the_rest_not_run(self):
        margin = "set(HOLDFAST_TIMEOUT_MARGIN 6)\n"
        tree = self.project(margin + self.takes_its_time() + "".join(
            f'add_test(NAME {isolation} COMMAND @P@/case_ends_linked '
            '"--gtest_filter=Ends.pass:Ends.hang:Ends.last")\n'
            f"set_tests_properties({isolation} PROPERTIES HOLDFAST_ISOLATION {isolation} TIMEOUT 1 "
            "HOLDFAST_IDLE_SLOTS OFF)\n"
            for isolation in ("none", "process", "fork")))
        done = self.ctest(tree, "-j4")
        for isolation in ("none", "process", "fork"):
            self.assertRegex(done.text, rf"Test +#\d+: {isolation} \.*\*\*\*Timeout")
            self.assertEqual(self.outcomes(tree, isolation),
                             {"Ends.pass": "passed", "Ends.hang": "timed_out",
                              "Ends.last": "not_run"}, isolation)
            self.assertEqual(self.attempts(tree)[isolation]["outcome"], "timed_out")
        self.assertEqual(self.outcomes(tree, "sum"), {"S.a": "passed", "S.b": "timed_out"}, done.text)
        self.assert_nothing_left()

    def test_a_case_is_recorded_when_it_ends_though_nothing_is_printed_of_it(self):
        # Of the third batch GoogleTest prints nothing at all.
        for brief, without in (("1", ""), ("", ""), ("1", "first")):
            with self.subTest(brief + without):
                go = self.work / f"go{brief}{without}"
                tree = self.project(
                    'add_test(NAME t COMMAND @P@/case_ends_linked '
                    f'"--gtest_filter=Pace.*-Pace.{without}")\n'
                    "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION none "
                    f'ENVIRONMENT "GO={go};BRIEF={brief}")\n',
                    name=f"p{brief}{without}", build=f"build{brief}{without}")
                ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)

                def has_ended(case):
                    runs = self.runs(tree)
                    return (runs and (runs[-1] / "journal.jsonl").exists()
                            and case in self.outcomes(tree, "t"))
                expected = {"Pace.waits": "passed", "Pace.second": "passed"}
                if not without:
                    expected["Pace.first"] = "passed"
                    wait_until(lambda: has_ended("Pace.first"), "the record of the first")
                go.touch()
                wait_until(lambda: has_ended("Pace.second"), "the record of the second")
                self.assertEqual(self.outcomes(tree, "t"), expected)
                ctest.send_signal(signal.SIGTERM)
                ctest.wait()
                self.assert_nothing_left()
                self.assertEqual(self.outcomes(tree, "t")["Pace.hangs"], "interrupted")

    def test_the_last_of_a_suite_is_recorded_when_it_ends(self):
        """Runs ten tests at once, because exec may read the printed end of a case before the
        message."""
        go = self.work / "go"
        names = [f"t{i}" for i in range(10)]
        tree = self.project("".join(
            f'add_test(NAME {name} COMMAND @P@/case_ends_linked "--gtest_filter=Down.*")\n'
            f'set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION none ENVIRONMENT "GO={go}")\n'
            for name in names))
        ctest = self.start(CTEST, "-j10", cwd=tree, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

        def are_recorded():
            runs = self.runs(tree)
            return (runs and (runs[-1] / "journal.jsonl").exists()
                    and all("Down.last" in self.outcomes(tree, name) for name in names))
        wait_until(are_recorded, "the records of the last")
        go.touch()
        self.assertEqual(ctest.wait(30), 0)
        self.assert_nothing_left()

    def test_an_interrupt_leaves_the_rest_not_run(self):
        for isolation in ("none", "process", "fork"):
            with self.subTest(isolation):
                tree = self.batch_project(
                    {"t": ("case_ends_linked", "Ends.pass:Ends.hang:Ends.last", isolation, "")},
                    name=isolation, build=f"build-{isolation}")
                ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
                wait_until(lambda: self.runs(tree) and b"RUN      ] Ends.hang" in b"".join(
                    f.read_bytes() for f in self.runs(tree)[-1].glob("output/*")), "the hang")
                ctest.send_signal(signal.SIGTERM)
                ctest.wait()
                self.assert_nothing_left()
                self.assertEqual(self.outcomes(tree, "t"),
                                 {"Ends.pass": "passed", "Ends.hang": "interrupted",
                                  "Ends.last": "not_run"})


    def test_so_does_the_death_of_ctest(self):
        ways = ("none", "process", "fork")
        tree = self.batch_project({way: ("case_ends_linked", "Ends.pass:Ends.hang:Ends.last", way,
                                         "HOLDFAST_IDLE_SLOTS OFF") for way in ways})
        ctest = self.start(CTEST, "-j3", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.runs(tree) and b"".join(
            f.read_bytes() for f in self.runs(tree)[-1].glob("output/*")).count(b"RUN      ] Ends.hang") == len(ways),
                   "the hangs")
        ctest.kill()
        ctest.wait()
        self.assert_nothing_left()
        for way in ways:
            self.assertEqual(self.outcomes(tree, way), {"Ends.pass": "passed", "Ends.hang": "interrupted",
                                                        "Ends.last": "not_run"}, way)


class Around(Batch):
    def test_shards_are_selected_as_googletest_does(self):
        tests = {}
        for isolation in ("none", "process", "fork"):
            for index in range(3):
                tests[f"{isolation}.{index}"] = (
                    "case_ends_linked", "*Twenty.*", isolation,
                    f'ENVIRONMENT "GTEST_TOTAL_SHARDS=3;GTEST_SHARD_INDEX={index}"')
        tree = self.batch_project(tests)
        self.ctest(tree, "-j2")
        for index in range(3):
            shards = [self.outcomes(tree, f"{i}.{index}") for i in ("none", "process", "fork")]
            self.assertEqual(shards[0], shards[1])
            self.assertEqual(shards[0], shards[2])
        everything = [case for i in range(3) for case in self.cases(tree, f"none.{i}")]
        self.assertEqual(len(everything), 60)
        self.assertEqual(len(set(everything)), 60)

    def test_shards_are_numbers_as_googletest_reads_them(self):
        tree = self.batch_project({
            isolation: ("case_ends_linked", "*Twenty.pass*", isolation,
                        'ENVIRONMENT "GTEST_TOTAL_SHARDS= 4;GTEST_SHARD_INDEX=+1"')
            for isolation in ("none", "process", "fork")})
        self.ctest(tree, "-j2")
        for isolation in ("none", "process", "fork"):
            self.assertEqual(Counter(self.outcomes(tree, isolation).values()), {"passed": 5}, isolation)

    def test_flags_in_a_file_are_flags(self):
        flags = self.work / "flags"
        flags.write_text("--gtest_also_run_disabled_tests\n\n--gtest_brief=1\n")
        tree = self.batch_project({
            f"{which}.{isolation}": (which, f'*never:Ends.pass" "--gtest_flagfile={flags}', isolation, "")
            for which, isolation in WAYS})
        self.ctest(tree, "-j2")
        for which, isolation in WAYS:
            self.assertEqual(self.outcomes(tree, f"{which}.{isolation}"),
                             self.outcomes(tree, "case_ends.none"), f"{which}.{isolation}")
        self.assertEqual(self.outcomes(tree, "case_ends.none"), {"Ends.DISABLED_never": "crashed", "Ends.pass": "passed"})

    def test_a_variable_that_is_empty_is_set(self):
        tree = self.batch_project({
            f"{which}.{isolation}": (which, "*never", isolation, 'ENVIRONMENT "GTEST_ALSO_RUN_DISABLED_TESTS="')
            for which, isolation in WAYS})
        self.ctest(tree, "-j2")
        for which, isolation in WAYS:
            self.assertEqual(self.outcomes(tree, f"{which}.{isolation}"), {"Ends.DISABLED_never": "crashed"})

    def test_a_flag_that_googletest_does_not_know_is_no_pass(self):
        """The program prints its help and exits with 0."""
        tree = self.batch_project({
            f"{which}.{isolation}{flag}": (which, f'Ends.pass" "{flag}', isolation, "")
            for which, isolation in WAYS for flag in ("--gtest_typo", "-gtest_brief")})
        done = self.ctest(tree, "-j2", "-V")
        outcomes = Counter(record["outcome"] for record in self.attempts(tree).values())
        self.assertEqual(outcomes, {"no_tests": 2 * len(WAYS)})
        self.assertEqual(done.text.count("holdfast: 0 cases: it printed its help"), 2 * len(WAYS))
        self.assertIn('"case_ends.none-gtest_brief" found nothing to run: it printed its help', done.text)

    def test_a_program_that_wants_a_case_fails_without(self):
        """GoogleTest has the flag from 1.18 on."""
        if b"fail_if_no_test_selected" not in Path(program("case_ends")).read_bytes():
            self.skipTest("this GoogleTest does not know it")
        tree = self.batch_project({
            f"{which}.{isolation}": (which, 'Nothing.*" "--gtest_fail_if_no_test_selected', isolation, "")
            for which, isolation in WAYS})
        done = self.ctest(tree, "-j2")
        self.assertIn(f"0% tests passed, {len(WAYS)} tests failed", done.text)

    def test_what_makes_no_shard_is_refused_by_googletest(self):
        wrong = ("GTEST_TOTAL_SHARDS=3", "GTEST_SHARD_INDEX=1", "GTEST_TOTAL_SHARDS=3;GTEST_SHARD_INDEX=3",
                 "GTEST_TOTAL_SHARDS=3x;GTEST_SHARD_INDEX=1")
        tests = {f"{isolation}.{number}": (which, "Ends.pass:Ends.last", isolation, f'ENVIRONMENT "{variables}"')
                 for which, isolation in (*WAYS[:2], WAYS[4]) for number, variables in enumerate(wrong)}
        tree = self.batch_project(tests)
        done = self.ctest(tree, "-j2")
        self.assertIn(f"0% tests passed, {len(tests)} tests failed", done.text)
        for name in tests:
            self.assertNotIn("passed", self.outcomes(tree, name).values(), name)

    def test_shards_by_flags_are_those_by_the_environment(self):
        """GoogleTest has the flags from 1.18 on."""
        if b"total_shards" not in Path(program("case_ends")).read_bytes():
            self.skipTest("this GoogleTest does not know them")
        file = self.work / "flags"
        file.write_text("--gtest_total_shards=3\n--gtest_shard_index=1\n")
        tests = {f"{isolation}.{how}": ("case_ends_linked", f"*Twenty.*{flags}", isolation, properties)
                 for isolation in ("none", "process", "fork")
                 for how, flags, properties in (
                     ("flags", '" --gtest_total_shards=3 "--gtest_shard_index=1', ""),
                     ("file", f'" "--gtest_flagfile={file}', ""),
                     ("variables", "", 'ENVIRONMENT "GTEST_TOTAL_SHARDS=3;GTEST_SHARD_INDEX=1"'))}
        tree = self.batch_project(tests)
        self.ctest(tree, "-j2")
        expected = self.outcomes(tree, "none.variables")
        self.assertEqual(len(expected), 20)
        for name in tests:
            self.assertEqual(self.outcomes(tree, name), expected, name)

    def test_what_a_case_leaves_behind_is_named_and_ended(self):
        tests = {f"{isolation}.{on_leak}": ("case_ends_linked", "Leaves.*:Ends.pass", isolation,
                                            f"HOLDFAST_ON_LEAK {on_leak}")
                 for isolation in ("none", "process", "fork") for on_leak in ("kill", "fail")}
        tree = self.batch_project(tests)
        self.ctest(tree, "-j2")
        self.assert_nothing_left()
        for name in tests:
            with self.subTest(name):
                ended = self.attempts(tree)[name]
                self.assertIn("leaked", ended["flags"])
                self.assertEqual(ended["outcome"], "failed" if name.endswith("fail") else "passed")
                if not name.startswith("none"):
                    note = self.cases(tree, name)["Leaves.a_process"]["note"]
                    self.assertIn("left 1 process behind, ended: case_ends", note)

    def test_output_passes_byte_for_byte(self):
        tree = self.batch_project({"much": ("case_ends", "Streams.*", "none", "")})
        done = self.ctest(tree, "-V", "--test-output-size-passed", "100000000")
        lines = [line.split(": ", 1)[1] for line in done.text.splitlines()
                 if line.startswith("1: ")]
        for stream in ("out", "err"):
            self.assertEqual([line for line in lines if line.startswith(stream + " ")],
                             [f"{stream} {i}" for i in range(1000)])
        self.assertEqual([line for line in lines if line.startswith("0000") and len(line) == 59],
                         [f"{i:059d}" for i in range(200000)])

    def test_forked_cases_run_beside_each_other_and_print_one_after_the_other(self):
        tree = self.batch_project(
            {"t": ("case_ends_linked", "Streams.both:*Twenty.pass*", "fork", "PROCESSORS 4")})
        self.ctest(tree, "-j4")
        cases = self.cases(tree, "t")
        self.assertEqual(Counter(r["outcome"] for r in cases.values()), {"passed": 21})
        for name, record in cases.items():
            text = self.printed(record)
            self.assertEqual(text.count("[ RUN      ]"), 1, text)
            self.assertIn(name, text)

    def test_who_cannot_fork_says_so_and_gets_processes(self):
        tree = self.batch_project({"t": ("case_ends", "State.*", "fork", "")})
        done = self.ctest(tree)
        self.assertEqual(done.text.count("cannot fork its cases"), 1, done.text)
        self.assertIn("not linked with Holdfast::gtest_main", done.text)
        self.assertEqual(self.outcomes(tree, "t"),
                         {"State.first": "passed", "State.second": "passed"})

    def stage_without(self, *missing):
        """A copy of the stage without these files."""
        stage = self.work / "stage"
        subprocess.run(["cp", "-al" if os.geteuid() == 0 else "-a", STAGE, stage], check=True)
        for name in missing:
            (stage / name).unlink()
        return stage

    def of_stage(self, stage, properties):
        source = self.work / "project"
        source.mkdir(exist_ok=True)
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(missing NONE)\nenable_testing()\n"
            f"find_package(Holdfast REQUIRED)\nadd_test(NAME t COMMAND {program('case_ends')} "
            f"--gtest_filter=Ends.pass:Ends.segfault)\nset_tests_properties(t PROPERTIES {properties})\n")
        tree = self.work / "build"
        made = self.finish("cmake", "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={stage}")
        self.assertEqual(made.returncode, 0, made.stderr)
        return tree

    def test_another_process_of_the_test_is_not_its_worker(self):
        """A script runs one linked program and then becomes another one."""
        line = "$1 --gtest_filter=Ends.pass:Ends.skip; exec $1 --gtest_filter=$2"
        tests = "".join(
            f"add_test(NAME {name} COMMAND sh -c [==[{line}]==] script @P@/case_ends_linked {last})\n"
            f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION none)\n"
            for name, last in (("well", "Ends.last"), ("ill", "Ends.segfault")))
        tree = self.project(tests)
        self.ctest(tree, "-j2")
        before = {"Ends.pass": "passed", "Ends.skip": "skipped"}
        self.assertEqual(self.outcomes(tree, "well"), {**before, "Ends.last": "passed"})
        self.assertEqual(self.outcomes(tree, "ill"), {**before, "Ends.segfault": "crashed"})
        self.assert_nothing_left()

    def test_a_missing_program_is_an_internal_error(self):
        tree = self.of_stage(self.stage_without("libexec/holdfast/holdfast-exec"), "HOLDFAST_ISOLATION none")
        done = self.ctest(tree, "--output-on-failure")
        self.assertIn("Subprocess aborted", done.text)
        self.assertRegex(done.text, r"failed to execute \S+/holdfast-exec: No such file")

    def test_missing_it_refuses_a_test_that_would_be_tried_again_as_well(self):
        """The keeper, which has granted the test by then, says so."""
        tree = self.of_stage(self.stage_without("libexec/holdfast/holdfast-exec"), 'HOLDFAST_RETRY "crash=1"')
        done = self.ctest(tree)
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual(ended["outcome"], "internal_error", done.text)
        said = [line for line in done.text.splitlines() if "holdfast-exec: No such file" in line]
        self.assertEqual(len(said), 1, done.text)

    def test_a_program_that_is_none_is_an_internal_error(self):
        stage = self.stage_without("libexec/holdfast/holdfast-exec")
        (stage / "libexec/holdfast/holdfast-exec").write_text("#!/bin/sh\nexit 0\n")
        (stage / "libexec/holdfast/holdfast-exec").chmod(0o755)
        done = self.ctest(self.of_stage(stage, "HOLDFAST_ISOLATION none"), "--output-on-failure")
        self.assertIn("Subprocess aborted", done.text)
        self.assertRegex(done.text, r"failed to use \S+/holdfast-exec: expected a program, install Holdfast again")


class WhoRunsItTest(Batch):
    """holdfast-exec is the launcher of every test that needs more than one plain attempt."""

    def program_of(self, settings="", **how):
        tree = self.batch_project({"t": ("case_ends", "Ends.hang", "none", how.pop("more", ""))})
        (self.work / "project/holdfast.toml").write_text(settings)
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        output = tree / ".holdfast/runs"
        wait_until(lambda: any("Ends.hang" in log.read_text() for log in output.glob("*/output/*")),
                   "the case to begin")
        launcher = self.records(self.runs(tree)[-1], "attempt_started")[0]["launcher"]["pid"]
        found = Path(f"/proc/{launcher}/exe").readlink().relative_to(STAGE.resolve())
        name = Path(f"/proc/{launcher}/comm").read_text().strip()
        ctest.send_signal(signal.SIGINT)
        ctest.wait(30)
        # holdfast-exec takes the launcher's name, so tools that look for launchers find both.
        self.assertEqual(name, "holdfast-launch")
        return str(found)

    def test_a_plain_batch(self):
        self.assertEqual(self.program_of(), "libexec/holdfast/holdfast-exec")

    def test_with_retries(self):
        self.assertEqual(self.program_of(more='HOLDFAST_RETRY "crash=1"'), "libexec/holdfast/holdfast-exec")

    def test_with_a_hook(self):
        self.assertEqual(self.program_of('[profile.default]\non-failure = "true"\n'),
                         "libexec/holdfast/holdfast-exec")


if __name__ == "__main__":
    unittest.main()
