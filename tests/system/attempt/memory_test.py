"""An attempt is oom_killed only if there is evidence that a lack of memory, and nothing else,
explains its SIGKILL."""

import signal
import unittest

from limited_cgroup import limited_cgroup
from support import CTEST, ProjectCase, no_keeper_of, wait_until

# Counts a kill as the kernel would, and then dies as if killed for it: kills.sh FILE KILLS
KILLS = """#!/bin/sh
test "$2" = 0 || echo "oom_kill $2" >"$1"
kill -KILL $$
"""


class MemoryTest(ProjectCase):
    def run_tests(self, text, settings="", *arguments, ctest=(CTEST,)):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(settings)
        script = self.work / "kills.sh"
        script.write_text(KILLS)
        script.chmod(0o755)
        self.events.write_text("oom 1\noom_kill 1\n")
        tree = self.project(text.replace("KILLS", f"{script} {self.events}"))
        ran = self.finish(*ctest, *arguments, cwd=tree)
        ran.text = (ran.stdout + ran.stderr).decode()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return ran, {r["test"]: r for run in self.runs(tree)
                     for r in self.records(run, "attempt_ended")}

    @property
    def events(self):
        return self.work / "memory.events"

    def settings(self):
        return f'[profile.default]\noom-events = "{self.events}"\n'

    def test_a_rise_of_the_counter_explains_a_death_by_sigkill_and_only_that(self):
        ran, ended = self.run_tests("""
add_test(NAME a COMMAND KILLS 2)
add_test(NAME b COMMAND KILLS 0)
add_test(NAME c COMMAND sh -c "echo oom_kill 3 >@E@; kill -SEGV $$")
add_test(NAME d COMMAND sh -c "echo oom_kill 4 >@E@; exit 137")
add_test(NAME e COMMAND KILLS 5)
add_test(NAME f COMMAND sh -c "echo oom_kill 6 >@E@; sleep 600")
set_tests_properties(f PROPERTIES HOLDFAST_TIMEOUT 0.5)
""".replace("@E@", str(self.events)), self.settings())
        self.assertEqual({n: r["outcome"] for n, r in ended.items()},
                         {"a": "oom_killed", "b": "crashed", "c": "crashed", "d": "failed",
                          "e": "oom_killed", "f": "timed_out"})
        self.assertEqual(ended["a"]["signal"], signal.SIGKILL)
        self.assertIn('"a" was killed by the kernel because memory ran out', ran.text)
        self.assertIn("2 oom killed", ran.text)

    def test_one_rise_explains_one_death_of_two(self):
        _, ended = self.run_tests("""
add_test(NAME a COMMAND sh -c "touch @W@/a; while ! test -e @W@/b; do sleep 0.01; done; exec KILLS 2")
add_test(NAME b COMMAND sh -c "touch @W@/b; while ! test -e @W@/a; do sleep 0.01; done; exec KILLS 0")
""".replace("@W@", str(self.work)), self.settings(), "-j2")
        outcomes = sorted(r["outcome"] for r in ended.values())
        # The first launcher to look may look before the other kill is counted.
        self.assertIn(outcomes, (["crashed", "oom_killed"], ["crashed", "crashed"]))

    def test_a_rise_before_a_further_attempt_explains_nothing_of_it(self):
        once = self.work / "once"
        _, ended = self.run_tests(f'''
add_test(NAME a COMMAND sh -c "test -e {once} && exec KILLS 0; touch {once}; echo oom_kill 2 >{self.events}; exit 4")
set_tests_properties(a PROPERTIES HOLDFAST_RETRY "exit:4=1")
''', self.settings())
        self.assertEqual((ended["a"]["n"], ended["a"]["outcome"]), (2, "crashed"))

    def test_without_a_counter_a_sigkill_is_a_crash(self):
        _, ended = self.run_tests("add_test(NAME a COMMAND KILLS 2)\n",
                                  '[profile.default]\noom-events = "/nowhere/at/all"\n')
        self.assertEqual(ended["a"]["outcome"], "crashed")

    def test_a_relative_path_is_refused(self):
        ran, ended = self.run_tests("add_test(NAME a COMMAND KILLS 2)\n",
                                    '[profile.default]\noom-events = "memory.events"\n')
        self.assertEqual(ran.returncode, 8)
        self.assertIn("expected an absolute path", ran.text)

    # --- The kernel itself -------------------------------------------------------------------

    def test_a_test_that_the_kernel_kills_is_oom_killed(self):
        into = limited_cgroup(self, 1 << 30)
        ran, ended = self.run_tests(
            'add_test(NAME eats COMMAND python3 -c "x = bytearray(4 << 30)")\n', "",
            ctest=(*into, CTEST))
        if ended["eats"].get("signal") != signal.SIGKILL:
            self.skipTest("the limit does not hold here: " + ran.text)
        self.assertEqual(ended["eats"]["outcome"], "oom_killed", ended)


if __name__ == "__main__":
    unittest.main()
