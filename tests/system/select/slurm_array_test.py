"""`holdfast ctest --slurm-array N`: shards as the tasks of one job of Slurm, in one build tree."""

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import unittest
from pathlib import Path

from selecting import SelectCase, adding
from support import CTEST, HOLDFAST, PATIENCE_S, wait_until

sys.path.insert(0, str(Path(__file__).parents[3] / "examples/slurm"))
import cluster  # noqa: E402

# Slurm starts a job within some seconds, and it may be late on a busy machine.
SLURM_PATIENCE_S = 120

FIXTURE = """
set_tests_properties(up PROPERTIES FIXTURES_SETUP F)
set_tests_properties(down PROPERTIES FIXTURES_CLEANUP F)
set_tests_properties(u1 u2 u3 u4 PROPERTIES FIXTURES_REQUIRED F)
"""


@unittest.skipIf(cluster.why_not(), cluster.why_not())
class SlurmCase(SelectCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = tempfile.mkdtemp(prefix="holdfast-test-slurm-")
        cls.addClassCleanup(shutil.rmtree, cls.place)
        cls.cluster = cls.enterClassContext(cluster.Cluster(cls.place))

    def array(self, tree, *words, code=0, **changes):
        environment = {**self.environment(), "SLURM_CONF": self.cluster.environment["SLURM_CONF"], **changes}
        ended = self.finish(HOLDFAST, "ctest", "--slurm-array", *words, cwd=tree, env=environment,
                            bound=SLURM_PATIENCE_S)
        self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
        self.over(tree)
        return ended

    def shards(self, tree):
        """{shard: names of the tests that it ran}."""
        found = {}
        for run in self.runs(tree):
            own = [r for r in self.records(run, "planned") if r["own"]]
            if own:
                found[own[0]["shard"]] = sorted(r["test"] for r in self.records(run, "verdict"))
        return found


class Array(SlurmCase):
    def test_shards_run_at_once_and_make_one_report(self):
        # Each waits for the other, and ctest starts one test at a time.
        meet = "".join(adding(one, command=f'sh -c "touch {self.work}/{one}; until test -e {self.work}/{other}; '
                                           'do sleep 0.05; done"', properties=f"TIMEOUT {PATIENCE_S}")
                       for one, other in (("m1", "m2"), ("m2", "m1")))
        tree = self.project(meet + self.failing("red") + adding("up", "down", "u1", "u2", "u3", "u4", "a b", "semi;colon")
                            + FIXTURE)
        self.flag("red").touch()
        (tree / "holdfast.toml").unlink(missing_ok=True)
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nreports = ["json:all.json"]\n')
        ended = self.array(tree, "3", "--", "-j1", code=8)
        shards = self.shards(tree)
        names = sorted(name for shard in shards.values() for name in shard)
        self.assertEqual(names, sorted(["m1", "m2", "red", "up", "down", "u1", "u2", "u3", "u4", "a b", "semi;colon"]))
        self.assertEqual(sorted(shards), ["1/3", "2/3", "3/3"])
        with_fixture, = (shard for shard in shards.values() if "up" in shard)
        self.assertLessEqual({"up", "down", "u1", "u2", "u3", "u4"}, set(with_fixture))
        self.assertIn(b"holdfast: job ", ended.stderr)
        report = json.loads((tree / "all.json").read_text())
        self.assertEqual((report["run"]["missing"], report["run"]["too_often"]), ([], []))
        self.assertEqual(sorted(test["name"] for test in report["tests"]), names)
        self.assertIn(b"red", ended.stdout)
        self.assertEqual(list((tree / ".holdfast/selections").glob("*.array")), [])
        # What failed is what runs next.
        self.flag("red").unlink()
        self.array(tree, "2", "--failed")
        self.assertEqual(self.names(tree), ["red"])

    def test_tests_with_a_common_lock_are_in_one_shard_and_a_second_array_is_refused(self):
        go, here = self.work / "go", self.work / "here"
        wait = f'sh -c "touch {here}; until test -e {go}; do sleep 0.05; done"'
        tree = self.project(
            adding("w1", command=wait, properties="RESOURCE_LOCK db") + adding("w2", "w3", properties="RESOURCE_LOCK db")
            + adding("l1", "l2", properties="HOLDFAST_LOCKS x@build") + adding("s1", "s2", properties="HOLDFAST_LOCKS y:shared")
            + adding("n1", "n2", properties="HOLDFAST_LOCKS z@user"))
        environment = {**self.environment(), "SLURM_CONF": self.cluster.environment["SLURM_CONF"]}
        begun = self.start(HOLDFAST, "ctest", "--slurm-array", "6", cwd=tree, env=environment, stdout=-1, stderr=-1)
        wait_until(here.exists, "the test", SLURM_PATIENCE_S)
        second = self.finish(HOLDFAST, "ctest", "--slurm-array", "6", cwd=tree, env=environment)
        self.assertEqual(second.returncode, 2, second.stderr)
        self.assertIn(b"--slurm-array: another one goes on in ", second.stderr)
        self.assert_our_lines(second.stderr, 1)
        go.touch()
        out, said = begun.communicate(timeout=SLURM_PATIENCE_S)
        self.assertEqual(begun.returncode, 0, out + said)
        shards = list(self.shards(tree).values())
        self.assertEqual(sorted(map(sorted, shards)), [["l1", "l2"], ["n1"], ["n2"], ["s1"], ["s2"], ["w1", "w2", "w3"]])

    def test_ctrl_c_cancels_the_job_and_what_ran_is_reported(self):
        here = self.work / "here"
        tree = self.project(adding("first") + adding("hangs", command=f'sh -c "touch {here}; sleep 600"',
                                                     properties="DEPENDS first"))
        environment = {**self.environment(), "SLURM_CONF": self.cluster.environment["SLURM_CONF"]}
        begun = self.start(HOLDFAST, "ctest", "--slurm-array", "1", cwd=tree, env=environment,
                           stdout=-1, stderr=-1)
        wait_until(here.exists, "the test", SLURM_PATIENCE_S)
        begun.send_signal(signal.SIGINT)
        out, said = begun.communicate(timeout=SLURM_PATIENCE_S)
        self.assertEqual(begun.returncode, -signal.SIGINT, said)
        self.assertIn(b"cancelled job", said)
        self.assertIn(b"first", out)
        self.assert_nothing_left()
        self.over(tree)

    def test_a_tree_may_have_any_name_and_the_site_may_export_nothing(self):
        told = self.work / "told"
        tree = self.project(adding("a", "b", command=f'sh -c "echo $HOLDFAST_PROFILE >>{told}"'), build="feature%2Fx%a")
        (self.work / "project/holdfast.toml").write_text("[profile.ci]\n")
        self.array(tree, "2", SBATCH_EXPORT="NONE", HOLDFAST_PROFILE="ci")
        self.assertEqual(told.read_text(), "ci\nci\n")

    def test_the_order_of_tests_reaches_the_shards(self):
        said = self.work / "said"
        tree = self.project("".join(adding(name, command=f'sh -c "echo {name} >>{said}; test {name} = a -o -e {said}.well"')
                                    for name in ("a", "b")))
        self.finish(CTEST, "-j1", cwd=tree, env=self.environment())
        said.rename(f"{said}.well")
        self.array(tree, "1", "--order", "failed-first", "--", "-j1", SBATCH_EXPORT="NONE")
        self.assertEqual(said.read_text(), "b\na\n")

    def set_partition(self, state):
        done = self.cluster.ask("scontrol", "update", "PartitionName=main", f"State={state}", timeout=SLURM_PATIENCE_S)
        self.assertEqual(done.returncode, 0)

    def test_a_job_that_cannot_start_is_explained(self):
        tree = self.project(adding("a"))
        environment = {**self.environment(), "SLURM_CONF": self.cluster.environment["SLURM_CONF"]}
        said = self.work / "said"
        self.addCleanup(self.set_partition, "UP")
        self.set_partition("DOWN")
        with open(said, "wb") as errors:
            begun = self.start(HOLDFAST, "ctest", "--slurm-array", "1", cwd=tree, stdout=-1, stderr=errors,
                               env=environment)
            wait_until(lambda: re.search(r"job \d+ waits: Slurm has not started it yet \(\w+\)", said.read_text()),
                       "the reason", SLURM_PATIENCE_S)
            begun.send_signal(signal.SIGINT)
            begun.communicate(timeout=SLURM_PATIENCE_S)
        self.over(tree)

    def test_wrong_use_is_one_line(self):
        tree = self.project(adding("a"))
        for words, said in ((["0"], "expected a number of shards, 1 to 10000"), (["x"], "expected a number of shards"),
                            (["2", "--shard", "1/2"], "--shard")):
            ended = self.finish(HOLDFAST, "ctest", "--slurm-array", *words, cwd=tree)
            self.assertEqual((ended.returncode, ended.stdout), (2, b""))
            self.assertIn(said, ended.stderr.decode())
            self.assert_our_lines(ended.stderr, 1)
        bare = self.work / "bin"
        bare.mkdir()
        (bare / "ctest").symlink_to(CTEST)
        (bare / "cmake").symlink_to(shutil.which("cmake"))
        ended = self.finish(HOLDFAST, "ctest", "--slurm-array", "2", cwd=tree, env=self.environment(PATH=str(bare)))
        self.assertEqual((ended.returncode, ended.stdout), (2, b""))
        self.assertIn(b"no sbatch is found: --slurm-array needs the commands of Slurm", ended.stderr)
        self.assertEqual(self.array(tree, "2", "--", "-R", "none").stdout, b"")

    def test_what_slurm_refuses_is_said(self):
        tree = self.project(adding("a"))
        ended = self.array(tree, "2", code=2, SBATCH_PARTITION="nowhere")
        self.assertIn(b"invalid partition specified: nowhere", ended.stderr)
        self.assertEqual(self.runs(tree), [])
        self.assertEqual(list((tree / ".holdfast/selections").glob("*.array")), [])


class Light(SlurmCase):
    def test_without_tests_no_job_is_submitted(self):
        tree = self.project("add_test(NAME t COMMAND true)\n")
        for words, code in (((), 0), (("--no-tests=error",), 8)):
            said = self.array(tree, "2", "--", "-R", "nothing", *words, code=code)
            self.assertIn(b"0 tests: no job is submitted", said.stderr)

    def test_a_thousand_light_tests_are_counted_as_here(self):
        tree = self.project("foreach(i RANGE 1 1000)\n  add_test(NAME t${i} COMMAND sh -c \"exit $<EQUAL:${i},500>\")\n"
                            "endforeach()\nset_tests_properties(t7 PROPERTIES SKIP_RETURN_CODE 0)\n")
        # A thousand tests take their time on a busy machine.
        self.run_all(tree, "-j4", code=8, bound=4 * PATIENCE_S)
        here = json.loads(self.ours("report", "--format", "json", cwd=tree).stdout)
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nreports = ["json:all.json"]\n')
        self.array(tree, "4", "--", "-j2", code=8)
        there = json.loads((tree / "all.json").read_text())
        self.assertEqual(there["counts"], here["counts"])
        self.assertEqual(len(there["run"]["shards"]), 4)
        self.assertEqual(sorted(t["name"] for t in there["tests"]), sorted(t["name"] for t in here["tests"]))


if __name__ == "__main__":
    unittest.main()
