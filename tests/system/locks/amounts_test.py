"""Locks with an amount (budgets): tests take parts of a whole (docs/reference/locks.md)."""

import json
import os
import re
import signal
import unittest

from support import HOLDFAST, PATIENCE_S, ProjectCase, program, wait_until


class AmountsTest(ProjectCase):
    def hold(self, spec, file):
        begun = self.start(*self.supervised(program("linger"), self.pid_file(file),
                                            options=["--lock", spec]), stderr=-3)
        return begun, self.announced(self.pid_file(file))[0]

    def runs(self, spec, *command):
        return self.finish(*self.supervised(*(command or ("true",)),
                                            options=["--lock", spec, "--lock-timeout", "20s"]))

    def is_free(self, spec):
        ended = self.finish(*self.supervised("true", options=["--lock", spec, "--lock-timeout", "50ms"]))
        self.assertIn(ended.returncode, (0, 75), ended.stderr)
        return ended.returncode == 0

    def test_the_sum_is_never_above_the_whole(self):
        for by in self.each_supervisor():
            name = self.lock_name()
            file = self.work / f"intervals-{name}"
            shares = (6, 3, 1, 8, 2, 5) * 4
            runs = [self.start(*self.supervised(
                "sh", "-c", f'exec {program("record_interval")} "{file}" 10 {share}', by=by,
                options=["--quiet", "--lock", f"{name}:{share}GiB/8GiB"])) for share in shares]
            self.assertEqual([run.wait(PATIENCE_S) for run in runs], [0] * len(shares))
            changes = []
            for line in file.read_text().splitlines():
                begin, end, share = (int(word) for word in line.split())
                changes += [(begin, share), (end, -share)]
            self.assertEqual(len(changes), 2 * len(shares))
            at_once, most = 0, 0
            for _, change in sorted(changes):
                at_once += change
                most = max(most, at_once)
            self.assertLessEqual(most, 8)

    def test_three_thirds_are_a_whole(self):
        name = self.lock_name()
        for number in range(3):
            self.hold(f"{name}:8GiB/24GiB", f"holder-{number}")
        self.assertFalse(self.is_free(f"{name}:1KiB/24GiB"))

    def test_a_wait_names_who_has_a_part_and_locks_shows_how_much(self):
        name = self.lock_name()
        holder, _ = self.hold(f"{name}:6GiB/8GiB", "holder")
        waiter = self.start(*self.supervised("true", options=["--lock", f"{name}:4GiB/8GiB"]), stderr=-1)
        said = waiter.stderr.readline().decode()
        self.assertIn(f'waiting for lock {name}:4GiB/8GiB@', said)
        self.assertIn(f'is held by "linger" (pid {holder.pid}', said)
        text = self.finish(HOLDFAST, "locks").stdout.decode()
        self.assertRegex(text, rf"{re.escape(name)}@\w+ \(amount")
        self.assertRegex(text, r'1\. "true" \(pid \d+\) waits for .* \(4GiB/8GiB\)')
        lock, = (one for one in json.loads(self.finish(HOLDFAST, "locks", "--json").stdout)["locks"]
                 if one["name"] == name)
        self.assertEqual((lock["mode"], lock["holders"][0]["mode"]), ("amount", "6GiB/8GiB"))
        holder.send_signal(signal.SIGTERM)
        holder.wait(PATIENCE_S)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        waiter.stderr.close()

    def test_kill_9_frees_exactly_its_part(self):
        name = self.lock_name()
        self.hold(f"{name}:2GiB/8GiB", "first")
        begun, test = self.hold(f"{name}:4GiB/8GiB", "victim")
        self.hold(f"{name}:2GiB/8GiB", "last")
        guard = self.guard_of(begun.pid)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in (begun.pid, guard.pid, test.pid):
                os.kill(pid, number)
        begun.wait()
        self.assert_gone([guard, test])
        self.assertEqual(self.runs(f"{name}:4GiB/8GiB").returncode, 0)
        self.hold(f"{name}:4GiB/8GiB", "next")
        self.assertFalse(self.is_free(f"{name}:1KiB/8GiB"))

    def test_memory_without_a_whole_is_the_machines(self):
        # The scope is the user, so other tests may have a part of it.
        def ask(size):
            return self.finish(*self.supervised("true", options=["--lock", f"memory:{size}", "--lock-timeout", "20s"]))
        for size in ("1MiB", "1000000TiB"):
            ended = ask(size)
            self.assertEqual((ended.returncode, ended.stdout), (0, b""), ended.stderr)

    def test_what_is_no_amount_is_refused(self):
        for spec, found in (("vram:6GiB", 'such as 6GiB/24GiB, found "6GiB"'),
                            ("vram:6GB/24GB", "expected SIZE/SIZE"),
                            ("vram:6GiB/4GiB", "expected SIZE/SIZE"),
                            ("memory:6", "expected `shared`, K/N or SIZE/SIZE")):
            ended = self.finish(HOLDFAST, "run", "--lock", spec, "--", "true")
            self.assertEqual((ended.returncode, ended.stdout), (125, b""), spec)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(found, ended.stderr.decode())

    def test_tests_inside_a_test_share_its_part(self):
        name = self.lock_name()
        inner = [HOLDFAST, "run", "--lock-timeout", "100ms", "--lock"]
        script = f"""'{HOLDFAST}' run --lock {name}:2GiB/8GiB -- \\
            '{HOLDFAST}' run --lock {name}:1GiB/8GiB -- true && echo fits
            '{HOLDFAST}' run --lock {name}:3GiB/8GiB -- true"""
        ended = self.finish(*inner, f"{name}:2GiB/8GiB", "--", "sh", "-c", script)
        self.assertEqual((ended.returncode, ended.stdout), (125, b"fits\n"), ended.stderr)
        self.assertIn(b"have 3GiB: an attempt around this one has 2GiB", ended.stderr)

    def test_the_report_proposes_a_value_for_a_test_that_needs_much(self):
        tree = self.project("""
add_test(NAME large COMMAND python3 -c "x = b'x' * (600 << 20)")
add_test(NAME small COMMAND true)
add_test(NAME asked COMMAND python3 -c "x = b'x' * (600 << 20)")
set_tests_properties(asked PROPERTIES HOLDFAST_LOCKS "memory:1GiB")
""")
        self.assertEqual(self.ctest(tree).returncode, 0)
        wait_until(lambda: "INCOMPLETE" not in self.report(tree), "the run to end")
        said = self.report(tree).split("\nMost memory\n")[1].split("\n\n")[0]
        self.assertRegex(said, r'large +6\d\d\.\d MiB, asked for none; HOLDFAST_LOCKS "memory:(768MiB|1GiB)"')
        self.assertRegex(said, r"asked +6\d\d\.\d MiB, asked for 1GiB(\n|$)")
        self.assertNotIn("small", said)

    def report(self, tree):
        return self.finish(HOLDFAST, "report", "--tree", tree).stdout.decode()


if __name__ == "__main__":
    unittest.main()
