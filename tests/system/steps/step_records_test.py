"""The build journal: many writers at once, a full disk, how it is turned over, and the steps in
reports."""

import json
import os
import subprocess
import unittest
from pathlib import Path

from building import BuildCase
from support import CTEST, HOLDFAST, LAUNCHER, no_keeper_of, wait_until

JOBS = 64
FULL = 16 * 1024 * 1024  # as in launcher/attempt/step_files.cpp


class StepRecordsTest(BuildCase):
    def setUp(self):
        super().setUp()
        self.journal = self.work / ".holdfast/build/journal.jsonl"
        self.journal.parent.mkdir(parents=True)

    def all_at_once(self, outputs):
        """Starts one launcher per output, and lets all their commands end at the same moment."""
        gate = self.work / "gate"
        os.mkfifo(gate)
        ready = self.work / "ready"
        command = f'echo >>"{ready}"; : <"{gate}"'
        begun = [self.start(LAUNCHER, "--step=compile", f"--tree={self.work}", f"--output={output}", "--",
                            "sh", "-c", command) for output in outputs]
        wait_until(lambda: ready.exists() and ready.stat().st_size == len(outputs), "all commands", 120)
        held = os.open(gate, os.O_RDWR)  # a later opener does not wait either
        try:
            self.assertEqual([one.wait(120) for one in begun], [0] * len(outputs))
        finally:
            os.close(held)
        gate.unlink()
        ready.unlink()

    def test_64_jobs_at_once_never_tear_a_record(self):
        # From short records to twice PIPE_BUF and more than two pages of the file system, with
        # characters beyond ASCII.
        lengths = [10, 3700, 3900, 4000, 4090, 4096, 4097, 8191, 8192, 9000, 20000]
        expected = []
        for turn in range(3):
            outputs = [f"{turn}/{job}/" + "ö" * (lengths[job % len(lengths)] // 2) + ".o" for job in range(JOBS)]
            self.all_at_once(outputs)
            expected += outputs
        lines = self.journal.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        self.assertEqual(sorted(r["output"] for r in records), sorted(expected))
        self.assertEqual({(r["outcome"], r["exit_code"]) for r in records}, {("passed", 0)})

    def test_a_full_journal_is_turned_over_once_and_no_record_is_lost(self):
        line = json.dumps({"v": 1, "type": "step", "at": 1.0, "kind": "compile", "output": "x" * 1000}) + "\n"
        self.journal.write_text(line * (FULL // len(line) + 1))
        self.all_at_once([f"{job}.o" for job in range(JOBS)])
        older = Path(f"{self.journal}.old")
        self.assertGreaterEqual(older.stat().st_size, FULL)
        new = []
        for file in (older, self.journal):
            new += [r["output"] for r in map(json.loads, file.read_text().splitlines()) if r["at"] != 1.0]
        self.assertEqual(sorted(new), sorted(f"{job}.o" for job in range(JOBS)))

    def test_on_a_full_disk_nothing_is_half_written_and_steps_still_run(self):
        disk = self.work / "disk"
        disk.mkdir()
        step = f'"{LAUNCHER}" --step=compile --tree="{disk}" --output=$(printf "%03000d" $n) --'
        # The disk has 16 pages, of which one is free. The first record fits; the next begins in
        # that page but does not fit.
        script = f"""
mount -t tmpfs -o size=64k none "{disk}" || exit 99
mkdir -p "{disk}/.holdfast/build"
head -c 1000000 /dev/zero >"{disk}/filler" 2>/dev/null
truncate -s -4096 "{disk}/filler"
for n in 1 2 3; do {step} true; echo "ended $?"; done
n=4; {step} sh -c 'echo said; exit 7'; echo "ended $?"
truncate -s 0 "{disk}/filler"
n=5; {step} true
cp "{disk}/.holdfast/build/journal.jsonl" "{self.work}/copy"
"""
        space = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*space, "mount", "-t", "tmpfs", "none", disk], check=False, capture_output=True).returncode:
            self.skipTest("no disk can be mounted here (unshare --user --mount)")
        done = self.finish(*space, "sh", "-c", script, bound=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode().split("\n"), ["ended 0"] * 3 + ["said", "ended 7", ""])
        self.assertEqual(done.stderr, b"")
        records = [json.loads(line) for line in (self.work / "copy").read_text().splitlines()]
        self.assertEqual([int(r["output"]) for r in records], [1, 5])

    # --- Reports -----------------------------------------------------------------------------

    def report(self, tree, *arguments):
        done = self.finish(HOLDFAST, "report", "--tree", tree, *arguments, bound=120)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def test_reports_show_the_slowest_and_the_heaviest(self):
        tree = self.configure(self.PROJECT + "enable_testing()\nadd_test(NAME t COMMAND app)\n")
        self.assertEqual(self.build(tree).returncode, 0)
        # A report shows steps even before any test has run.
        text = self.report(tree)
        self.assertIn(f"Build steps of {tree}; no run of its tests is recorded\n", text)
        made = {s["output"] for s in self.steps(tree)}
        self.assertGreaterEqual(len(made), 5)
        ran = self.finish(CTEST, cwd=tree, bound=120)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        # An output that is built again counts once.
        (self.work / "source/a.c").touch()
        self.assertEqual(self.build(tree).returncode, 0)
        text = self.report(tree)
        self.assertRegex(text, r"\n1 planned, 1 run: 1 passed\n")
        # The report names each program of an archive step.
        step, name = r"  (compile|link) \S+ +", r"(; ar|; ranlib|; cmake)?\n"
        self.assertRegex(text, rf"\nSlowest of \d+ build steps\n({step}[\d.]+ s{name}){{5}}")
        self.assertRegex(text, rf"\nHeaviest of \d+ build steps\n({step}\d+ MiB{name}){{5}}")
        steps = json.loads(self.report(tree, "--format", "json"))["steps"]
        self.assertEqual({s["output"] for s in steps}, made)
        self.assertEqual(len({(s["output"], s["program"]) for s in steps}), len(steps))
        journal = self.steps(tree)
        self.assertGreater(len(journal), len(steps))
        last = {(s["output"], s["program"]): s for s in journal}
        for step in steps:
            recorded = last[step["output"], step["program"]]
            for field in ("kind", "wall_s", "user_s", "sys_s", "max_rss_kb", "slot_wait_s", "attempts"):
                self.assertEqual(step[field], recorded[field], field)

    def test_a_tree_that_has_neither_runs_nor_steps_says_so(self):
        done = self.finish(HOLDFAST, "report", "--tree", self.work)
        self.assertNotEqual(done.returncode, 0)
        self.assert_our_lines(done.stderr, 1)


if __name__ == "__main__":
    unittest.main()
