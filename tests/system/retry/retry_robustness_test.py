"""Retries while other things go wrong: deaths, signals, full disks, slow readers."""

import json
import os
import re
import signal
import subprocess
import unittest

from forsaken import Forsaken, kill_at_once
from needs import need_mounts
from retrying import Retry, verdicts
from support import CTEST, HOLDFAST, is_alive, keepers_of, process, wait_until


class Output(Retry):
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a file system that can be full")
    def test_what_a_full_disk_does_not_take_is_held_back_all_the_same(self):
        need_mounts(self)
        tree = self.project(self.add(
            "f", 'seq -f "$n %012.0f" 1 200000; test $n = 2 || exit 4', HOLDFAST_RETRY="exit:4=1",
            PASS_REGULAR_EXPRESSION="2 000000200000\n$"))
        runs = tree / ".holdfast/runs"
        runs.mkdir(parents=True)
        # The disk has room for the journal, but not for 3 MB of each attempt.
        ran = self.finish("unshare", "-m", "sh", "-ec",
                          f'cd "{tree}"; mount -t tmpfs -o size=1m none "{runs}"; {CTEST} -V '
                          "--test-output-size-passed 100000000 || true", bound=100)
        self.settled(tree)
        said = ran.stdout.decode()
        self.assertEqual(verdicts(said), {"f": "Passed"}, said[-2000:])
        # ctest's stderr is apart: Holdfast's line may come in the middle of a line of ctest.
        self.assertRegex(ran.stderr.decode(), "holdfast: ignoring .*: No space left on device")
        # The whole last attempt, in its order, and nothing of the first.
        shown = [line.removeprefix("1: ") for line in said.splitlines() if line.startswith("1: 2 0")]
        self.assertEqual(shown, [f"2 {i:012}" for i in range(1, 200001)])
        self.assertNotIn("1: 1 0000", said)

    def test_a_log_that_is_cut_short_meanwhile_keeps_nobody_waiting(self):
        tree, done = self.ran(self.add(
            # seq prints 588,895 bytes.
            "f", "seq 1 100000; until [ $(cat .holdfast/runs/*/output/* | wc -c) -ge 588895 ]; do sleep 0.01; done; "
                 "for log in .holdfast/runs/*/output/*; do : > $log; done; test $n = 2",
            HOLDFAST_RETRY="any=1"))
        self.assertEqual(verdicts(done.text), {"f": "Passed"}, done.text)
        self.assert_nothing_left()

    def test_whoever_reads_late_reads_all_of_it(self):
        (self.work / "holdfast.toml").write_text('[profile.default]\nbefore-kill = "true"\n')
        ended = self.work / "ended"
        begun = self.start(HOLDFAST, "run", "--", "sh", "-c", f"seq 1 290000; echo > {ended}",
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # 2 MB: as much as the reader's pipe, Holdfast's buffer and the command's own pipe hold.
        wait_until(ended.exists, "the command's end")
        out, err = begun.communicate(timeout=60)
        self.assertEqual((begun.returncode, err), (0, b""))
        self.assertEqual(out.split(), [b"%d" % i for i in range(1, 290001)])


class Timeouts(Retry):
    GRACE = "[profile.default]\ngrace = 0\n"
    MARGIN_S = 100  # nothing here waits for so long

    def test_ctest_calls_it_a_timeout_and_has_the_output(self):
        tree, done = self.ran(f"set(HOLDFAST_TIMEOUT_MARGIN {self.MARGIN_S})\n",
                              self.add("f", "echo out $n; sleep 600", HOLDFAST_RETRY="timeout=1", TIMEOUT="1"),
                              self.add("g", "echo out $n; sleep 600", HOLDFAST_RETRY="timeout=1"),
                              toml=self.GRACE, arguments=("-j2", "--timeout", "1"))
        self.assertEqual(verdicts(done.text), {"f": "***Timeout", "g": "***Timeout"}, done.text)
        self.assertRegex(done.text, r"holdfast: timed out after [\d.]+ s, attempt 2\nout 2\n")
        self.assertIn("not tried again: timeout=1: 1 further attempt is spent", done.text)
        for name in ("f", "g"):
            self.assertEqual([(r["n"], r["outcome"]) for r in self.ends(tree, name)],
                             [(1, "timed_out"), (2, "timed_out")])
        self.assert_a_line_starts_a_clock_of_a_tenth_of_a_second(tree, done)
        self.assert_nothing_left()

    def assert_a_line_starts_a_clock_of_a_tenth_of_a_second(self, tree, done):
        """ctest waits for only that long, whatever the margin is, and shows that time."""
        listed = self.finish(CTEST, "--show-only=json-v1", "--timeout", "1", cwd=tree,
                             env=self.environment(HOLDFAST_EXPLAIN="1"))
        clocks = [{p["name"]: p["value"] for p in test["properties"]}.get("TIMEOUT_AFTER_MATCH")
                  for test in json.loads(listed.stdout)["tests"]]
        self.assertEqual(clocks, [{"timeout": 0.1, "regex": ["^holdfast: timed out "]}] * 2)
        shown = [float(s) for s in re.findall(r"\*\*\*Timeout +([\d.]+) sec", done.text)]
        self.assertEqual(len(shown), 2, done.text)
        self.assertLess(max(shown), self.MARGIN_S)

    def test_from_a_second_repeat_on_it_is_ended_at_once(self):
        # ctest 3.25 forgets its expression on a repeat, and would end the test after a day.
        tree, done = self.ran("set(HOLDFAST_TIMEOUT_MARGIN 1)\n",
                              self.add("f", "sleep 600", HOLDFAST_RETRY="exit:4=1", TIMEOUT="1"),
                              toml=self.GRACE, arguments=("--repeat", "until-pass:2"))
        self.assertIn("***Timeout", done.text)
        self.assertIn("Subprocess killed***Exception", done.text)
        ends = self.ends(tree, "f")
        self.assertEqual([r["outcome"] for r in ends], ["timed_out"] * 2)
        self.assertEqual(ends[-1]["n"], 1)
        # ctest does not look for this line any more.
        self.assertEqual(done.text.count("\nholdfast: timed out after "), 1, done.text)

    def test_a_further_attempt_has_no_more_time_than_ctest_leaves(self):
        # What only holdfast.toml says, ctest's limit does not make room for.
        tree, done = self.ran("set(HOLDFAST_TIMEOUT_MARGIN 5)\n",
                              self.add("f", "test $n = 2 && sleep 600; sleep 3; exit 4", TIMEOUT="6"),
                              toml=self.GRACE + 'retry = "exit:4=1"\n')
        first, second = self.ends(tree, "f")
        self.assertEqual((first["outcome"], second["outcome"]), ("failed", "timed_out"), done.text)
        self.assertLess(second["wall_s"], 5.9)

    def test_a_further_attempt_has_no_more_time_than_the_first(self):
        tree, done = self.ran("set(HOLDFAST_TIMEOUT_MARGIN 5)\n", self.add("f", "sleep 600"), arguments=("--timeout", "20"),
                              toml=self.GRACE + 'timeout = "1s"\nretry = "timeout=1"\n')
        for end in self.ends(tree, "f"):
            self.assertEqual(end["outcome"], "timed_out", done.text)
            self.assertLess(end["wall_s"], 10)

    def test_stop_time_holds(self):
        stop = subprocess.run(["date", "-d", "+1 hour", "+%H:%M:%S"], capture_output=True, text=True,
                              check=True).stdout.strip()
        tree, done = self.ran("set(HOLDFAST_TIMEOUT_MARGIN 1)\n",
                              self.add("f", "sleep 600", HOLDFAST_RETRY="exit:4=1", TIMEOUT="1"),
                              toml=self.GRACE, arguments=("--stop-time", stop))
        self.assertEqual(verdicts(done.text), {"f": "Subprocess killed***Exception"})


class Ends(Forsaken, Retry):
    """Holdfast is told to end in each phase of a retry."""

    def test_probes_are_cut_short_by_a_signal(self):
        tools = self.work / "tools"
        tools.mkdir()
        (tools / "git").write_text(f"#!/bin/sh\nkill -TERM $(cat {self.work}/launcher)\nsleep 600\n")
        (tools / "git").chmod(0o755)
        tested = f"until [ -s {self.work}/launcher ]; do sleep 0.01; done; exit 4"

        def said():
            (self.work / "launcher").write_text("")
            begun = self.start(HOLDFAST, "run", "--retry", "exit:4=1", "--", "sh", "-c", tested,
                               env=self.environment(PATH=f"{tools}:{os.environ['PATH']}"),
                               stderr=subprocess.PIPE)
            (self.work / "launcher").write_text(str(begun.pid))
            text = begun.communicate(timeout=60)[1].decode()
            self.assertEqual(begun.returncode, 4)
            return text
        # On a busy machine git may not start within its time.
        self.assertTrue(any("git       not known: cut short, the test was told to end" in said()
                            for _ in range(5)))
        self.assert_nothing_left()

    def test_a_hook_is_ended_with_ctest(self):
        hook = self.pid_file("hook")
        source = self.work / "project"
        source.mkdir()
        (source / "holdfast.toml").write_text(
            f"[profile.default]\non-failure = 'echo $$ > {hook}; trap \"\" TERM; sleep 600'\n")
        tree = self.project(self.add("f", "exit 4", HOLDFAST_RETRY="exit:4=1"))
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        run, = self.announced(hook)
        begun.kill()
        begun.communicate(timeout=60)
        self.assert_gone([run])
        self.settled(tree)
        self.assertEqual([(r["n"], r["outcome"], r["exit_code"]) for r in self.ends(tree, "f")],
                         [(1, "failed", 4), (2, "failed", 4)])
        self.assert_nothing_left()

    def killed_while_it_waits(self, victims, by=signal.SIGKILL):
        """Kills these processes in the backoff. Returns ctest's output, if ctest lives, and the
        tree."""
        source = self.work / "project"
        source.mkdir()
        (source / "holdfast.toml").write_text('[profile.default]\nbackoff = "600s"\n')
        lock = self.lock_name()
        tree = self.project(self.add("f", "exit 4", HOLDFAST_RETRY="exit:4=1", HOLDFAST_LOCKS=f"{lock}@user"))
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        journal = wait_until(lambda: next(iter(tree.glob(".holdfast/runs/*/journal.jsonl")), None), "a run")
        wait_until(lambda: '"attempt_ended"' in journal.read_text(), "the first attempt's end")
        start, = self.starts(tree, "f")
        launcher = process(start["launcher"]["pid"])
        killed = {"launcher": [launcher.pid], "ctest": [begun.pid], "both": [launcher.pid, begun.pid],
                  "keeper and launcher": [*(k.pid for k in keepers_of(tree)), launcher.pid]}[victims]
        for pid in killed:
            os.kill(pid, by)
        said = begun.communicate(timeout=60)[0].decode()
        wait_until(lambda: not is_alive(launcher), "the launcher's end")
        self.settled(tree)
        done = self.finish(HOLDFAST, "run", "--lock", f"{lock}@user", "--lock-timeout", "20", "--", "true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_nothing_left()
        return said, tree

    def test_a_launcher_that_is_killed_while_it_waits_fails_its_test(self):
        said, tree = self.killed_while_it_waits("launcher")
        self.assertEqual(verdicts(said), {"f": "Subprocess killed***Exception"}, said)
        self.assertEqual([t["outcome"] for t in self.report(tree)["tests"]], ["interrupted"])

    def test_a_launcher_that_is_told_to_end_while_it_waits_does_not_go_on(self):
        said, tree = self.killed_while_it_waits("launcher", signal.SIGTERM)
        self.assertEqual([r["outcome"] for r in self.ends(tree, "f")], ["failed", "interrupted"], said)

    def test_with_ctest_gone_it_does_not_go_on(self):
        _, tree = self.killed_while_it_waits("ctest")
        self.assertEqual([r["outcome"] for r in self.ends(tree, "f")], ["failed", "interrupted"])

    def test_with_both_gone_nothing_is_left(self):
        self.killed_while_it_waits("both")

    def test_a_late_answer_of_the_keeper_is_not_taken_for_another(self):
        keeper = self.work / "keeper"
        tree = self.project(self.add(
            "f", f'until [ -s {keeper} ]; do sleep 0.01; done; case $n in 1) kill -STOP $(cat {keeper});; '
                 f'2) kill -CONT $(cat {keeper});; 3) echo $$ > {self.pid_file()}; sleep 600;; esac; exit 4',
            HOLDFAST_RETRY="exit:4=2"))
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        one, = wait_until(lambda: keepers_of(tree), "the keeper")
        keeper.write_text(str(one.pid))
        self.announced(self.pid_file())
        kill_at_once(*self.pair_of(begun))
        begun.communicate(timeout=60)
        self.settled(tree)
        # The keeper knows the attempt at which its launcher was.
        starts = [(r["attempt"], r["n"]) for r in self.starts(tree, "f")]
        self.assertEqual([n for _, n in starts], [1, 2, 3])
        self.assertEqual([(r["attempt"], r["n"]) for r in self.ends(tree, "f")], starts)
        self.assert_nothing_left()

    def test_with_the_keeper_gone_too_ctest_goes_on(self):
        said, _ = self.killed_while_it_waits("keeper and launcher")
        self.assertEqual(verdicts(said), {"f": "Subprocess killed***Exception"}, said)


if __name__ == "__main__":
    unittest.main()
