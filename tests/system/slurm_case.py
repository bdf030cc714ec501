"""Tests on the nodes of a real Slurm cluster of two nodes on this machine: examples/slurm/cluster.py.

It is started once for each driver: `setUpModule = start_cluster; tearDownModule = end_cluster`."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from processes import command_of, is_below, processes_with, stat_of
from support import CTEST, PATIENCE_S, SOURCES, ProjectCase

sys.path.insert(0, str(SOURCES / "examples/slurm"))
import cluster as slurm  # noqa: E402  pylint: disable=wrong-import-position

# Slurm is slow on a busy machine.
SLURM_PATIENCE_S = 4 * PATIENCE_S

CLUSTER = None
CPUS = 4

ENGINE = """
[profile.slurm.engine]
kind = "slurm"
local-label = "here"
"""


def start_cluster(cpus=CPUS):
    global CLUSTER  # pylint: disable=global-statement
    why = slurm.why_not()
    if why:
        raise unittest.SkipTest(f"no Slurm: {why}")
    for is_last in (False, False, True):
        directory = tempfile.mkdtemp(prefix="holdfast-test-slurm-")
        CLUSTER = slurm.Cluster(directory, nodes=2, cpus=cpus)
        try:
            CLUSTER.__enter__()
            return
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            if is_last:  # before, somebody may have taken a port
                raise


def end_cluster():
    CLUSTER.__exit__()
    shutil.rmtree(CLUSTER.directory, ignore_errors=True)


def parent_of(pid):
    fields = stat_of(pid)
    return int(fields[1]) if fields else 0


def has(pid, entry):
    """Whether the process was started with this entry in its environment."""
    try:
        return entry.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


class SlurmCase(ProjectCase):
    def setUp(self):
        super().setUp()
        # A test that failed has left its allocation, and some end a daemon.
        CLUSTER.ask("scancel", "--user=root")
        for node in CLUSTER.nodes:
            if CLUSTER.daemons[f"slurmd-{node}"].poll() is not None:
                CLUSTER.start_node(node)
        CLUSTER.wait(lambda: CLUSTER.idle_nodes() == 2, "both nodes")

    def environment(self, **changes):
        return super().environment(SLURM_CONF=str(CLUSTER.environment["SLURM_CONF"]), **changes)

    def suite(self, text, settings="", grace="1s", **how):
        """A project that has the profile `slurm`."""
        source = self.work / how.get("name", "project")
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text(f'[profile.default]\ngrace = "{grace}"\n{ENGINE}{settings}')
        return self.project(text, **how)

    def allocation(self, *words, tasks=2 * CPUS):
        return ["salloc", "--quiet", "--no-kill", "-N2", f"-n{tasks}", *map(str, words)]

    def far(self, tree, *arguments, bound=SLURM_PATIENCE_S, tasks=2 * CPUS, profile="slurm", **how):
        """ctest inside of an allocation of both nodes."""
        how.setdefault("env", self.environment(HOLDFAST_PROFILE=profile))
        done = self.finish(*self.allocation(CTEST, *arguments, tasks=tasks), cwd=tree, bound=bound, **how)
        done.text = (done.stdout or b"").decode(errors="replace") + (done.stderr or b"").decode(errors="replace")
        return done

    def start_far(self, tree, *arguments, **changes):
        """The same, going on. With the end of the allocation Slurm kills all, so it outlives ctest until the near sides
        have ended. One that was killed leaves its files, and 4 s are enough for its test."""
        with open(self.work / "out", "wb") as out, open(self.work / "err", "wb") as err:
            kept = ["sh", "-c", '"$@"; n=80; while [ $n -gt 0 ] && ls .holdfast/runs/*/far/*.control >/dev/null 2>&1; '
                                "do sleep 0.05; n=$((n - 1)); done", "sh", CTEST, *arguments]
            return self.start(*self.allocation(*kept), cwd=tree, stdout=out, stderr=err,
                              env=self.environment(HOLDFAST_PROFILE="slurm", **changes))

    def processes_named(self, word, place=1):
        """Processes of this test in whose command line a word ends so."""
        found = []
        for one in processes_with(self.cookie):
            words = command_of(one.pid)
            if len(words) > place - 1 and any(part.endswith(word) for part in words[:place]):
                found.append(one)
        return found

    def near_launcher(self):
        """The launcher beside ctest, of the only test that runs. srun is two processes."""
        sruns = {one.pid for one in self.processes_named("srun")}
        near, = {parent_of(pid) for pid in sruns} - sruns
        return near

    def far_sides(self):
        """The process that stands for ctest on the node, and the launcher: parent and child."""
        parent = next(one for one in self.processes_named("holdfast-exec")
                      if "--far" in command_of(one.pid) and "srun" not in command_of(one.pid)[0])
        return parent, [one for name in ("holdfast-launcher", "holdfast-guard") for one in self.processes_named(name)
                        if is_below(one.pid, parent.pid)]

    def slurmstepd(self):
        parent, _ = self.far_sides()
        return parent_of(parent.pid)

    def ends(self, tree):
        """The last record of each test's end, by the test's name."""
        run = self.runs(tree)[-1]
        return {record["test"]: record for record in self.records(run, "attempt_ended")}
