"""Tests on Slurm's nodes end, print and are judged as they are beside ctest."""

import json
import os
import re
import shutil
import signal
import time
import unittest
from xml.etree import ElementTree

import slurm_case
from processes import pending_signals
from slurm_case import SLURM_PATIENCE_S, SlurmCase, end_cluster, start_cluster
from support import CTEST, HOLDFAST, unfolded, verdicts, wait_until

setUpModule = start_cluster
tearDownModule = end_cluster

# What ctest and Holdfast make of each end must not depend on where the test runs.
VERDICTS = """
function(one name properties)
  add_test(NAME ${name} COMMAND ${ARGN})
  if(NOT properties STREQUAL "")
    set_tests_properties(${name} PROPERTIES ${properties})
  endif()
endfunction()
one(passes "" @P@/exit_with 0)
one(fails "" @P@/exit_with 3)
one(exits_255 "" @P@/exit_with 255)
one(skips "SKIP_RETURN_CODE;77" @P@/exit_with 77)
one(wants_to_fail "WILL_FAIL;TRUE" @P@/exit_with 3)
one(fails_to_fail "WILL_FAIL;TRUE" @P@/exit_with 0)
one(segv "" @P@/die_of 11)
one(abrt "" @P@/die_of 6)
one(kill "" @P@/die_of 9)
one(term "" @P@/die_of 15)
one(dies_though_it_will_fail "WILL_FAIL;TRUE" @P@/die_of 11)
one(says_so "PASS_REGULAR_EXPRESSION;all is well" sh -c "echo all is well; exit 1")
one(says_nothing "PASS_REGULAR_EXPRESSION;all is well" true)
one(says_error "FAIL_REGULAR_EXPRESSION;bad" sh -c "echo bad >&2")
one(says_skip "SKIP_REGULAR_EXPRESSION;not here" sh -c "echo not here; exit 1")
one(no_interpreter "" "${CMAKE_SOURCE_DIR}/no_interpreter")
one(no_permission "" "${CMAKE_SOURCE_DIR}/no_permission")
one(takes_long "TIMEOUT;1" sleep 100)
one(takes_long_and_will_fail "TIMEOUT;1;WILL_FAIL;TRUE" sleep 100)
one(ignores_the_end "TIMEOUT;1" sh -c "trap '' TERM; while true; do sleep 0.1; done")
one(leaks "" sh -c "sleep 100 & exit 0")
"""


def said_by(text):
    """The lines of the tests in what `ctest -V` prints, without the numbers of the tests."""
    lines = [line.partition(": ") for line in text.splitlines()]
    return [rest for number, colon, rest in lines if colon and number.isdigit() and not rest.startswith("Test ")]


class SlurmTest(SlurmCase):
    def verdict_project(self):
        tree = self.suite(VERDICTS)
        for name, text in (("no_interpreter", "#!/no/such/interpreter\n"), ("no_permission", "\x7fELFbad")):
            path = self.work / "project" / name
            path.write_text(text)
            path.chmod(0o755)
        return tree

    def test_every_end_has_the_verdict_that_it_has_beside_ctest(self):
        tree = self.verdict_project()
        here = self.ctest(tree, "-j4", bound=SLURM_PATIENCE_S)
        ends_here = self.ends(tree)
        there = self.far(tree, "-j4")
        ends_there = self.ends(tree)
        # From CMake 3.27 on, ctest names the signal by which it told our launcher here.
        verdicts_here = verdicts(here.text.replace("***Timeout (SIGUSR1)", "***Timeout"))
        self.assertEqual(verdicts(there.text), verdicts_here, there.text)
        self.assertEqual(there.returncode, here.returncode)
        for test, end in ends_here.items():
            for field in ("outcome", "exit_code", "signal", "flags"):
                self.assertEqual(ends_there[test].get(field), end.get(field), (test, field, ends_there[test]))
            self.assertIn(ends_there[test]["node"], ("n1", "n2"), test)
            self.assertGreater(ends_there[test]["slurm_wait_s"], 0)
            self.assertNotIn("node", end)

    def test_output_arrives_byte_by_byte_and_without_lines_of_slurm(self):
        noise = self.work / "noise"
        noise.write_bytes(os.urandom(3_000_000))
        tree = self.suite(
            self.scripted_test("both", "", "for i in 1 2 3 4 5 6 7 8; do echo out $i; echo err $i >&2; done")
            + self.scripted_test("dies", "", "echo before; kill -9 $$")
            + self.scripted_test("without_newline", "", "printf 'no end'")
            + f'add_test(NAME noise COMMAND sh -c "cat {noise}; echo HFo00000010 is no frame; exit 1")\n')
        here = self.ctest(tree, "-V", "-E", "noise")
        there = self.far(tree, "-V", "-E", "noise")
        self.assertEqual(said_by(there.text), said_by(here.text))
        self.assertNotIn("srun", there.text)
        self.assertNotIn("slurmstepd", there.text)
        done = self.far(tree, "-R", "noise")
        self.assertEqual(done.returncode, 8, done.text)  # a test that passes at once keeps no output
        log, = (self.runs(tree)[-1] / "output").glob("*.1.log")
        self.assertEqual(log.read_bytes(), noise.read_bytes() + b"HFo00000010 is no frame\n")

    def test_what_the_node_logs_comes_back(self):
        tree = self.suite("add_test(NAME red COMMAND @P@/exit_with 3)\nadd_test(NAME green COMMAND true)\n")
        self.far(tree, env=self.environment(HOLDFAST_PROFILE="slurm", HOLDFAST_LOG="debug"))
        done = self.finish(HOLDFAST, "log", "--json", "--test", "red", "--tree", tree)
        told = {line["part"]: line["message"] for line in map(json.loads, done.stdout.decode().splitlines())}
        node = self.ends(tree)["red"]["node"]
        self.assertLessEqual({"keeper", "exec", f"exec@{node}", f"guard@{node}"}, told.keys())
        self.assertTrue(told[f"exec@{node}"].startswith("outcome failed: exit 3"), told)
        self.assertEqual(list(self.runs(tree)[-1].glob("far/*.log")), [])

    def test_the_test_has_its_surroundings(self):
        place = self.work / "place with blanks"
        place.mkdir()
        tree = self.suite(
            f'add_test(NAME look COMMAND sh -c "pwd; cat; env; ulimit -Hn; ls -l /proc/self/fd")\n'
            f'set_tests_properties(look PROPERTIES WORKING_DIRECTORY "{place}" '
            # The last ones are for a mock of Slurm, say: the allocation is that of ctest.
            'ENVIRONMENT "ONE=1;LD_BIND_NOW=1;SLURM_LABELIO=1;ODD=a=b;SLURM_JOB_ID=77777;SLURM_EXCLUSIVE=1" PROCESSORS 2)\n')
        # ctest may run in a step of its own.
        done = self.far(tree, "-V", input=b"from stdin\n", env=self.environment(
            HOLDFAST_PROFILE="slurm", LONG="x" * 100_000, SLURMD_NODENAME="outer"))
        said = said_by(done.text)
        self.assertIn(str(place), said)
        self.assertIn("from stdin", said)
        for entry in ("ONE=1", "LD_BIND_NOW=1", "ODD=a=b", "LONG=" + "x" * 100_000, "HOLDFAST_ATTEMPT=1",
                      "SLURM_STEP_NUM_TASKS=1", "SLURM_CPUS_PER_TASK=2", "SLURM_JOB_ID=77777", "SLURM_EXCLUSIVE=1"):
            self.assertIn(entry, said)
        node = self.ends(tree)["look"]["node"]
        self.assertIn(node, ("n1", "n2"))
        self.assertIn(f"SLURMD_NODENAME={node}", said)
        self.assertNotIn("memfd", done.text)  # a descriptor of ours
        scratch = [entry for entry in said if entry.startswith("HOLDFAST_TMPDIR=")]
        self.assertEqual(len(scratch), 1, said)

    def test_a_timeout_has_its_stacks_from_the_node(self):
        tree = self.suite('add_test(NAME stuck COMMAND @P@/deadlock)\nset_tests_properties(stuck PROPERTIES TIMEOUT 2)\n')
        here = self.ctest(tree, "-V")
        there = self.far(tree, "-V")
        for done in (here, there):
            self.assertIn("***Timeout", done.text)
            self.assertIn("#1", done.text)
            self.assertIn("deadlock", done.text)
        self.assertEqual(self.ends(tree)["stuck"]["outcome"], "timed_out")

    def test_the_limit_that_ctest_gives_is_a_timeout_too(self):
        tree = self.suite("add_test(NAME a COMMAND sleep 100)\nadd_test(NAME b COMMAND sleep 100)\n"
                          "set_tests_properties(b PROPERTIES LABELS x FIXTURES_REQUIRED f)\n"
                          "set_tests_properties(a PROPERTIES FIXTURES_CLEANUP f)\n")
        done = self.far(tree, "-R", "b", "--timeout", "1.5")  # ctest brings `a` along
        self.assertEqual(verdicts(done.text), {"a": "***Timeout", "b": "***Timeout"}, done.text)
        self.assertEqual({end["outcome"] for end in self.ends(tree).values()}, {"timed_out"})

    def test_what_a_test_waits_for_its_step_is_outside_of_its_time(self):
        # Each test takes all processors of both nodes' allocation in turn.
        tests = "".join(f"add_test(NAME t{i} COMMAND sleep 1.2)\n"
                        f"set_tests_properties(t{i} PROPERTIES TIMEOUT 2 PROCESSORS 4)\n" for i in range(6))
        tree = self.suite(tests)
        done = self.far(tree, "-j24")
        self.assertEqual(done.returncode, 0, done.text)
        waits = [end["slurm_wait_s"] for end in self.ends(tree).values()]
        self.assertGreater(max(waits), 2)

    def test_a_wait_for_a_step_is_told_and_shown(self):
        go = self.work / "go"
        body = f'while [ ! -e "{go}" ]; do sleep 0.05; done'
        tree = self.suite("".join(self.scripted_test(f"t{i}", f"PROCESSORS {slurm_case.CPUS}", body) for i in range(3)))
        begun = self.start_far(tree, f"-j{3 * slurm_case.CPUS}")

        def waiting():
            tests = self.live_tests(tree)
            waits = [test for test in tests if "waits_for_step" in test]
            # At first, those that will not wait for long have not said yet that they wait.
            is_told = [test for test in waits if line.format(test["test"]) in unfolded((self.work / "err").read_text())]
            return len(tests) == 3 and len(waits) == 1 and is_told
        line = '"{}" waiting for its step on Slurm ('
        waits, = wait_until(waiting, "one test that waits and says so", SLURM_PATIENCE_S)
        self.assertEqual((waits["waits_for"], waits["waits_for_step"]), (None, "slurm"))
        name = waits["test"]
        text = self.finish(HOLDFAST, "status", "--tree", tree).stdout.decode()
        self.assertRegex(text, rf'\n  "{name}" \(pid \d+\) for .*, waiting for its step on Slurm\n')
        go.touch()
        wait_until(lambda: len(self.ends(tree)) == 3, "their ends", SLURM_PATIENCE_S)
        self.assertEqual(begun.wait(SLURM_PATIENCE_S), 0)
        said = unfolded((self.work / "err").read_text())
        self.assertIn(f'"{name}" has its step on Slurm after ', said)
        self.assertIn(name, {part.split('"')[1] for part in said.splitlines() if "has its step on Slurm" in part})

    def test_a_test_with_the_local_label_and_one_with_a_service_stay_here(self):
        tree = self.suite(
            "add_test(NAME gui COMMAND true)\nset_tests_properties(gui PROPERTIES LABELS here)\n"
            "add_test(NAME usual COMMAND true)\n"
            "add_test(NAME chosen COMMAND true)\n"
            "add_test(NAME matched COMMAND true)\n"
            'set_tests_properties(matched PROPERTIES TIMEOUT 30 TIMEOUT_AFTER_MATCH "20;begun")\n'
            'add_test(NAME served COMMAND true)\nset_tests_properties(served PROPERTIES HOLDFAST_SERVICES db)\n',
            settings='[[profile.slurm.override]]\ntest = "^chosen$"\nengine = "local"\n'
                     '[service.db]\ncommand = ["sh", "-c", "echo ready; exec sleep 1000"]\nready-output = "ready"\n')
        done = self.far(tree, "-j4")
        self.assertEqual(done.returncode, 0, done.text)
        nodes = {test: end.get("node") for test, end in self.ends(tree).items()}
        self.assertIn(nodes.pop("usual"), ("n1", "n2"))
        self.assertEqual(nodes, {"gui": None, "chosen": None, "matched": None, "served": None})

    def test_after_a_failure_on_a_node_this_machine_is_not_looked_at(self):
        tree = self.suite(self.scripted_test("far", "HOLDFAST_RETRY exit:3=1", "exit 3")
                          + self.scripted_test("near", "HOLDFAST_RETRY exit:3=1 LABELS here", "exit 3"))
        done = self.far(tree, "-j2")
        ends = self.ends(tree)
        self.assertIn(ends["far"].get("node"), ("n1", "n2"), done.text)
        self.assertIn("git", ends["far"]["forensics"])
        self.assertNotIn("machine", ends["far"]["forensics"])
        self.assertIn("machine", ends["near"]["forensics"])

    def test_what_can_never_fit_is_refused_in_words_and_not_tried_again(self):
        tree = self.suite("add_test(NAME wide COMMAND true)\n"
                          "set_tests_properties(wide PROPERTIES PROCESSORS 7)\n"
                          "add_test(NAME gpu COMMAND true)\n",
                          settings='[[override]]\ntest = "gpu"\nengine = { options = "--gres=gpu:1" }\nretry = "any=2"\n')
        done = self.far(tree, "-j8")
        ends = self.ends(tree)
        for test in ("wide", "gpu"):
            self.assertEqual(ends[test]["outcome"], "internal_error", done.text)
            self.assertEqual(ends[test]["n"], 1)
            self.assertIn("no node of the allocation can ever run it", ends[test]["note"])
        self.assertIn("More processors requested than permitted", ends["wide"]["note"])

    def with_srun(self, text):
        """A PATH on which srun is that script of bash; in it, {srun} is the true one, and the last word names the job."""
        wrapper = self.work / "bin/srun"
        wrapper.parent.mkdir(exist_ok=True)
        wrapper.write_text("#!/bin/bash\n" + text.replace("{srun}", shutil.which("srun")))
        wrapper.chmod(0o755)
        return f"{wrapper.parent}:{os.environ['PATH']}"

    def test_what_keeps_holdfast_from_running_on_the_node_is_said(self):
        tree = self.suite(f"add_test(NAME a COMMAND touch {self.work}/ran)\n",
                          '[[override]]\ntest = "a"\nretry = "node=2"\n')
        for text, why in (
                # As if the run's directory were not there.
                ('exec {srun} "${@:1:$#-1}" /no/such.job', "failed to open /no/such.job"),
                # As if it could not be written to.
                ('job="${@: -1}"; mkdir "${job%.job}.started.part"; exec {srun} "$@"', "failed to (make|open|use) .*started")):
            path = self.with_srun(text)
            done = self.far(tree, env=self.environment(HOLDFAST_PROFILE="slurm", PATH=path))
            end = self.ends(tree)["a"]
            self.assertEqual((end["outcome"], end["n"]), ("internal_error", 1), done.text)
            self.assertRegex(end["note"], "Holdfast cannot run on node n[12]: " + why)
        self.assertFalse((self.work / "ran").exists())

    def test_what_slurm_says_of_a_kill_for_want_of_memory_is_its_outcome(self):
        tree = self.suite(self.scripted_test("a", "", "kill -9 $$"))
        path = self.with_srun('{srun} "$@"; code=$?\n'
                              'echo "slurmstepd-n1: error: Detected 1 oom_kill event in StepId=1.0. Some of the step tasks have been OOM Killed." >&2\n'
                              "exit $code\n")
        done = self.far(tree, env=self.environment(HOLDFAST_PROFILE="slurm", PATH=path))
        self.assertEqual(self.ends(tree)["a"]["outcome"], "oom_killed", done.text)
        self.far(tree)
        self.assertEqual(self.ends(tree)["a"]["outcome"], "crashed")

    def test_a_job_that_no_node_has_read_does_not_stay_with_its_environment(self):
        tree = self.suite("add_test(NAME a COMMAND true)\n")
        waits = self.work / "waits"
        path = self.with_srun(f"echo $$ > {waits}; exec sleep 1000")
        self.start_far(tree, PATH=path, HOLDFAST_CLUSTER_PASSWORD="a secret")
        wait_until(lambda: waits.exists() and waits.read_text(), "srun", SLURM_PATIENCE_S)
        run = self.runs(tree)[-1]
        job, = (run / "far").glob("*.job")
        self.assertNotIn(b"a secret", job.read_bytes())
        ctest, = self.processes_named("ctest")
        near = slurm_case.parent_of(int(waits.read_text()))
        for pid in (near, ctest.pid):
            os.kill(pid, signal.SIGKILL)
        self.assert_nothing_left(SLURM_PATIENCE_S)
        self.assertTrue(job.exists())
        listed = self.finish(HOLDFAST, "reap", "--dry-run", "--tree", tree).stdout.decode()
        self.assertIn(f"  job for a node  {job}  (run {run.name})", listed)
        self.assertTrue(job.exists())
        seen = json.loads(self.finish(HOLDFAST, "doctor", "--json", "--tree", tree, bound=SLURM_PATIENCE_S).stdout)
        self.assertEqual([one["where"] for one in seen["findings"] if one["finding"] == "job_left"], [str(job)])
        done = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertIn("1 job for a node removed", (done.stdout + done.stderr).decode())
        self.assertFalse(job.exists())

    def test_a_record_that_cannot_be_written_changes_no_verdict(self):
        # As on a full disk.
        spoil = 'for one in .holdfast/runs/*/far/*.control; do mkdir "${one%.control}.ended.part"; done'
        tree = self.suite(self.scripted_test("t", "HOLDFAST_RETRY node=1", f"cd {self.work}/build && {spoil} && exit 0"))
        done = self.far(tree)
        self.assertEqual(done.returncode, 0, done.text)
        end = self.ends(tree)["t"]
        self.assertEqual((end["outcome"], end["node"] in ("n1", "n2"), end["n"]), ("passed", True, 1))

    def test_without_an_allocation_no_test_runs_and_one_line_says_so(self):
        tree = self.suite("add_test(NAME a COMMAND true)\nadd_test(NAME b COMMAND true)\n")
        done = self.ctest(tree, env=self.environment(HOLDFAST_PROFILE="slurm"))
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.text.count("expected to run inside of an allocation"), 1, done.text)
        self.assertEqual({end["outcome"] for end in self.ends(tree).values()}, {"internal_error"})

    def test_an_allocation_may_be_named_by_a_preset(self):
        tree = self.suite("add_test(NAME a COMMAND true)\n")
        made = self.finish("salloc", "--no-shell", "-N2", f"-n{2 * slurm_case.CPUS}", bound=SLURM_PATIENCE_S)
        job, = re.findall(rb"Granted job allocation (\d+)", made.stderr)
        (tree.parent / "project/CMakePresets.json").write_text(json.dumps({
            "version": 4,
            "configurePresets": [{"name": "it", "generator": "Ninja", "binaryDir": str(tree)}],
            "testPresets": [{"name": "it", "configurePreset": "it",
                             "environment": {"SLURM_JOB_ID": job.decode(), "HOLDFAST_PROFILE": "slurm"}}]}))
        done = self.finish(CTEST, "--preset", "it", cwd=tree.parent / "project", bound=SLURM_PATIENCE_S)
        said = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, 0, said)
        self.assertIn(self.ends(tree)["a"]["node"], ("n1", "n2"))
        self.finish("scancel", job.decode())

    def test_an_allocation_that_is_over_is_said_once(self):
        tree = self.suite("".join(f"add_test(NAME t{i} COMMAND true)\n" for i in range(4))
                          + 'add_test(NAME a_first COMMAND sh -c "scancel $SLURM_JOB_ID; sleep 100")\n'
                          "set_tests_properties(a_first PROPERTIES COST 100)\n",
                          settings='[[override]]\ntest = "^t"\nretry = "node=2"\n')
        # ctest goes on when salloc has gone.
        calls = self.work / "calls"
        begun = self.start_far(tree, "-j1", PATH=self.with_srun(f'echo >>"{calls}"\nexec {{srun}} "$@"\n'))
        wait_until(lambda: begun.poll() is not None, "salloc's end", SLURM_PATIENCE_S)
        wait_until(lambda: len(self.runs(tree)) == 1 and len(self.ends(tree)) == 5, "five ends", SLURM_PATIENCE_S)
        ends = self.ends(tree)
        self.assertEqual({end["outcome"] for end in ends.values()}, {"node_lost"})
        self.assertEqual({end["n"] for end in ends.values()}, {1})  # nothing is tried again
        text = (self.work / "err").read_text() + (self.work / "out").read_text()
        self.assertEqual(text.count("is over: no further test is run"), 1, text)
        self.assertLess(ends["t3"]["wall_s"], 1)
        self.assertEqual(calls.read_text().count("\n"), 2)  # after the first refusal none is tried

    def test_ctrl_c_ends_the_test_gently_on_its_node(self):
        told = self.work / "told"
        tree = self.suite(self.scripted_test(
            "long", "", f"trap 'sleep 0.3; echo gently > {told}; exit 0' INT TERM; echo $$ > {self.work}/pid\n"
                        "while true; do sleep 0.05; done"))
        self.start_far(tree)
        wait_until(lambda: (self.work / "pid").exists() and (self.work / "pid").read_text().strip(), "the test",
                   SLURM_PATIENCE_S)
        ctest, = self.processes_named("ctest")
        since = time.monotonic()
        os.kill(ctest.pid, signal.SIGINT)
        wait_until(told.exists, "the gentle end", SLURM_PATIENCE_S)
        self.assertLess(time.monotonic() - since, 5)
        self.assert_nothing_left(SLURM_PATIENCE_S)
        self.assertEqual(self.ends(tree)["long"]["outcome"], "interrupted")

    def test_ctrl_c_while_slurm_is_asked_why_a_step_was_lost_is_no_lost_node(self):
        asked = self.work / "asked"
        tree = self.suite("add_test(NAME a COMMAND true)\n", '[[override]]\ntest = "a"\nretry = "node=2"\n')
        path = self.with_srun('echo "srun: error: Unable to create step for job 1: Socket timed out" >&2\nexit 1\n')
        squeue = self.work / "bin/squeue"
        squeue.write_text(f"#!/bin/sh\ntouch {asked}\nexec sleep 600\n")
        squeue.chmod(0o755)
        self.start_far(tree, PATH=path)
        wait_until(asked.exists, "the question", SLURM_PATIENCE_S)
        ctest, = self.processes_named("ctest")
        os.kill(ctest.pid, signal.SIGINT)
        self.assert_nothing_left(SLURM_PATIENCE_S)
        ends = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([end["outcome"] for end in ends], ["interrupted"])

    def test_a_signal_while_slurm_is_asked_for_its_nodes_begins_no_further_attempt(self):
        asked = self.work / "asked"
        tree = self.suite("add_test(NAME a COMMAND true)\n", '[[override]]\ntest = "a"\nretry = "node=2"\n')
        path = self.with_srun(f'[ -e {asked} ] && exec {{srun}} "$@"\n'
                              'echo "srun: launching StepId=1.0 on host n1, 1 tasks: 0" >&2\n'
                              'echo "srun: error: Task launch for StepId=1.0 failed on node n1" >&2\nexit 1\n')
        scontrol = self.work / "bin/scontrol"
        scontrol.write_text(f"#!/bin/sh\ntouch {asked}\nexec sleep 600\n")
        scontrol.chmod(0o755)
        self.start_far(tree, PATH=path)
        wait_until(asked.exists, "the question", SLURM_PATIENCE_S)
        begun = self.records(self.runs(tree)[-1], "attempt_started")[-1]
        os.kill(begun["launcher"]["pid"], signal.SIGTERM)
        self.assert_nothing_left(SLURM_PATIENCE_S)
        ends = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([end["outcome"] for end in ends], ["node_lost", "interrupted"])

    def test_an_end_that_was_asked_for_is_no_lost_node_if_slurm_ends_the_step_then(self):
        """So it is when ctest is interrupted and the allocation is given back at once."""
        told, go = self.work / "told", self.work / "go"
        tree = self.suite(self.scripted_test(
            "long", "", f"trap 'echo > {told}' INT TERM; echo $$ > {self.work}/pid\n"
                        f"until [ -e {go} ]; do sleep 0.05; done"), grace="30s")
        self.start_far(tree)
        wait_until(lambda: (self.work / "pid").exists() and (self.work / "pid").read_text().strip(), "the test",
                   SLURM_PATIENCE_S)
        ctest, = self.processes_named("ctest")
        os.kill(ctest.pid, signal.SIGINT)
        wait_until(told.exists, "the gentle end", SLURM_PATIENCE_S)
        parent, _ = self.far_sides()
        os.kill(parent.pid, signal.SIGTERM)  # as Slurm does
        wait_until(lambda: not pending_signals(parent.pid), "that it was taken", SLURM_PATIENCE_S)
        go.touch()
        self.assert_nothing_left(SLURM_PATIENCE_S)
        self.assertEqual(self.ends(tree)["long"]["outcome"], "interrupted")

    def test_reports_have_the_node(self):
        tree = self.suite("".join(f"add_test(NAME t{i} COMMAND sleep 1)\n" for i in range(8))
                          + "add_test(NAME gui COMMAND true)\nset_tests_properties(gui PROPERTIES LABELS here)\n")
        self.assertEqual(self.far(tree, "-j9").returncode, 0)
        text = self.finish(HOLDFAST, "report", cwd=tree).stdout.decode()
        self.assertRegex(text, r"; a step of Slurm: [0-9.]+ m?s on top of each test")
        said = {}
        for form in ("json", "junit", "trace"):
            file = self.work / form
            done = self.finish(HOLDFAST, "report", "--format", form, "--output", file, cwd=tree)
            self.assertEqual(done.returncode, 0, done.stderr)
            said[form] = file.read_text()
        ends = self.ends(tree)
        for test in json.loads(said["json"])["tests"]:
            attempt, = test["attempts"]
            self.assertEqual(attempt.get("node"), ends[test["name"]].get("node"))
        hosts = {suite.get("hostname"): {case.get("name") for case in suite.findall("testcase")}
                 for suite in ElementTree.fromstring(said["junit"]).findall("testsuite")}
        self.assertEqual(set(hosts), {None, "n1", "n2"})
        self.assertEqual(hosts[None], {"gui"})
        lanes = {event["args"]["name"] for event in json.loads(said["trace"])["traceEvents"]
                 if event["name"] == "thread_name"}
        self.assertTrue({"job 1", "n1: job 1", "n2: job 1"} <= lanes, lanes)


if __name__ == "__main__":
    unittest.main()
