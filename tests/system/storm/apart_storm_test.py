"""Many contained tests, and kill -9 of anything meanwhile: no namespace, mount, cgroup, process or file
is left. apart_storm_test.py SEED [TESTS]."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from contained import ALL, Contained, cgroups_like
from processes import all_pids, children_of, descriptors_of, keepers_of, name_of, no_keeper_of, process
from support import CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, wait_until

SEED = 1
TESTS = 60
KINDS = ("net", "mnt", "pid", "user")
# One test in four starts something that would live on, and one in eight fails.
TEST = """
set(leave "echo x > /tmp/@COOKIE@; echo x > /dev/shm/@COOKIE@; (exec sleep 1000 >/dev/null 2>&1 </dev/null) & ")
add_test(NAME t${i} COMMAND sh -c "${leave} sleep 0.1${digit}; test ${eighth} != 0")
set_tests_properties(t${i} PROPERTIES HOLDFAST_CONTAINMENT "@ALL@")
"""


def namespaces(pids):
    """Those of these processes, and those that they have open."""
    found = set()
    for pid in pids:
        for kind in KINDS:
            try:
                found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
            except OSError:
                continue
        found.update(target for target in descriptors_of(pid).values()
                     if target.startswith(tuple(f"{kind}:[" for kind in KINDS)))
    return found


def below(pid):
    found = [pid]
    for one in found:
        found += children_of(one)
    return found[1:]


class ApartStormTest(Contained, ProjectCase):
    def suite(self):
        # The containment is a property, so it holds without the keeper, too.
        self.settings("none", more='scratch = "remove"\ngrace = "1s"\n')
        test = TEST.replace("@COOKIE@", self.work.name).replace("@ALL@", ALL)
        return self.project(f"""
foreach(i RANGE 1 {TESTS})
  math(EXPR digit "${{i}} % 10")
  math(EXPR eighth "${{i}} % 8")
  {test}
  math(EXPR set "${{i}} / 10")
  math(EXPR role "${{i}} % 10")
  if(role EQUAL 1)
    set_tests_properties(t${{i}} PROPERTIES FIXTURES_SETUP f${{set}})
  elseif(role EQUAL 9)
    set_tests_properties(t${{i}} PROPERTIES FIXTURES_CLEANUP f${{set}})
  elseif(role LESS 6)
    set_tests_properties(t${{i}} PROPERTIES FIXTURES_REQUIRED f${{set}})
  endif()
endforeach()
# The run lasts until something was killed.
add_test(NAME waits COMMAND sh -c "until test -e {self.work}/killed; do sleep 0.05; done")
set_tests_properties(waits PROPERTIES HOLDFAST_CONTAINMENT {ALL})
""")

    def kill_something(self, chance, ctest, tree):
        """Anything below ctest, or rarely the keeper. True: something was killed."""
        is_keeper = chance.random() < 0.03
        victims = [one.pid for one in keepers_of(tree)] if is_keeper else below(ctest.pid)
        with contextlib.suppress(OSError, IndexError):  # none is left, or it has just ended
            os.kill(chance.choice(victims), signal.SIGKILL)
            return True
        return False

    def test_nothing_is_left(self):
        self.need(ALL)
        chance = random.Random(SEED)
        tree = self.suite()
        outside = namespaces([os.getpid()])
        seen = set()
        killed = 0
        ctest = self.start(CTEST, "-j8", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        last = chance.random() < 0.3  # in the end ctest itself
        # Without its beginning there is no run.
        wait_until(lambda: any(name_of(pid) == "holdfast-guard" for pid in below(ctest.pid)), "the first test")
        while ctest.poll() is None:
            seen |= namespaces([*below(ctest.pid), *(one.pid for one in keepers_of(tree))])
            # To look takes as long as some tests do.
            for _ in range(8):
                if self.kill_something(chance, ctest, tree):
                    killed += 1
                    (self.work / "killed").touch()
                time.sleep(0.01)
            if last and killed > TESTS / 4:
                ctest.kill()
            try:
                ctest.wait(chance.random() * 0.2)
            except subprocess.TimeoutExpired:
                continue
        self.assertGreater(killed, 0)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end", 4 * PATIENCE_S)
        # What nobody could end because all were killed.
        reaped = self.finish(HOLDFAST, "reap", "--tree", tree, bound=4 * PATIENCE_S)
        self.assertIn(reaped.returncode, (0, 1), reaped.stderr)
        self.assert_nothing_left()
        self.assertGreater(len(seen - outside), 0)

        # Another test may get a namespace of the same number, for a moment. A zombie keeps its PID namespace until it
        # is reaped, and process 1 of a container may never do so.
        def left():
            return [(pid, name_of(pid)) for pid in all_pids() if process(pid) and namespaces([pid]) & (seen - outside)]

        wait_until(lambda: not left(), lambda: f"these to go: {left()}")
        self.assertNotIn(self.work.name, Path("/proc/self/mountinfo").read_text())
        self.assertEqual([one for one in ("/tmp", "/dev/shm") if os.path.exists(f"{one}/{self.work.name}")], [])
        run = self.runs(tree)[-1]
        self.assertEqual(cgroups_like(f"holdfast-*-{run.name}.*"), [])
        # A launcher that was killed leaves its directory to the run, and the run is removed as ever.
        self.ctest(tree, "-j8", "-R", "^t[12]$")
        self.assertEqual(list((tree / ".holdfast").glob("fixtures-*")), [])
        # Without the keeper a launcher does not know `scratch`, and keeps what a red test left: the link says so.
        tmps = {one.parents[1] for one in USER_DIRECTORY.glob(f"scratch/*.tmp/*/{self.work.name}")}
        kept = {tmp for tmp in tmps if tmp.with_suffix("").joinpath(".tmp").is_symlink()}
        for tmp in kept:
            shutil.rmtree(tmp.with_suffix(""))
            shutil.rmtree(tmp)
        self.assertEqual(tmps - kept, set())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SEED = int(sys.argv.pop(1))
    if len(sys.argv) > 1:
        TESTS = int(sys.argv.pop(1))
    unittest.main()
