"""Fifty launchers log at `trace` while keeper and launchers are killed, the log is full every second, and the disk is
full. Each line that is there is whole, and ctest's verdicts are what they are without all that.

  log_storm_test.py [SEED]"""

import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest

from needs import need_mounts
from processes import keepers_of, name_of, processes_with
from support import CTEST, PATIENCE_S, ProjectCase, no_keeper_of, verdicts, wait_until

SEED = 1
JOBS = 50
TESTS = 300
LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\t(trace|debug|info|warn|error)\t[^\t\n]+\t\d+\t[^\t\n]*\t[^\t\n]*\t[^\t\n]*")
FILLER = b"2026-11-29T14:45:51.864845Z\tinfo\tcli\t1\t\t\t" + b"x" * 16000 + b"\n"
LARGEST = 8 << 20


class LogStorm(ProjectCase):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        text = ""
        for i in range(TESTS):
            code = int(i % 7 == 0)
            text += f'add_test(NAME t{i} COMMAND sh -c "sleep 0.{self.chance.randrange(1, 9)}; touch {self.work}/ended-{i}; exit {code}")\n'
            if i % 5 == 0:
                text += f'set_tests_properties(t{i} PROPERTIES HOLDFAST_RETRY "any=1")\n'
        self.tree = self.project(text)

    def logs(self):
        return [file for run in self.runs(self.tree) for file in run.glob("holdfast.log*")]

    def assert_whole(self):
        self.assert_lines(self.logs())

    def assert_lines(self, files):
        """Each is whole, and launchers and guards have written some."""
        parts = set()
        for file in files:
            text = file.read_bytes()
            self.assertTrue(not text or text.endswith(b"\n"), file)
            for line in text.splitlines():
                self.assertIsNotNone(LINE.fullmatch(line), (file, line[:300]))
                parts.add(line.split(b"\t")[2])
        self.assertLessEqual({b"launcher", b"guard", b"exec"}, parts)

    def assert_verdicts(self, text, killed):
        """What was not killed came out as it does without a storm."""
        said = verdicts(text)
        self.assertEqual(len(said), TESTS, text[-2000:])
        wrong = {}
        for name, words in said.items():
            expected = "***Failed" if int(name[1:]) % 7 == 0 else "Passed"
            if not words.startswith(expected):
                wrong[name] = words
        self.assertLessEqual(len(wrong), killed, wrong)
        self.assertTrue(all(words.startswith("***Exception") or "Subprocess" in words for words in wrong.values()), wrong)

    def kill_one(self):
        """One of the launchers. True: there was one."""
        launchers = [one for one in processes_with(self.cookie) if name_of(one.pid) == "holdfast-launch"]
        if not launchers:
            return False
        try:
            os.kill(self.chance.choice(launchers).pid, signal.SIGKILL)
        except ProcessLookupError:
            return False  # it has ended meanwhile
        return True

    def fill(self):
        for run in self.runs(self.tree)[-1:]:
            log = run / "holdfast.log"
            if log.exists():
                with open(log, "ab", buffering=0) as stream:
                    stream.write(FILLER * (LARGEST // len(FILLER) + 1))

    def test_killed_and_rotated(self):
        with open(self.work / "console", "wb") as console:
            ctest = self.start(CTEST, f"-j{JOBS}", cwd=self.tree, stdout=console, stderr=subprocess.STDOUT,
                               env=self.environment(HOLDFAST_LOG="trace"))
        wait_until(lambda: self.logs(), "the log")
        begun = time.monotonic()
        killed, rotations, killed_keepers = 0, 0, 0
        next_fill = begun + 1
        while ctest.poll() is None and time.monotonic() < begun + 4 * PATIENCE_S:
            if killed < 20 and self.kill_one():
                killed += 1
            if time.monotonic() > next_fill:
                self.fill()
                next_fill += 1
            rotations = max(rotations, len(self.logs()) - 1)
            # The keeper dies once it has rotated.
            if rotations > 0 and killed > 3 and not killed_keepers:
                for keeper in keepers_of(self.tree):
                    os.kill(keeper.pid, signal.SIGKILL)
                    killed_keepers += 1
            time.sleep(0.1)
        self.assertIsNotNone(ctest.wait(PATIENCE_S))
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertGreater(killed, 3)
        self.assertGreater(rotations, 0)
        self.assertEqual(killed_keepers, 1)
        self.assert_verdicts((self.work / "console").read_text(), killed)
        self.assert_whole()

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
    def test_a_full_disk_costs_lines_alone(self):
        need_mounts(self)
        ours = self.tree / ".holdfast"
        copy = self.work / "copy"
        # The disk is full from soon after the run's begin until half of the tests have ended. What is on it is
        # copied at the end.
        script = f"""
cp -a {ours} {copy} && mount -t tmpfs -o size=4m none {ours} && cp -a {copy}/. {ours}/ || exit 99
rm -rf {copy}
(until ls {ours}/runs/*/holdfast.log; do sleep 0.02; done
 head -c 8m /dev/zero >{ours}/filler; touch {self.work}/full
 until [ $(ls {self.work}/ended-* | wc -l) -ge {TESTS // 2} ]; do sleep 0.02; done
 rm {ours}/filler) >/dev/null 2>&1 &
{CTEST} -j{JOBS}
code=$?
wait
cp -a {ours} {copy}
exit $code
"""
        done = self.finish("unshare", "--mount", "sh", "-c", script, cwd=self.tree,
                           env=self.environment(HOLDFAST_LOG="trace"))
        self.assertTrue((self.work / "full").exists())
        self.assert_verdicts(done.stdout.decode(), 0)
        logs = list(copy.glob("runs/*/holdfast.log*"))
        self.assert_lines(logs)
        told = {line.split(b"\t")[4] for log in logs for line in log.read_bytes().splitlines()} - {b""}
        self.assertLess(len(told), TESTS * 9 // 10, "the disk was not full")
        self.assertIn(f"t{TESTS - 1}".encode(), told, "no line after the disk had room again")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SEED = int(sys.argv.pop())
    unittest.main()
