"""`holdfast locks` and `holdfast status` show which processes hold and wait for locks, and which
tests run."""

import json
import os
import signal
import time
import unittest

from places import need_namespace
from support import (CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, children_of, command_of, keepers_of, no_keeper_of,
                     program, wait_until)


class StatusTest(ProjectCase):
    def hold(self, spec, file, options=(), **how):
        begun = self.start(*self.supervised(program("linger"), self.pid_file(file),
                                            options=["--lock", spec, "--name", file, *options]),
                           stderr=-3, **how)
        self.announced(self.pid_file(file))
        return begun

    def json(self, *words, **how):
        ended = self.finish(HOLDFAST, *words, "--json", **how)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        return json.loads(ended.stdout)

    def lock(self, name):
        """The lock's entry in `locks --json`. None: it is not in use."""
        found = [one for one in self.json("locks")["locks"] if one["name"] == name]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def test_holders_and_waiters_in_order(self):
        name = self.lock_name()
        before = time.time()
        holder = self.hold(name, "holder")
        waiters = []
        for test in ("first", "second"):
            waiters.append(self.start(*self.supervised("true", options=[
                "--quiet", "--lock", f"{name}:shared", "--name", test]), stderr=-3))
            wait_until(lambda n=len(waiters): len(self.lock(name)["waiters"]) == n, "the wait")
        seen = self.lock(name)
        self.assertEqual((seen["scope"], seen["mode"], seen["waiting"]), ("user", "exclusive", 2))
        one, = seen["holders"]
        self.assertEqual((one["pid"], one["test"], one["tree"]), (holder.pid, "holder", ""))
        self.assertTrue(before - 1 <= one["since"] <= time.time())
        self.assertEqual([(w["pid"], w["test"], w["mode"]) for w in seen["waiters"]],
                         [(w.pid, t, "shared") for w, t in zip(waiters, ("first", "second"))])
        text = self.finish(HOLDFAST, "locks").stdout.decode()
        self.assertRegex(text, rf'{name}@user \(exclusive\)\n  held by "holder" \(pid {holder.pid}\) for [^\n]*\n'
                         rf'  1\. "first" \(pid {waiters[0].pid}\) waits for [^\n]* \(shared\)\n'
                         rf'  2\. "second" ')
        holder.terminate()
        self.assertEqual([w.wait(PATIENCE_S) for w in waiters], [0, 0])
        self.assertIsNone(self.lock(name))

    def test_a_name_does_not_steer_the_terminal(self):
        """The name's escape sequences are shown as text; JSON has the name as it is."""
        name = self.lock_name()
        odd, shown = "\x1b]0;t\x07\x1b[31m\u009bred\r", rb"\x1b]0;t\x07\x1b[31m\u009bred\x0d"
        self.start(*self.supervised(program("linger"), self.pid_file(), options=[
            "--lock", name, "--name", odd]), stderr=-3)
        self.announced(self.pid_file())
        refused = self.finish(*self.supervised("true", options=[
            "--lock", name, "--lock-timeout", "300ms", "--name", odd]))
        for text in (self.finish(HOLDFAST, "locks").stdout, self.finish(HOLDFAST, "status").stdout,
                     refused.stderr):
            self.assertIn(b'"' + shown + b'"', text)
            self.assertFalse(set(text.decode()) & set("\x1b\x07\r\u009b"), text)
        self.assertEqual(self.lock(name)["holders"][0]["test"], odd)

    def test_slots_and_stopped_holders(self):
        name = self.lock_name()
        self.hold(f"{name}:2/4", "one")
        two = self.hold(f"{name}:1/4", "two")
        two.send_signal(signal.SIGSTOP)
        wait_until(lambda: [h["stopped"] for h in self.lock(name)["holders"]] == [False, True],
                   "the holder to be seen stopped")
        seen = self.lock(name)
        self.assertEqual(seen["mode"], "counted")
        self.assertEqual([(h["test"], h["mode"], h["slots"]) for h in seen["holders"]],
                         [("one", "2/4", [0, 1]), ("two", "1/4", [2])])
        self.assertIn("slots 0,1", self.finish(HOLDFAST, "locks").stdout.decode())
        two.send_signal(signal.SIGCONT)

    def test_a_script_is_seen(self):
        name = self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", name]))
        script = self.start("flock", "-x", "-F", self.lock_file(name), program("linger"),
                            self.pid_file())
        self.announced(self.pid_file())
        one, = self.lock(name)["holders"]
        self.assertEqual((one["pid"], one["since"], one["mode"]), (script.pid, None, "flock"))
        self.assertIn("linger", one["test"])

    def test_runs_tests_and_what_they_wait_for(self):
        name = self.lock_name()
        tests = f"""
add_test(NAME "the test" COMMAND @P@/close_output ${{CMAKE_BINARY_DIR}}/test.pids)
set_tests_properties("the test" PROPERTIES RESOURCE_LOCK {name} WILL_FAIL ON)"""
        one, two = [self.project(tests, name="source", build=build) for build in ("one", "two")]
        first = self.start(CTEST, cwd=one, stdout=-3, stderr=-3)
        self.announced(one / "test.pids")
        second = self.start(CTEST, cwd=two, stdout=-3, stderr=-3)

        def run_of(tree, *words):
            found = [r for r in self.json("status", *words)["runs"] if r["tree"] == str(tree)]
            return found[0] if found else None

        wait_until(lambda: run_of(two) and [t["waits_for"] for t in run_of(two)["tests"]]
                   == [f"{name}@project"], "the second to wait")
        run = run_of(one)
        self.assertEqual(run["ctest"], first.pid)
        test, = run["tests"]
        self.assertEqual((test["test"], test["waits_for"]), ("the test", None))
        launcher, = [pid for pid in children_of(first.pid)
                     if command_of(pid)[0].endswith("holdfast-launcher")]
        self.assertEqual(test["pid"], launcher)
        self.assertEqual(self.runs(one)[-1].name, run["run"])
        # The run that began first comes first.
        trees = [r["tree"] for r in self.json("status")["runs"]]
        self.assertEqual([tree for tree in trees if tree in (str(one), str(two))], [str(one), str(two)])
        # Only this tree is shown.
        self.assertEqual([r["tree"] for r in self.json("status", "--tree", one)["runs"]], [str(one)])
        text = self.finish(HOLDFAST, "status", "--tree", two).stdout.decode()
        self.assertRegex(text, rf'run \S+ of {two} \(ctest, pid {second.pid}\) for [^\n]*\n  "the test" '
                         rf'\(pid \d+\) for [^\n]*, waiting for lock {name}@project\n')
        # Wherever it is asked.
        self.assertIn(f" of {two} ", self.finish(HOLDFAST, "status", cwd="/").stdout.decode())
        # Without a keeper, the journal of the tree tells.
        for keeper in keepers_of(one):
            os.kill(keeper.pid, signal.SIGKILL)
        wait_until(lambda: no_keeper_of(one), "the keeper to be dead")
        self.assertEqual([t["test"] for t in run_of(one, "--tree", one)["tests"]], ["the test"])
        self.assertIsNone(run_of(one))  # from elsewhere, nobody knows of this tree
        seen = [run["tree"] for run in self.json("status", cwd=one)["runs"]]
        self.assertLessEqual({str(one), str(two)}, set(seen))
        self.assertEqual(seen.count(str(one)), 1)
        self.assertIn(b"expected a build tree", self.finish(HOLDFAST, "status", "--tree", one / "nowhere").stderr)
        for tree, ctest in ((one, first), (two, second)):
            self.announced(tree / "test.pids")
            (tree / "test.pids.go").touch()
            ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(two), "the keeper to end")
        self.assertIsNone(run_of(two))
        self.assertIn("no run is going on",
                      self.finish(HOLDFAST, "status", "--tree", one).stdout.decode())

    def assert_shown_from_here(self, words):
        """Runs ctest in that place. Checks what status shows here while the second test runs."""
        go = self.work / "go"
        tree = self.project(f"""
add_test(NAME quick COMMAND true)
add_test(NAME slow COMMAND sh -c ": >{self.work}/there; until [ -e {go} ]; do sleep 0.01; done")
""", build=f"build{len(list(self.work.iterdir()))}")
        (self.work / "there").unlink(missing_ok=True)
        ctest = self.start(*words, CTEST, cwd=tree, stdout=-3, stderr=-3)
        wait_until((self.work / "there").exists, "the second test")
        run, = self.json("status", "--tree", tree)["runs"]
        self.assertEqual((run["run"], run["tree"]), (self.runs(tree)[-1].name, str(tree)))
        self.assertEqual([t["test"] for t in run["tests"]], ["slow"])
        self.assertTrue(run["other_pid_namespace"])
        self.assertRegex(self.finish(HOLDFAST, "status", "--tree", tree).stdout.decode(),
                         r'(?m)^run .* \(ctest, pid \d+ in another PID namespace\) for .*\n  "slow" \(pid \d+\) for ')
        go.touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        go.unlink()
        self.assertEqual(self.json("status", "--tree", tree)["runs"], [])

    def test_a_run_of_another_pid_namespace_is_shown_with_its_tests(self):
        inside = need_namespace(self)
        self.assert_shown_from_here(inside)

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount over the user's directory")
    def test_so_is_one_whose_keeper_cannot_be_asked(self):
        """As in a container with its own /tmp."""
        inside = need_namespace(self)
        own = f'mkdir -p {USER_DIRECTORY} && mount -t tmpfs -o mode=700 none {USER_DIRECTORY} && exec "$@"'
        self.assert_shown_from_here([*inside, "sh", "-c", own, "sh"])

    def test_a_tree_that_is_none_is_refused_in_one_line(self):
        ended = self.finish(HOLDFAST, "status", "--tree", "nowhere")
        self.assertEqual(ended.returncode, 2)
        self.assert_our_lines(ended.stderr, 1)


if __name__ == "__main__":
    unittest.main()
