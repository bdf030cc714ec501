"""`holdfast watch` follows a run while it goes on."""

import fcntl
import json
import os
import signal
import struct
import termios
import unittest

from processes import watched_inodes
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, keepers_of, no_keeper_of, wait_until
from terminal import Terminal


class WatchTest(ProjectCase):
    def setUp(self):
        super().setUp()
        self.go = self.work / "go"
        self.out = self.work / "watched"

    def slow(self, name="slow"):
        return f'add_test(NAME {name} COMMAND sh -c ": >{self.work}/{name}; until [ -e {self.go} ]; do sleep 0.01; done")\n'

    def watch(self, tree, *words, **how):
        with open(self.out, "wb") as out:
            return self.start(HOLDFAST, "watch", *words, cwd=tree, stdout=out, stderr=out, **how)

    def seen(self):
        return self.out.read_text()

    def wait_for(self, text):
        wait_until(lambda: text in self.seen(), lambda: f"{text!r} in {self.seen()!r}")

    def begin(self, tree, *words, test="slow"):
        ctest = self.start(CTEST, *words, cwd=tree, stdout=-3, stderr=-3)
        wait_until((self.work / test).exists, "the test")
        return ctest

    def end(self, tree, *begun):
        self.go.touch()
        for one in begun:
            one.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")

    def events(self, *kinds):
        events = [json.loads(line) for line in self.seen().splitlines()]
        return [e for e in events if not kinds or e["event"] in kinds]

    def on_terminal(self, tree, columns=80, rows=24, **changes):
        terminal = Terminal([HOLDFAST, "watch"], tree, self.environment(TERM="xterm", **changes))
        self.resize(terminal, columns, rows)
        self.addCleanup(terminal.close)
        return terminal

    @staticmethod
    def resize(terminal, columns, rows):
        fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def test_the_history_says_how_much_is_left(self):
        """The tree is new, as in CI, so only the history knows the tests."""
        history = self.environment(HOLDFAST_HISTORY=str(self.work / "h.sqlite"))
        text = "add_test(NAME first COMMAND true)\nadd_test(NAME last COMMAND sleep 0.4)\n"
        self.end(tree := self.project(text, build="before"), self.start(CTEST, cwd=tree, env=history))
        for environment, known in ((history, True), (self.environment(), False)):
            self.go.unlink()
            (self.work / "slow").unlink(missing_ok=True)
            tree = self.project(self.slow() + text, build=f"new-{known}")
            ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
            wait_until((self.work / "slow").exists, "the test")
            watch = self.watch(tree, "--json", env=environment)
            self.wait_for('"started"')
            self.end(tree, ctest, watch)
            left = {event["test"]: event["left_s"] for event in self.events("ended")}
            if known:
                self.assertGreater(left["first"], 0.3)
            else:
                self.assertIsNone(left["slow"])

    def test_a_run_from_before_its_beginning_to_its_end(self):
        tree = self.project(self.slow() + """
add_test(NAME quick COMMAND true)
add_test(NAME bad COMMAND sh -c "echo x.cpp:3: error: too bad; exit 3")
add_test(NAME inverse COMMAND false)
set_tests_properties(inverse PROPERTIES WILL_FAIL ON)
add_test(NAME bare COMMAND true)
set_tests_properties(bare PROPERTIES HOLDFAST_ENABLED OFF)
add_test(NAME off COMMAND true)
set_tests_properties(off PROPERTIES DISABLED ON)
""")
        watch = self.watch(tree)
        self.wait_for(f"no run of {tree} is going on: waiting for one\n")
        ctest = self.begin(tree, "-j3")
        self.wait_for('passed "quick"')
        self.wait_for('started "slow"\n')
        self.end(tree, ctest)
        self.assertEqual(watch.wait(PATIENCE_S), 0)
        lines = self.seen().splitlines()
        self.assertEqual(lines[1], f"run {self.runs(tree)[0].name} of {tree}")
        self.assertRegex(self.seen(), r'\nfailed "bad" exit code 3 after \S+ s \(\d of 6\): x.cpp:3: (error: )?too bad\n')
        self.assertRegex(self.seen(), r'\npassed "inverse" exit code 1 after \S+ s \(\d of 6\)\n')
        self.assertRegex(self.seen(), r'\npassed "bare" \(\d of 6\)\n')
        self.assertRegex(self.seen(), r'\nnot run "off" \(\d of 6\)\n')
        self.assertEqual(lines[-1], "the run ended, 6 of 6: 4 passed, 1 failed")
        self.assertNotIn("\x1b", self.seen())

    def test_the_first_run_of_a_tree_is_waited_for_by_its_directory(self):
        """The directory of the runs is not there yet."""
        tree = self.project("add_test(NAME t COMMAND true)\n")
        self.assertFalse((tree / ".holdfast/runs").exists())
        watch = self.watch(tree)
        directory = (tree / ".holdfast").stat().st_ino
        wait_until(lambda: directory in watched_inodes(watch.pid), "the directory to be watched")
        self.end(tree, self.start(CTEST, cwd=tree, stdout=-3, stderr=-3), watch)
        self.assertIn('passed "t"', self.seen())

    def test_as_json(self):
        lock = self.lock_name()
        tree = self.project(self.slow() + f"""
set_tests_properties(slow PROPERTIES RESOURCE_LOCK {lock})
""")
        self.end(tree, self.begin(tree))
        self.go.unlink()
        (self.work / "slow").unlink()
        ready = self.work / "ready"
        holder = self.start(HOLDFAST, "run", "--name", "holder", "--lock", lock, "--", "sh", "-c", f": >{ready}; exec sleep 600", cwd=tree)
        wait_until(ready.exists, "the holder")
        watch = self.watch(tree, "--json")
        self.wait_for('"waiting"')
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.wait_for(f'"lock":"{lock}@project","holder":"holder"')
        holder.terminate()
        wait_until((self.work / "slow").exists, "the test")
        self.wait_for('"lock":null')
        self.end(tree, ctest)
        self.assertEqual(watch.wait(PATIENCE_S), 0)
        run, = self.events("run")
        self.assertEqual((run["v"], run["run"], run["tree"]), (1, self.runs(tree)[-1].name, str(tree)))
        self.assertEqual([e["test"] for e in self.events("started")], ["slow"])
        ended, = self.events("ended")
        self.assertEqual((ended["outcome"], ended["exit_code"], ended["done"], ended["total"], ended["went_wrong"]),
                         ("passed", 0, 1, 1, False))
        last = self.events()[-1]
        self.assertEqual((last["event"], last["complete"], last["counts"]), ("end", True, {"passed": 1}))

    def test_a_wait_for_a_service_is_told_here_and_by_status(self):
        tree = self.project(f"""
add_test(NAME asks COMMAND sh -c ": >{self.work}/asks")
set_tests_properties(asks PROPERTIES HOLDFAST_SERVICES slow)
""")
        (self.work / "project/holdfast.toml").write_text(f"""[service.slow]
command = ["sleep", "1000"]
ready-command = ["test", "-e", "{self.go}"]
health-command = ["true"]
""")
        watch = self.watch(tree, "--json")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.wait_for('"services":"slow"')
        event, = self.events("waits")
        self.assertEqual((event["test"], event["lock"], event["why"]), ("asks", None, "slow is starting"))
        text = self.finish(HOLDFAST, "status", "--tree", tree).stdout.decode()
        self.assertRegex(text, r'\n  "asks" \(pid \d+\) for .*, waiting for service slow: slow is starting\n')
        run, = json.loads(self.finish(HOLDFAST, "status", "--json", "--tree", tree).stdout)["runs"]
        test, = run["tests"]
        self.assertEqual((test["waits_for"], test["waits_for_services"]), (None, "slow"))
        self.end(tree, ctest, watch)
        self.assertTrue((self.work / "asks").exists())
        self.assertLessEqual([e["services"] for e in self.events("waits") if "services" in e], ["slow"])
        self.assertEqual(self.events("ended")[0]["outcome"], "passed")

    def test_a_test_that_prints_the_beginning_of_an_entry_holds_up_nobody(self):
        bare = "PROPERTIES HOLDFAST_ENABLED OFF"
        mark = "1/3 Testing: odd\\\\n1/3 Test: odd\\\\nCommand: x\\\\nDirectory: /t\\\\n\\\"odd\\\" start time: Nov 20\\\\nOutput:\\\\n" + 58 * "-"
        tree = self.project(f"""
add_test(NAME odd COMMAND sh -c "printf '{mark}\\\\n'")
add_test(NAME next COMMAND true)
set_tests_properties(odd next {bare})
""" + self.slow())
        watch = self.watch(tree)
        ctest = self.begin(tree)
        self.wait_for('passed "next" (2 of 3)')
        self.assertIn('passed "odd" (1 of 3)', self.seen())
        self.end(tree, ctest, watch)

    def test_words_of_a_failure_at_the_end_of_a_long_output(self):
        tree = self.project("""add_test(NAME long COMMAND sh -c "yes a line | head -c 3000000; echo 'x.cpp:3: Failure'; echo 'Expected: y'; exit 1")\n""" + self.slow())
        watch = self.watch(tree)
        ctest = self.begin(tree)
        self.wait_for("x.cpp:3: Expected: y")
        self.end(tree, ctest, watch)

    def test_the_death_of_the_keeper_and_of_ctest(self):
        for victims in ("keeper", "ctest", "both"):
            with self.subTest(victims=victims):
                tree = self.project(self.slow("first") + self.slow("second"), build=f"build-{victims}",
                                    name=f"project-{victims}")
                for name in ("first", "second", "go"):
                    (self.work / name).unlink(missing_ok=True)
                ctest = self.begin(tree, "-j2", test="first")
                watch = self.watch(tree)
                self.wait_for('started "first"\n')
                self.wait_for('started "second"\n')
                if victims != "ctest":
                    for keeper in keepers_of(tree):
                        os.kill(keeper.pid, signal.SIGKILL)
                    wait_until(lambda t=tree: no_keeper_of(t), "the keeper to be dead")
                if victims != "keeper":
                    ctest.kill()
                    ctest.wait(PATIENCE_S)
                self.go.touch()
                self.assertEqual(watch.wait(PATIENCE_S), 0)
                # Without its keeper, `holdfast end` records the end of the run.
                ended = "ended" if victims == "keeper" else "died"
                self.assertRegex(self.seen(), rf"\nthe run {ended}, .*\n$")
                if victims == "keeper":
                    self.assertEqual(ctest.wait(PATIENCE_S), 0)
                    self.assertEqual(self.seen().count("passed \""), 2, self.seen())
                    self.assertIn("the run ended, 2 of 2: 2 passed\n", self.seen())
                wait_until(lambda t=tree: no_keeper_of(t), "the keeper to end")

    def test_tests_after_the_death_of_the_keeper_are_counted(self):
        tree = self.project(self.slow() + "add_test(NAME last COMMAND true)\n")
        ctest = self.begin(tree)
        watch = self.watch(tree)
        self.wait_for('started "slow"\n')
        for keeper in keepers_of(tree):
            os.kill(keeper.pid, signal.SIGKILL)
        wait_until(lambda: no_keeper_of(tree), "the keeper to be dead")
        self.end(tree, ctest)
        self.assertEqual(watch.wait(PATIENCE_S), 0)
        self.assertRegex(self.seen(), r"\nthe run ended, 2 of 2: 2 passed\n$")

    def test_ctrl_c_ends_it_at_once_and_the_run_goes_on(self):
        tree = self.project(self.slow())
        ctest = self.begin(tree)
        terminal = self.on_terminal(tree)
        terminal.expect("  slow  ")
        terminal.type("\x03")
        self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertNotIn("holdfast: ", terminal.seen)
        self.end(tree, ctest)
        self.assertEqual(ctest.returncode, 0)

    def test_a_block_on_a_terminal_and_failures_above_it(self):
        tree = self.project("add_test(NAME bad COMMAND false)\n" + self.slow() + 'add_test(NAME "a long name of a test that does not fit" COMMAND true)\n')
        # How long it takes is known from the run before.
        self.go.touch()
        self.begin(tree).wait(PATIENCE_S)
        self.go.unlink()
        (self.work / "slow").unlink()
        ctest = self.begin(tree)
        terminal = self.on_terminal(tree)
        terminal.expect(r'\x1b\[31mfailed "bad" exit code 1 after \S+ s \(1 of 3\)\x1b\[0m\n')
        terminal.expect(r"\x1b\[31m\[=+ +\] 1 of 3: 1 failed, about \S+ s left\x1b\[0m\n  slow  \S+ s\n")
        # The block is drawn anew over itself.
        terminal.expect(r"\x1b\[3A\r?\x1b\[J")
        self.resize(terminal, 30, 24)
        terminal.expect(r"\x1b\[Jrun .{25}\n\x1b\[31m\[=")
        self.end(tree, ctest)
        terminal.wait()
        self.assertTrue(terminal.seen.endswith("the run ended, 3 of 3: 2 passed, 1 failed\x1b[0m\n"), terminal.seen)

    def test_no_color_and_clicolor_force(self):
        tree = self.project("add_test(NAME bad COMMAND false)\n" + self.slow())
        ctest = self.begin(tree)
        terminal = self.on_terminal(tree, NO_COLOR="1")
        terminal.expect(r'failed "bad" exit code 1')
        terminal.expect(r"  slow  \S+ s\n")
        # Such a terminal cannot draw.
        dumb = Terminal([HOLDFAST, "watch"], tree, self.environment(TERM="dumb"))
        self.addCleanup(dumb.close)
        dumb.expect('started "slow"\n')
        forced = self.watch(tree, env=self.environment(CLICOLOR_FORCE="1"))
        self.wait_for('\x1b[31mfailed "bad"')
        self.end(tree, ctest)
        terminal.wait()
        self.assertNotIn("\x1b[31m", terminal.seen)
        dumb.wait()
        self.assertRegex(dumb.seen, 'passed "slow" ')
        self.assertNotIn("\x1b[J", dumb.seen)
        self.assertEqual(forced.wait(PATIENCE_S), 0)

    def test_a_run_that_is_over_before_it_is_seen(self):
        tree = self.project("add_test(NAME t COMMAND true)\n")
        watch = self.watch(tree)
        self.wait_for("waiting for one")
        # It is stopped while the whole run passes.
        watch.send_signal(signal.SIGSTOP)
        self.finish(CTEST, cwd=tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        watch.send_signal(signal.SIGCONT)
        self.assertEqual(watch.wait(PATIENCE_S), 0)
        self.assertTrue(self.seen().endswith("the run ended, 1 of 1: 1 passed\n"), self.seen())

    def test_an_output_that_takes_nothing_ends_it(self):
        tree = self.project(self.slow())
        ctest = self.begin(tree)
        for output in ("/dev/full", "&-"):
            ended = self.finish("sh", "-c", f"exec '{HOLDFAST}' watch --tree '{tree}' >{output}")
            self.assertEqual(ended.returncode, 2)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(b"failed to write to stdout: ", ended.stderr)
        self.end(tree, ctest)

    def test_a_tree_that_is_none_is_refused_in_one_line(self):
        ended = self.finish(HOLDFAST, "watch", "--tree", "nowhere")
        self.assertEqual(ended.returncode, 2)
        self.assert_our_lines(ended.stderr, 1)


if __name__ == "__main__":
    unittest.main()
