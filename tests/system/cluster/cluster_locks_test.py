"""Locks of scope `cluster` for commands of `holdfast run`: who has them, in which order, what is told."""

import json
import os
import re
import signal
import time
import unittest

from contained import trouble_with
from etcd import EtcdCase
from support import HOLDFAST, PATIENCE_S, not_inside, state_of, unfolded, wait_until

PRINT_FENCE = 'echo "$HOLDFAST_FENCE_DB $HOLDFAST_SLOT_DB"'


class ClusterLocksTest(EtcdCase):
    def holder(self, spec, name="holder", **how):
        """A command that has the lock until its file `name`.go is there."""
        go = self.work / f"{name}.go"
        script = f': >{self.work / name}.on; while [ ! -e "{go}" ]; do sleep 0.02; done'
        begun = self.with_lock(spec, "sh", "-c", script, options=["--name", name, *how.pop("options", [])], **how)
        return begun, go

    def wait_on(self, name="holder"):
        wait_until((self.work / f"{name}.on").exists, f"{name} has its lock")

    def is_on(self, name):
        return (self.work / f"{name}.on").exists()

    def let_go(self, begun, go):
        go.touch()
        self.assertEqual(begun.wait(PATIENCE_S), 0)

    def run_with(self, spec, script=PRINT_FENCE, options=(), **how):
        specs = [spec] if isinstance(spec, str) else spec
        locks = [word for one in specs for word in ("--lock", one)]
        how.setdefault("cwd", self.place())
        return self.finish(HOLDFAST, "run", *locks, *options, "--", "sh", "-c", script, **how)

    def test_an_exclusive_holder_is_alone_and_each_fence_is_larger(self):
        first, go = self.holder("db@cluster")
        self.wait_on()
        key, = self.wait_for_keys(1, "db")
        self.assertEqual(key["test"], "holder")
        self.assertEqual(key["host"], os.uname().nodename)
        second = self.with_lock("db@cluster", "sh", "-c", PRINT_FENCE, stdout=-1, cwd=self.place("elsewhere"))
        keys = self.wait_for_keys(2, "db")
        self.assertEqual(keys[0], key)
        self.assertIsNone(second.poll())
        self.let_go(first, go)
        out, _ = second.communicate(timeout=PATIENCE_S)
        self.assertEqual(int(out.split()[0]), keys[1]["revision"])
        self.assertGreater(keys[1]["revision"], key["revision"])
        self.wait_for_keys(0)
        wait_until(lambda: not self.clients(), "the end of holdfast-etcd")

    def test_shared_holders_meet_and_a_waiting_writer_is_not_overtaken(self):
        one = self.holder("db:shared@cluster", "one")
        self.wait_on("one")
        two = self.holder("db:shared@cluster", "two")
        self.wait_on("two")
        writer = self.holder("db@cluster", "writer")
        self.wait_for_keys(3, "db")
        three = self.holder("db:shared@cluster", "three")
        self.wait_for_keys(4, "db")
        self.let_go(*one)
        self.wait_for_keys(3, "db")
        self.assertFalse(self.is_on("writer") or self.is_on("three"))
        self.let_go(*two)
        self.wait_on("writer")
        self.assertFalse(self.is_on("three"))
        self.let_go(*writer)
        self.wait_on("three")
        self.let_go(*three)

    def test_slots_are_numbered_over_all_machines(self):
        one = self.holder("gpu:1/2@cluster", "one")
        self.wait_on("one")
        two = self.run_with("gpu:1/2@cluster", 'echo "$HOLDFAST_SLOT_GPU"')
        self.assertEqual(two.stdout, b"1\n")
        other = self.holder("gpu:1/2@cluster", "other")
        self.wait_on("other")
        both = self.with_lock("gpu:2/2@cluster", "sh", "-c", 'echo "$HOLDFAST_SLOT_GPU"', stdout=-1)
        self.wait_for_keys(3, "gpu")
        last = self.with_lock("gpu:1/2@cluster", "sh", "-c", 'echo "$HOLDFAST_SLOT_GPU"', stdout=-1)
        self.wait_for_keys(4, "gpu")
        self.let_go(*one)  # a slot is free, but who needs two was there before
        self.wait_for_keys(3, "gpu")
        self.assertIsNone(last.poll())
        self.let_go(*other)
        self.assertEqual(both.communicate(timeout=PATIENCE_S)[0], b"0,1\n")
        self.assertEqual(last.communicate(timeout=PATIENCE_S)[0], b"0\n")

    def test_amounts_add_up_to_the_whole_at_most(self):
        one = self.holder("vram:6GiB/10GiB@cluster", "one")
        self.wait_on("one")
        two = self.holder("vram:4GiB/10GiB@cluster", "two")
        self.wait_on("two")
        three = self.holder("vram:1KiB/10GiB@cluster", "three")
        self.wait_for_keys(3, "vram")
        self.let_go(*two)
        self.wait_on("three")
        self.let_go(*three)
        self.let_go(*one)

    def test_another_size_is_refused_in_words(self):
        one = self.holder("gpu:1/2@cluster", "one")
        self.wait_on("one")
        refused = self.run_with("gpu:1/3@cluster")
        self.assertEqual(refused.returncode, 125)
        self.assertRegex(unfolded(refused.stderr.decode()), r'lock gpu:1/3@cluster: it has another size: "one" \(pid \d+ on ')
        self.let_go(*one)

    def test_a_wait_is_told_and_given_up_in_time(self):
        one = self.holder("db@cluster")
        self.wait_on()
        late = self.run_with("db@cluster", options=["--name", "late", "--lock-timeout", "0.6"])
        self.assertEqual(late.returncode, 75, late.stderr)
        said = unfolded(late.stderr.decode())
        self.assertRegex(said, r'holdfast: "late" waiting for lock db@cluster \(0\.2 s\): db@cluster is held by "holder" '
                               rf"\(pid {one[0].pid} on {re.escape(os.uname().nodename)}\)")
        self.assertRegex(said, r'holdfast: "late": gave up waiting for lock db@cluster after 0\.6 s')
        self.wait_for_keys(1, "db")
        self.let_go(*one)

    def test_a_waiter_that_is_told_to_end_leaves_the_queue(self):
        one = self.holder("db@cluster")
        self.wait_on()
        waiter = self.with_lock("db@cluster", "true")
        self.wait_for_keys(2, "db")
        waiter.send_signal(signal.SIGTERM)
        self.assertEqual(waiter.wait(PATIENCE_S), -signal.SIGTERM)
        self.wait_for_keys(1, "db")
        self.let_go(*one)

    def test_locks_shows_holders_and_waiters_with_their_host(self):
        one = self.holder("db@cluster")
        self.wait_on()
        waiter = self.with_lock("db:shared@cluster", "true", options=["--name", "reader"])
        keys = self.wait_for_keys(2, "db")
        shown = self.finish(HOLDFAST, "locks", cwd=self.place()).stdout.decode()
        host = re.escape(os.uname().nodename)
        self.assertRegex(shown, rf'db@cluster \(exclusive\)\n  held by "holder" \(pid {one[0].pid} on {host}\), fence '
                                rf'{keys[0]["revision"]}\n  1\. "reader" \(pid {waiter.pid} on {host}\) waits \(shared\)\n')
        listed = json.loads(self.finish(HOLDFAST, "locks", "--json", cwd=self.place()).stdout)["locks"]
        lock, = [one for one in listed if one["scope"] == "cluster"]
        self.assertEqual((lock["name"], lock["mode"], lock["waiting"]), ("db", "exclusive", 1))
        self.assertEqual(lock["holders"][0]["host"], os.uname().nodename)
        self.assertEqual(lock["holders"][0]["fence"], keys[0]["revision"])
        self.assertEqual(lock["waiters"][0]["mode"], "shared")
        self.let_go(*one)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_locks_says_so_if_etcd_does_not_answer(self):
        self.etcd.end()
        shown = self.finish(HOLDFAST, "locks", cwd=self.place())
        self.assertEqual(shown.returncode, 0)
        self.assertIn(b"etcd cannot be asked for its locks: ", shown.stderr)
        self.assertNotIn(b"no lock is held\n", shown.stdout)

    def test_locks_asks_the_next_endpoint_if_one_does_not_answer(self):
        place = self.place("two", endpoints=["http://127.0.0.1:1", "http://127.0.0.1:2", self.etcd.endpoint])
        shown = self.finish(HOLDFAST, "locks", cwd=place)
        self.assertEqual((shown.returncode, shown.stderr), (0, b""))

    def test_what_is_not_set_or_set_wrong_is_said_in_one_line(self):
        bare = self.work / "bare"
        (bare / ".git").mkdir(parents=True)
        for text, code, said in [
                ("", 125, "nobody says where etcd is: expected `endpoints` in \\[cluster\\]"),
                ('[cluster]\nendpoints = ["http://127.0.0.1:1"]\nttl = "3s"\n', 125,
                 r"lock db@cluster: `ttl` of \[cluster\] is 3\.0 s, expected 12\.0 s or more: twice the test's grace"),
                ('[cluster]\nendpoints = ["etcd:1"]\n', 125, r'endpoints in \[cluster\]: found "etcd:1", expected an address')]:
            with self.subTest(text=text):
                (bare / "holdfast.toml").write_text(text)
                done = self.run_with("db@cluster", "echo ran", cwd=bare)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout, b"")
                self.assertRegex(unfolded(done.stderr.decode()), said)
        (bare / "holdfast.toml").write_text("")
        done = self.run_with("db@cluster", cwd=bare, env=self.environment(HOLDFAST_CLUSTER_ENDPOINTS="x"))
        self.assertIn(b'HOLDFAST_CLUSTER_ENDPOINTS "x": expected an address', done.stderr)
        done = self.run_with("db@cluster", "echo ran", cwd=bare,
                             env=self.environment(HOLDFAST_CLUSTER_ENDPOINTS=self.etcd.endpoint))
        self.assertEqual(done.stdout, b"ran\n", done.stderr)

    def test_names_may_have_any_character_that_a_lock_may_have(self):
        for name in ("a b", "é$'\"\\", "..", "%2e"):
            with self.subTest(name=name):
                done = self.run_with(f"{name}@cluster", "env | grep ^HOLDFAST_FENCE_")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, rb"^HOLDFAST_FENCE_[A-Z0-9_]+=\d+\n$")
        one = self.with_lock("db@cluster", "sleep", "60", options=["--name", os.fsdecode(b"t\xff\n")])
        key, = self.wait_for_keys(1, "db")
        self.assertEqual(key["test"], "t\ufffd\n")
        one.terminate()
        one.wait(PATIENCE_S)

    def test_several_locks_are_taken_in_one_order_and_machine_locks_first(self):
        done = self.run_with(["b@cluster", "a:1/2@cluster", f"{self.lock_name()}@user"],
                             'echo "$HOLDFAST_FENCE_A $HOLDFAST_FENCE_B $HOLDFAST_SLOT_A"')
        self.assertEqual(done.returncode, 0, done.stderr)
        a, b, slot = done.stdout.split()
        self.assertLess(int(a), int(b))
        self.assertEqual(slot, b"0")

    def test_a_nested_command_takes_the_lock_below_its_ancestor(self):
        inner = f'"{HOLDFAST}" run --lock db@cluster -- sh -c \'echo inner $HOLDFAST_FENCE_DB\''
        done = self.run_with("db@cluster", f"echo outer $HOLDFAST_FENCE_DB; {inner}; {inner}")
        self.assertEqual(done.returncode, 0, done.stderr)
        fences = [int(line.split()[1]) for line in done.stdout.decode().splitlines()]
        self.assertEqual(fences, sorted(set(fences)))
        self.assertEqual(len(fences), 3)
        more = self.run_with("db:shared@cluster", f"{inner}; echo code $?")
        self.assertIn(b"code 125", more.stdout)
        self.assertIn(b"would be waited for forever", more.stderr)
        slots = self.run_with("gpu:2/4@cluster",
                              f'"{HOLDFAST}" run --lock gpu:1/4@cluster -- sh -c \'echo $HOLDFAST_SLOT_GPU\'')
        self.assertEqual(slots.stdout, b"0\n", slots.stderr)

    def test_so_does_one_in_a_pid_namespace(self):
        if trouble := trouble_with("pidns"):
            self.skipTest(trouble)
        inner = f'"{HOLDFAST}" run --lock db@cluster --lock-timeout 3 -- echo had'
        done = self.run_with("db@cluster", inner, options=["--containment", "pidns"])
        self.assertEqual((done.returncode, done.stdout), (0, b"had\n"), done.stderr)

    def test_inside_an_attempt_there_is_only_what_it_has_and_locks_shows_that(self):
        specs = ["gpu:2/4@cluster", "vram:4GiB/10GiB@cluster"]
        inside = ["gpu:1/4@cluster", "vram:3GiB/10GiB@cluster"]
        locks = " ".join(f"--lock {one}" for one in inside)
        on, go = self.work / "in.on", self.work / "in.go"
        waits = f': >"{on}"; while [ ! -e "{go}" ]; do sleep 0.02; done'
        script = (f'"{HOLDFAST}" run --name one {locks} -- sh -c \'{waits}\' & '
                  f'while [ ! -e "{on}" ]; do sleep 0.02; done; '
                  f'"{HOLDFAST}" run --name two --lock-timeout 0.5 --lock {inside[1]} -- true; code=$?; '
                  f': >"{self.work}/two.over"; wait; exit $code')
        outer = self.with_lock(specs, "sh", "-c", script, options=["--name", "outer"])
        wait_until((self.work / "two.over").exists, "the second command inside")
        listed = json.loads(self.finish(HOLDFAST, "locks", "--json", cwd=self.place()).stdout)["locks"]
        listed = [one for one in listed if one["scope"] == "cluster"]
        attempt = listed[0]["holders"][0]["attempt"]
        shown = [(one["name"], one["mode"], one.get("below"), one["waiting"],
                  [(each["test"], each["mode"], each.get("slots")) for each in one["holders"]]) for one in listed]
        self.assertEqual(shown, [("gpu", "counted", None, 0, [("outer", "2/4", [0, 1])]),
                                 ("gpu", "counted", attempt, 0, [("one", "1/4", [0])]),
                                 ("vram", "amount", None, 0, [("outer", "4GiB/10GiB", None)]),
                                 ("vram", "amount", attempt, 0, [("one", "3GiB/10GiB", None)])])
        text = self.finish(HOLDFAST, "locks", cwd=self.place()).stdout.decode()
        self.assertIn(f"vram@cluster (amount, inside {attempt})\n", text)
        go.touch()
        self.assertEqual(outer.wait(PATIENCE_S), 75)

    def test_out_of_order_is_told_when_a_wait_is_given_up(self):
        one = self.holder("a@cluster")
        self.wait_on()
        inner = f'"{HOLDFAST}" run --lock a@cluster --lock-timeout 0.5 -- true'
        for outer, is_told in (("b@cluster", True), ("0@cluster", False)):
            done = self.run_with(outer, inner)
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertEqual("out of order" in unfolded(done.stderr.decode()), is_told, done.stderr)
        self.let_go(*one)

    def test_a_leftover_that_outlives_the_holder_is_not_below_it(self):
        # The leftover has inherited HOLDFAST_HELD, of a lock that somebody else has now.
        again = self.work / "again"
        script = (f'(while [ ! -e "{again}" ]; do sleep 0.02; done; exec "{HOLDFAST}" run --lock-timeout 1 --lock '
                  f'db@cluster -- touch "{self.work / "stolen"}") >"{self.work / "said"}" 2>&1 &')
        done = self.run_with("db@cluster", script, options=["--on-leak", "ignore"])
        self.assertEqual(done.returncode, 0, done.stderr)
        one = self.holder("db@cluster")
        self.wait_on()
        again.touch()
        wait_until(lambda: "gave up" in (self.work / "said").read_text(), "the leftover gives up")
        self.assertFalse((self.work / "stolen").exists())
        self.let_go(*one)

    def test_a_retried_command_takes_the_lock_anew(self):
        flag = self.work / "flag"
        script = f'echo $HOLDFAST_FENCE_DB; [ -e "{flag}" ] && exit 0; touch "{flag}"; exit 3'
        done = self.run_with("db@cluster", script, options=["--retry", "exit:3=1"])
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = map(int, re.findall(rb"^(\d+)$", done.stdout, re.MULTILINE))
        self.assertLess(first, second)
        self.wait_for_keys(0)

    def test_a_pause_of_the_waiter_is_not_counted(self):
        begun, go = self.holder("db@cluster")
        self.wait_on()
        said = self.work / "said"
        # It has a process group of its own that is not orphaned, as a shell's job.
        with open(said, "wb") as stream:
            waiter = self.with_lock("db@cluster", "true", stderr=stream, preexec_fn=lambda: os.setpgid(0, 0),
                                    options=["--name", "waiter", "--lock-timeout", "3"])
        wait_until(lambda: b"waiting for lock" in said.read_bytes(), "the waiter")
        waiter.send_signal(signal.SIGTSTP)
        wait_until(lambda: state_of(waiter.pid) == "T", "the waiter to stop")
        time.sleep(4)  # the pause itself is tested; its length is no synchronisation
        waiter.send_signal(signal.SIGCONT)
        wait_until(lambda: state_of(waiter.pid) in "SZ", "the waiter to go on")
        self.let_go(begun, go)
        self.assertEqual(waiter.wait(PATIENCE_S), 0, said.read_text())
        self.assertRegex(unfolded(said.read_text()), r'"waiter" has lock db@cluster after [0-2]\.')


@not_inside("pidns", "a pid in a namespace is another one outside")
class ClusterDeathsTest(EtcdCase):
    """Whoever is killed: the lock is free when nothing of the command is left, and not before."""

    def test_the_lock_outlives_a_killed_launcher_until_its_command_is_gone(self):
        pids = self.pid_file()
        one = self.with_lock("db@cluster", "sh", "-c", f'echo $$ >"{pids}"; trap "" TERM; while :; do sleep 0.05; done')
        child, = self.announced(pids)
        guard = self.guard_of(one.pid)
        two = self.with_lock("db@cluster", "sh", "-c", f'! kill -0 {child.pid} 2>/dev/null')
        self.wait_for_keys(2, "db")
        os.kill(one.pid, signal.SIGKILL)
        self.assertEqual(two.wait(PATIENCE_S), 0)
        self.assert_gone([child, guard])
        self.wait_for_keys(0)

    def test_a_killed_guard_frees_the_lock_with_its_command(self):
        pids = self.pid_file()
        one = self.with_lock("db@cluster", "sh", "-c", f'echo $$ >"{pids}"; exec sleep 60')
        child, = self.announced(pids)
        two = self.with_lock("db@cluster", "sh", "-c", f'! kill -0 {child.pid} 2>/dev/null')
        self.wait_for_keys(2, "db")
        os.kill(self.guard_of(one.pid).pid, signal.SIGKILL)
        self.assertEqual(two.wait(PATIENCE_S), 0)
        self.assertEqual(one.wait(PATIENCE_S), 125)


if __name__ == "__main__":
    unittest.main()
