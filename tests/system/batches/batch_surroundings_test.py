"""Batches under unusual conditions: a full disk, a terminal, no keeper, holdfast.toml, a
containment, the properties that discovery sets."""

import os
import re
import signal
import subprocess
import time
import unittest

from contained import Contained
from needs import need_mounts
from support import (CTEST, PATIENCE_S, ProjectCase, children_of, keepers_of, name_of, no_keeper_of, state_of,
                     wait_until)
from terminal import TerminalCase

ISOLATIONS = ("none", "process", "fork")
MIX = "Ends.pass:Ends.fail:Ends.segfault:Ends.exit_0:Ends.last"
MIX_ENDS = {"Ends.pass": "passed", "Ends.fail": "failed", "Ends.segfault": "crashed",
            "Ends.exit_0": "premature_exit", "Ends.last": "passed"}
MIX_LINE = "5 cases: 2 passed, 1 failed, 1 crashed (Ends.segfault), 1 premature exit (Ends.exit_0)"


def batch(name, cases, isolation="", more=""):
    properties = f"HOLDFAST_ISOLATION {isolation} {more}" if isolation else more
    text = f'add_test(NAME {name} COMMAND @P@/case_ends_linked "--gtest_filter={cases}")\n'
    if properties:
        text += f"set_tests_properties({name} PROPERTIES {properties})\n"
    return text


class BatchCase(ProjectCase):
    def outcomes(self, tree, test):
        """Maps each case to its outcome in the last run, which has each case once."""
        records = [r for r in self.case_records(self.runs(tree)[-1]) if r["test"] == test]
        found = {record["case"]: record["outcome"] for record in records}
        self.assertEqual(len(found), len(records), records)
        return found


class DiskTest(BatchCase):
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a file system that can be full")
    def test_output_that_a_full_disk_does_not_take_is_said_and_the_verdict_stays(self):
        need_mounts(self)
        text = "".join(batch(isolation, "Streams.much:Ends.pass:Ends.fail", isolation)
                       + batch(f"{isolation}.good", "Streams.much:Ends.pass", isolation)
                       for isolation in ISOLATIONS)
        tree = self.project(text)
        output = tree / ".holdfast/runs"
        output.mkdir(parents=True)
        # The disk has room for the journal, but not for 12 MB.
        ran = self.finish(
            "unshare", "-m", "sh", "-ec",
            f'cd "{tree}"; mount -t tmpfs -o size=4m none "{output}"; {CTEST} -V -j2 '
            f"--test-output-size-passed 100000000 || true", bound=4 * PATIENCE_S)  # 72 MB of output
        said = ran.stdout.decode()
        for name in [*ISOLATIONS, *(f"{one}.good" for one in ISOLATIONS)]:
            good = name.endswith("good")
            self.assertRegex(said, rf"Test +#\d+: {name} \.*( |)*{'Passed' if good else '[*]{3}Failed'}")
        # ctest's stderr is apart: Holdfast's line may come in the middle of a line of ctest.
        complaints = [line for line in ran.stderr.decode().splitlines() if "output of cases is not kept" in line]
        self.assertEqual(len(complaints), 1, complaints)
        self.assertRegex(complaints[0], "^holdfast: ignoring .*: No space left on device$")
        # ctest got all of the output.
        self.assertEqual(said.count(f"{199999:059d}"), 6)
        self.assertEqual(said.count("holdfast: 3 cases: 2 passed, 1 failed"), 3)


class TerminalTest(TerminalCase, BatchCase):
    def test_ctrl_c_in_the_middle_of_a_batch(self):
        for isolation in ISOLATIONS:
            with self.subTest(isolation):
                tree = self.project(batch("t", "Ends.pass:Ends.hang:Ends.last", isolation),
                                    name=isolation, build=f"build-{isolation}")
                # This session leader survives Ctrl-C, so the terminal does not hang up.
                go = self.work / f"go-{isolation}"
                terminal = self.open("sh", "-c", f'trap ":" INT; cd "{tree}" && {CTEST}; echo ctest '
                                     f'ended; while ! [ -e "{go}" ]; do sleep 0.05; done')
                wait_until(lambda t=tree: self.runs(t) and b"RUN      ] Ends.hang" in b"".join(
                    f.read_bytes() for f in self.runs(t)[-1].glob("output/*")), "the hang")
                terminal.type("\x03")
                terminal.expect("ctest ended")
                wait_until(lambda t=tree: no_keeper_of(t), "the keeper to end")
                go.touch()
                terminal.wait()
                self.assert_nothing_left()
                self.assertEqual(self.outcomes(tree, "t"), {
                    "Ends.pass": "passed", "Ends.hang": "interrupted", "Ends.last": "not_run"})


class PauseTest(BatchCase):
    def test_a_pause_is_not_counted_by_the_limit_of_a_case(self):
        limit = 5
        go = self.work / "go"
        tree = self.project("".join(batch(isolation, "Pace.waits:Ends.last", isolation,
                                          f'HOLDFAST_TIMEOUT {limit} ENVIRONMENT "GO={go}"')
                                    for isolation in ISOLATIONS))
        # As a job of a shell: the kernel discards the stop signals of orphaned groups.
        ctest = self.start(CTEST, "-j3", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           preexec_fn=lambda: os.setpgid(0, 0))
        wait_until(lambda: self.runs(tree) and sum(b"RUN      ] Pace.waits" in output.read_bytes()
                                                   for output in self.runs(tree)[-1].glob("output/*")) == 3, "the cases")
        launchers = [pid for pid in children_of(ctest.pid) if name_of(pid) == "holdfast-launch"]
        self.assertEqual(len(launchers), 3)

        def are(state):
            wait_until(lambda: all(state_of(pid) == state for pid in launchers), f"all launchers in state {state}")
        os.killpg(ctest.pid, signal.SIGTSTP)
        are("T")
        # The pause itself is tested; its length is no synchronisation.
        time.sleep(limit)
        os.killpg(ctest.pid, signal.SIGCONT)
        are("S")
        go.touch()
        ctest.wait(PATIENCE_S)
        for isolation in ISOLATIONS:
            self.assertEqual(self.outcomes(tree, isolation), {"Pace.waits": "passed", "Ends.last": "passed"}, isolation)
        self.assert_nothing_left()


class KeeperTest(BatchCase):
    def test_without_a_keeper_batches_are_batches(self):
        first = (f"add_test(NAME first COMMAND @P@/close_output {self.pid_file()})\n"
                 "set_tests_properties(first PROPERTIES WILL_FAIL ON)\n")
        tree = self.project(first + "".join(batch(isolation, MIX, isolation, "DEPENDS first")
                                            for isolation in ISOLATIONS))
        ctest = self.start(CTEST, "--output-on-failure", cwd=tree, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
        self.announced(self.pid_file())
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        (self.work / "announced.pids.go").touch()
        said = ctest.communicate(timeout=PATIENCE_S)[0].decode()
        self.assertEqual(said.count("holdfast: " + MIX_LINE), 3, said)
        self.assertEqual(said.count("***Exception: SegFault"), 3, said)
        self.assertIn("no keeper", said)
        self.assert_nothing_left()

    def test_a_keeper_that_dies_in_the_middle_of_a_batch_costs_records_only(self):
        for isolation in ISOLATIONS:
            with self.subTest(isolation):
                text = batch("t", "Ends.pass:Ends.hang:Ends.fail:Ends.last", isolation,
                             "HOLDFAST_TIMEOUT 3")
                tree = self.project(text, name=isolation, build=f"build-{isolation}")
                ctest = self.start(CTEST, "--output-on-failure", cwd=tree, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
                wait_until(lambda t=tree: self.runs(t) and b"RUN      ] Ends.hang" in b"".join(
                    f.read_bytes() for f in self.runs(t)[-1].glob("output/*")), "the hang")
                keeper, = keepers_of(tree)
                os.kill(keeper.pid, signal.SIGKILL)
                said = ctest.communicate(timeout=PATIENCE_S)[0].decode()
                self.assertIn("holdfast: 4 cases: 2 passed, 1 failed, 1 timed out (Ends.hang)", said)
                self.assertIn("Subprocess killed", said)
                self.assert_nothing_left()


class SettingsTest(Contained, BatchCase):
    def settle(self, text):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(text)

    def test_isolation_of_holdfast_toml(self):
        self.settle('[profile.default]\ntimeout = "2s"\n'
                    '[[override]]\ntest = "^batch[.]none"\nisolation = "none"\n'
                    '[[override]]\ntest = "^batch[.]process"\nisolation = "process"\n'
                    '[[override]]\ntest = "^batch[.]fork"\nisolation = "fork"\n'
                    '[[override]]\nlabel = "forked"\nisolation = "fork"\n')
        names = [f"batch.{isolation}" for isolation in ISOLATIONS]
        # The key `timeout` is the limit of each case. A test's property takes precedence over the
        # file.
        text = "".join(batch(name, "State.*:Ends.hang") for name in names)
        text += batch("labelled", "State.*", more="LABELS forked")
        text += batch("batch.none.property", "State.*", "process")
        text += batch("plain", "State.*")
        tree = self.project(text)
        done = self.ctest(tree, "-j2", "--output-on-failure")
        second = {"batch.none": "failed", "batch.process": "passed", "batch.fork": "passed"}
        for name in names:
            self.assertEqual(self.outcomes(tree, name), {
                "State.first": "passed", "State.second": second[name], "Ends.hang": "timed_out"},
                done.text)
        for name in ("labelled", "batch.none.property"):
            self.assertEqual(self.outcomes(tree, name),
                             {"State.first": "passed", "State.second": "passed"}, name)
        self.assertEqual(self.outcomes(tree, "plain"), {})
        self.assert_nothing_left()

    def test_a_batch_in_a_containment(self):
        for kind in self.each_kind():
            self.fresh()
            self.settings(kind)
            tree = self.project("".join(
                batch(isolation, MIX + ":Leaves.a_process:Where.*", isolation, "PROCESSORS 2")
                for isolation in ISOLATIONS))
            done = self.ctest(tree, "--output-on-failure")
            self.assertNotRegex(done.text, "holdfast: .*(containment|cgroup|pidns)")
            for isolation in ISOLATIONS:
                self.assertEqual(
                    self.outcomes(tree, isolation),
                    MIX_ENDS | {"Leaves.a_process": "passed", "Where.it_is": "passed"}, done.text)
            self.assertEqual(done.text.count("namespace pid:"), 3, done.text)
            own = os.readlink("/proc/self/ns/pid")
            if kind == "pidns":
                self.assertNotIn(f"namespace {own}", done.text)
            else:
                inside = re.findall(r"^(?:cgroups )?0::.*/holdfast-", done.text, re.MULTILINE)
                self.assertEqual(len(inside), 3, done.text)
            self.assert_nothing_left()


class SkippedTest(BatchCase):
    """SKIP_REGULAR_EXPRESSION as holdfast_discover_tests() sets it."""

    BATCHES = {
        # cases: ctest's words with Holdfast and without.
        "Ends.skip": ("***Skipped", "***Skipped"),
        "Ends.skip:Ends.pass": ("Passed", "Passed"),
        "Ends.skip:Ends.fail": ("***Failed", "***Failed"),
        "Ends.fail:Ends.skip": ("***Failed", "***Failed"),
        "Ends.skip:Ends.segfault": ("***Exception: SegFault", "***Exception: SegFault"),
        "Ends.skip:Ends.exit_0": ("Subprocess aborted***Exception", None),
        "Ends.skip:Ends.marker_and_exit": ("***Failed", "***Failed"),
        "Skips.*": ("Subprocess aborted***Exception", None),  # because it leaves a process behind
    }

    def batches(self):
        text = "add_executable(prog IMPORTED)\nset_target_properties(prog PROPERTIES IMPORTED_LOCATION "
        text += "@P@/case_ends_linked)\n"
        for isolation in ISOLATIONS:
            for number, cases in enumerate(self.BATCHES):
                properties = "PROPERTIES HOLDFAST_ON_LEAK fail" if cases == "Skips.*" else ""
                text += (f"holdfast_discover_tests(prog BATCH binary ISOLATION {isolation} DISCOVERY_MODE "
                         f'PRE_TEST TEST_FILTER "{cases}" TEST_PREFIX {isolation}.{number}. '
                         f"TEST_LIST list{isolation}{number} DISCOVERY_TIMEOUT 60 {properties})\n")
        return text

    def test_a_skipped_case_hides_nothing_beside_it(self):
        tree = self.project(self.batches())
        for column, disabled in enumerate((None, "1")):
            # Without Holdfast ctest would wait for the process that holds the output.
            without = ["-E", f"^[a-z]+[.]{len(self.BATCHES) - 1}[.]"] if disabled else []
            done = self.ctest(tree, "-j2", *without, env=self.environment(HOLDFAST_DISABLE=disabled))
            found = dict(re.findall(r"Test +#\d+: (\S+) \.*(?: |)*(.*?):? +\d+\.\d+ sec", done.text))
            for isolation in ISOLATIONS:
                for number, (cases, wanted) in enumerate(self.BATCHES.items()):
                    if wanted[column]:
                        self.assertEqual(found[f"{isolation}.{number}.prog"], wanted[column],
                                         (isolation, cases, disabled))


if __name__ == "__main__":
    unittest.main()
