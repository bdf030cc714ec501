"""What a step costs beyond srun, and how many tests run at once on small nodes."""

import json
import statistics
import unittest

import slurm_case
from slurm_case import SLURM_PATIENCE_S, SlurmCase, end_cluster
from support import CTEST

tearDownModule = end_cluster


def setUpModule():
    slurm_case.start_cluster(cpus=1)


class SlurmCostTest(SlurmCase):
    def test_a_step_costs_little_more_than_srun(self):
        """Pairs in turn: srun alone, and a test through ctest's launcher, in one allocation."""
        pairs = 50
        script = self.work / "pairs.py"
        script.write_text(f'''
import json, os, subprocess, time
mine = []
for _ in range({pairs}):
    since = time.monotonic()
    subprocess.run(["srun", "--exact", "-N1", "-n1", "-c1", "true"], check=True, stderr=subprocess.DEVNULL)
    srun = time.monotonic() - since
    since = time.monotonic()
    subprocess.run([{str(CTEST)!r}, "-Q", "-R", "^far$"], check=True)
    far = time.monotonic() - since
    since = time.monotonic()
    subprocess.run([{str(CTEST)!r}, "-Q", "-R", "^here$"], check=True)
    mine.append((srun, far - (time.monotonic() - since)))
json.dump(mine, open({str(self.work / "times.json")!r}, "w"))
''')
        tree = self.suite("add_test(NAME far COMMAND true)\n"
                          "add_test(NAME here COMMAND true)\nset_tests_properties(here PROPERTIES LABELS here)\n")
        done = self.finish(*self.allocation("python3", script, tasks=2), cwd=tree, bound=600,
                           env=self.environment(HOLDFAST_PROFILE="slurm"))
        self.assertEqual(done.returncode, 0, done.stderr)
        times = json.loads((self.work / "times.json").read_text())
        srun = statistics.median(one for one, _ in times)
        more = statistics.median(far - one for one, far in times)
        print(f"srun {srun * 1000:.0f} ms, a far test {more * 1000:.0f} ms more than that and a test here (median of {pairs})")
        self.assertLess(more, max(0.5, 3 * srun))

    def test_no_node_has_more_at_once_than_it_has_and_nobody_waits_himself_to_death(self):
        place = self.work / "running"
        place.mkdir()
        count = 24
        body = (f'mkdir {place}/$SLURMD_NODENAME || exit 3\n'
                f'sleep 0.3\nrmdir {place}/$SLURMD_NODENAME')
        tree = self.suite("".join(self.scripted_test(f"t{i}", "TIMEOUT 5", body) for i in range(count)))
        done = self.far(tree, "-j16", tasks=2, bound=4 * SLURM_PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.text)
        waits = sorted(end["slurm_wait_s"] for end in self.ends(tree).values())
        print(f"waits for a step: {waits[0]:.2f} to {waits[-1]:.2f} s")
        self.assertGreater(waits[-1], 1)


if __name__ == "__main__":
    unittest.main()
