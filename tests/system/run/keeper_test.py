"""Each ctest has one keeper, which ends with it and holds nothing of it open. A keeper with ctest's
stderr would keep `ctest | cat` waiting."""

import os
import re
import subprocess
import time
import unittest
from pathlib import Path

from processes import descriptors_of, word_of_tree
from support import (CTEST, HOLDFAST, PATIENCE_S, ProjectCase, command_of, keepers_of, no_keeper_of, process,
                     processes_with, script_step, wait_until)

MANY = "".join(f"add_test(NAME t{i} COMMAND @P@/exit_with 0)\n" for i in range(8))


class KeeperTest(ProjectCase):
    def waiting_tree(self, tests=1):
        return self.project("".join(
            f"add_test(NAME waits{i} COMMAND @P@/close_output {self.pid_file(f'w{i}')})\n"
            f"set_tests_properties(waits{i} PROPERTIES WILL_FAIL ON)\n" for i in range(tests)))

    def begin(self, tree, tests=1, **how):
        ctest = self.start(CTEST, f"-j{tests}", cwd=tree, **how)
        for i in range(tests):
            self.announced(self.pid_file(f"w{i}"))
        return ctest

    def let_go(self, tests=1):
        for i in range(tests):
            (self.work / f"w{i}.pids.go").touch()

    @staticmethod
    def without_begin(tree):
        """As in a project that overwrites its CTestCustom.cmake."""
        (tree / "CTestCustom.cmake").write_text("")

    def test_it_is_started_by_begin_and_gone_after_ctest(self):
        tree = self.waiting_tree()
        ctest = self.begin(tree, stdout=-3, stderr=-3)
        self.assertEqual(len(keepers_of(tree)), 1)
        self.let_go()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assert_nothing_left()

    def test_it_is_called_what_it_is(self):
        tree = self.waiting_tree()
        for begun_by in "begin", "a launcher":
            with self.subTest(begun_by):
                (self.work / "w0.pids").unlink(missing_ok=True)
                (self.work / "w0.pids.go").unlink(missing_ok=True)
                if begun_by == "a launcher":
                    self.without_begin(tree)
                ctest = self.begin(tree, stdout=-3, stderr=-3)
                keeper, = keepers_of(tree)
                words = [word for word in command_of(keeper.pid) if word]
                start = process(ctest.pid).start
                # A test that ends processes by name must not find the path of its tree here.
                self.assertEqual(words, ["holdfast", "keeper", word_of_tree(tree), f"{ctest.pid}:{start}"])
                self.assertEqual(Path(f"/proc/{keeper.pid}/comm").read_text(), "holdfast keeper\n")
                self.let_go()
                self.assertEqual(ctest.wait(PATIENCE_S), 0)
                wait_until(lambda: no_keeper_of(tree), "the keeper to end")

    def test_of_eight_first_launchers_exactly_one_starts_it(self):
        tree = self.waiting_tree(8)
        self.without_begin(tree)
        ctest = self.begin(tree, 8, stdout=-3, stderr=-3)
        self.assertEqual(len(keepers_of(tree)), 1)
        self.let_go(8)
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        self.assertEqual(len(self.records(run, "attempt_ended")), 8)
        self.assertEqual(len({r["attempt"] for r in self.records(run, "attempt_ended")}), 8)

    def test_it_leaves_no_socket_behind(self):
        tree = self.project(MANY)
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=-3)
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        keepers = f"/tmp/holdfast-{os.geteuid()}/keepers"
        self.assertEqual([n for n in os.listdir(keepers) if n.startswith(f"{ctest.pid}-")], [])

    def test_it_holds_nothing_of_ctests_open_but_its_log(self):
        tree = self.waiting_tree()
        ctest = self.begin(tree, stdout=-1, stderr=subprocess.STDOUT)
        keeper, = keepers_of(tree)
        held = {target: number for number, target in descriptors_of(keeper.pid).items()}
        self.assertEqual([t for t in held if t.startswith("pipe:")], [])
        # But it has ctest's log, which it opened itself to read: the log is the witness of the
        # verdicts.
        log, = [t for t in held if "Testing" in t]
        self.assertRegex(log, r"/Testing/Temporary/LastTest\.log\.tmp[0-9a-f]*$")
        flags, = re.findall(r"flags:\s+(\d+)", Path(f"/proc/{keeper.pid}/fdinfo/{held[log]}").read_text())
        self.assertEqual(int(flags, 8) & os.O_ACCMODE, os.O_RDONLY)
        self.assertEqual(os.readlink(f"/proc/{keeper.pid}/cwd"), "/")
        self.let_go()
        ctest.communicate(timeout=PATIENCE_S)

    def test_a_pipe_or_a_substitution_ends_with_ctest(self):
        tree = self.project(MANY)
        for custom in ("begin", "launcher"):
            if custom == "launcher":
                self.without_begin(tree)
            for script in (f"{CTEST} -j4 2>&1 | cat >/dev/null", f"out=$({CTEST} -j4 2>&1)"):
                before = time.monotonic()
                ended = self.finish("bash", "-c", script, cwd=tree)
                self.assertEqual(ended.returncode, 0)
                self.assertLess(time.monotonic() - before, 10, script)

    def test_a_pipe_ends_with_a_killed_ctest_although_the_keeper_works_on(self):
        # A deaf server makes keeper and guard live for the whole grace after ctest's death.
        tree = self.project(f"""
add_test(NAME server COMMAND @P@/vanish {self.pid_file()})
set_tests_properties(server PROPERTIES FIXTURES_SETUP f)
add_test(NAME waits COMMAND @P@/linger {self.pid_file("w0")})
set_tests_properties(waits PROPERTIES FIXTURES_REQUIRED f)""")
        shell = self.start("bash", "-c", f'{CTEST} 2>&1 | cat >"{self.work}/out"; echo done',
                           cwd=tree, stdout=-1)
        server, = self.announced(self.pid_file())
        self.announced(self.pid_file("w0"))
        ctest = next(one for one in processes_with(self.cookie)
                     if os.readlink(f"/proc/{one.pid}/exe").endswith("/ctest"))
        os.kill(ctest.pid, 9)
        before = time.monotonic()
        self.assertEqual(shell.communicate(timeout=PATIENCE_S)[0], b"done\n")
        self.assertLess(time.monotonic() - before, 4)
        self.assert_gone([server])

    def test_two_ctest_test_of_a_script_are_two_runs(self):
        tree = self.project(MANY)
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, """
ctest_test(RETURN_VALUE first)
ctest_test(RETURN_VALUE second INCLUDE "t[0-3]")
message("returned ${first} ${second}")
"""))
        ran = self.finish(CTEST, "-S", script, "-V")
        self.assertIn(b"returned 0 0", ran.stdout + ran.stderr)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        counts = [len(self.records(run, "attempt_ended")) for run in self.runs(tree)]
        self.assertEqual(sorted(counts), [4, 8])
        for run in self.runs(tree):
            self.assertEqual(len(self.records(run, "run_started")), 1)
            self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [True])

    def test_a_program_that_a_script_makes_anew_between_two_runs_is_stale_in_none(self):
        program = self.work / "t.sh"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        tree = self.project(f'add_test(NAME t COMMAND "{program}")\n')
        # The keeper hears of the end of a test when it gets a processor.
        waiting = self.work / "wait.sh"
        waiting.write_text(f"until '{HOLDFAST}' status --json --tree '{tree}' | tr -d ' \\n' | grep -qF '\"tests\":[]'\n"
                           "do :; done\n")
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, f"""
ctest_test()
execute_process(COMMAND sh "{waiting}")
file(APPEND "{program}" "# another one")
ctest_test()
"""))
        ran = self.finish(CTEST, "-S", script, "-V")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual([len(self.records(run, "attempt_ended", "stale")) for run in self.runs(tree)], [1, 1])

    def test_two_ctests_have_a_keeper_each(self):
        trees = []
        for name in ("one", "two"):
            trees.append(self.project(f"add_test(NAME w COMMAND @P@/close_output {self.pid_file(name)})\n"
                                      "set_tests_properties(w PROPERTIES WILL_FAIL ON)",
                                      name=f"p{name}", build=name))
        begun = [self.start(CTEST, cwd=tree, stdout=-3, stderr=-3) for tree in trees]
        for name in ("one", "two"):
            self.announced(self.pid_file(name))
        self.assertEqual([len(keepers_of(tree)) for tree in trees], [1, 1])
        for name in ("one", "two"):
            (self.work / f"{name}.pids.go").touch()
        self.assertEqual([one.wait(PATIENCE_S) for one in begun], [0, 0])


if __name__ == "__main__":
    unittest.main()
