"""Locks of runs inside runs: no upgrade, and circles that are named and end."""

import os
import unittest

from support import HOLDFAST, PATIENCE_S, SystemCase, wait_until


class LockNestingTest(SystemCase):
    def nested(self, outer, inner):
        run = [HOLDFAST, "run", "--lock", outer, "--", HOLDFAST, "run", "--lock", inner, "--", "true"]
        return self.finish(*run)

    def test_more_than_an_ancestor_has_is_refused(self):
        for outer, inner, why in ((":shared", "", "has shared"), (":shared", ":1/2", "has shared"),
                                  (":1/2", "", "slots of it"), (":1/2", ":2/2", "has 1"),
                                  (":1/2", ":1/3", "size 2; expected 3")):
            name = self.lock_name()
            ended = self.nested(name + outer, name + inner)
            self.assertEqual(ended.returncode, 125, (outer, inner))
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(why, ended.stderr.decode())

    def test_as_much_or_less_is_had(self):
        for outer, inner in (("", ""), ("", ":shared"), ("", ":2/2"), (":shared", ":shared"),
                             (":2/2", ":1/2"), (":1/2", ":shared")):
            name = self.lock_name()
            ended = self.nested(name + outer, name + inner)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""), (outer, inner))

    def outer(self, which, has, wants, options=()):
        """A run that has one lock and, told to, runs another that wants a second."""
        gate = self.work / f"{which}.gate"
        os.mkfifo(gate)
        inner = " ".join([HOLDFAST, "run", "--name", f"in-{which}", "--lock", wants, *options,
                          "--", "true"])
        log = open(self.work / f"{which}.err", "wb")
        self.addCleanup(log.close)
        begun = self.start(HOLDFAST, "run", "--name", which, "--lock", has, "--", "sh", "-c",
                           f'echo $$ >"{self.pid_file(which)}"; read go <"{gate}"; {inner}',
                           stderr=log)
        self.announced(self.pid_file(which))
        return begun, gate

    def log(self, which):
        return (self.work / f"{which}.err").read_text()

    def test_a_circle_is_named_and_ends(self):
        a, b = self.lock_name(), self.lock_name()
        one, one_gate = self.outer("one", has=b, wants=a, options=["--lock-timeout", "3s"])
        two, two_gate = self.outer("two", has=a, wants=b)
        two_gate.write_text("go\n")
        wait_until(lambda: "waiting for lock" in self.log("two"), "the first to wait")
        one_gate.write_text("go\n")
        circle = (rf'circle: "in-one" \(pid \d+\) waits for {a}@user, held by "two" \(pid {two.pid}\), '
                  rf'in which "in-two" \(pid \d+\) waits for {b}@user, held by "one" \(pid {one.pid}\), '
                  r'which is around "in-one" \(pid \d+\)')
        self.assertEqual(one.wait(PATIENCE_S), 75)
        # With the lock that it let go the other goes on.
        self.assertEqual(two.wait(PATIENCE_S), 0)
        lines = self.log("one").splitlines()
        self.assertRegex(lines[0], "waiting for lock .*" + circle)
        self.assertRegex(lines[-1], "gave up waiting for lock .*" + circle)
        self.assertNotIn("circle", self.log("two"))

    def test_out_of_order_without_a_circle_says_so_when_it_gives_up(self):
        a, b = self.lock_name(), self.lock_name()
        other, gate = self.outer("other", has=a, wants="unused-" + b)
        self.lock_names.append("unused-" + b)
        one, one_gate = self.outer("one", has=b, wants=a, options=["--lock-timeout", "400ms"])
        one_gate.write_text("go\n")
        self.assertEqual(one.wait(PATIENCE_S), 75)
        self.assertIn("out of order", self.log("one").splitlines()[-1])
        gate.write_text("go\n")
        self.assertEqual(other.wait(PATIENCE_S), 0)

    def test_out_of_order_and_free_is_had_at_once(self):
        a, b = self.lock_name(), self.lock_name()
        ended = self.nested(b, a)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))


if __name__ == "__main__":
    unittest.main()
