"""Locks of scope `cluster` when something fails: etcd away or restarted, its client stopped or killed."""

import base64
import contextlib
import os
import re
import signal
import struct
import time
import unittest
from pathlib import Path

from etcd import EtcdCase
from processes import descriptors_of
from support import HOLDFAST, PATIENCE_S, not_inside, unfolded, wait_until


@not_inside("pidns", "a pid in a namespace is another one outside")
class ClusterFaultsTest(EtcdCase):
    # The deadline is 2.5 s after the last renewal, and a renewal comes every 0.8 s.

    def begin(self, name="holder", spec="db@cluster", script=None, **how):
        """A command with the lock, and its main process. It ends well when it may."""
        pids = self.pid_file(name)
        go = self.work / f"{name}.go"
        script = script or f'echo $$ >"{pids}"; while [ ! -e "{go}" ]; do sleep 0.02; done'
        begun = self.with_lock(spec, "sh", "-c", script, options=["--name", name], stderr=-1, **how)
        return begun, self.announced(pids)[0], go

    def assert_lost(self, begun, said):
        """It ended as lock_lost. The code is that of our own failures, as for a lost file."""
        _, err = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 125, err)
        self.assertRegex(unfolded(err.decode()), said)

    def test_a_restart_of_etcd_loses_nothing(self):
        self.ttl = 8  # a restart takes some seconds on a busy machine
        holder, _, go = self.begin()
        waiter = self.with_lock("db@cluster", "sh", "-c", "echo $HOLDFAST_FENCE_DB", stdout=-1)
        before = self.wait_for_keys(2, "db")
        self.etcd.end()
        self.etcd.start()
        self.assertEqual([key["revision"] for key in self.etcd.keys("db")], [key["revision"] for key in before])
        self.let_a_lease_end()  # both leases were renewed meanwhile, or these keys would be gone
        self.assertEqual([key["revision"] for key in self.etcd.keys("db")], [key["revision"] for key in before])
        go.touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0, holder.communicate())
        out, _ = waiter.communicate(timeout=PATIENCE_S)
        self.assertEqual(int(out), before[1]["revision"])

    def test_a_waiter_says_that_etcd_does_not_answer_and_has_its_turn_later(self):
        self.etcd.end()
        said = self.work / "said"
        with open(said, "wb") as stream:
            waiter = self.with_lock("db@cluster", "echo", "had", stdout=-1, stderr=stream, options=["--name", "waiter"])
        wait_until(lambda: re.search(r"\(\d+\.\d s\): etcd ", unfolded(said.read_text())), "the line")
        self.etcd.start()
        out, _ = waiter.communicate(timeout=PATIENCE_S)
        self.assertEqual((waiter.returncode, out), (0, b"had\n"), said.read_text())
        self.assertRegex(unfolded(said.read_text()), r'"waiter" waiting for lock db@cluster \(\d+\.\d s\): etcd ')
        self.assertIn('"waiter" has lock db@cluster after', said.read_text())

    def test_a_wait_for_an_etcd_that_is_away_ends_in_time(self):
        self.etcd.end()
        done = self.finish(HOLDFAST, "run", "--lock", "db@cluster", "--lock-timeout", "1", "--", "true", cwd=self.place())
        self.assertEqual(done.returncode, 75, done.stderr)

    def test_a_holder_that_etcd_does_not_answer_is_ended_before_its_lease(self):
        holder, main, _ = self.begin()
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        self.assert_lost(holder, r'"holder" lost its lock db@cluster: its lease was not renewed in time')
        self.assert_gone([main], 0.1)
        self.assertLess(time.monotonic() - stopped, self.ttl)
        os.kill(self.etcd.process.pid, signal.SIGCONT)
        self.wait_for_keys(0)

    def test_a_holder_that_ignores_sigterm_is_killed_before_its_lease_is_over(self):
        pids = self.pid_file("stubborn")
        holder, main, _ = self.begin("stubborn", script=f'trap "" TERM; echo $$ >"{pids}"; while :; do sleep 0.05; done')
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        wait_until(lambda: not os.path.exists(f"/proc/{main.pid}"), "the end of the command")
        self.assertLess(time.monotonic() - stopped, self.ttl)
        self.assert_lost(holder, "lost its lock")

    def test_a_stopped_guard_does_not_keep_the_command_alive(self):
        holder, main, _ = self.begin()
        os.kill(self.guard_of(holder.pid).pid, signal.SIGSTOP)
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        self.assert_lost(holder, "lost its lock")
        self.assert_gone([main], 0.1)
        self.assertLess(time.monotonic() - stopped, self.ttl)

    def test_a_stopped_launcher_does_not_keep_the_command_alive(self):
        holder, main, _ = self.begin()
        os.kill(holder.pid, signal.SIGSTOP)
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        wait_until(lambda: not os.path.exists(f"/proc/{main.pid}"), "the end of the command")
        self.assertLess(time.monotonic() - stopped, self.ttl)
        os.kill(holder.pid, signal.SIGCONT)
        self.assert_lost(holder, "lost its lock")

    def test_a_launcher_that_is_killed_at_last_leaves_no_more_grace_than_its_lease_has(self):
        self.grace, self.ttl = "1.9s", 6
        pids = self.pid_file("stubborn")
        holder, main, _ = self.begin("stubborn", script=f'trap "" TERM; echo $$ >"{pids}"; while :; do sleep 0.05; done')
        os.kill(holder.pid, signal.SIGSTOP)
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        until = self.end_of_lease(holder.pid)
        wait_until(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) > until - 1.3, "the last moments")
        os.kill(holder.pid, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f"/proc/{main.pid}"), "the end of the command")
        self.assertLess(time.clock_gettime(time.CLOCK_BOOTTIME), until)

    def end_of_lease(self, launcher):
        """By CLOCK_BOOTTIME, as the launcher knows it."""
        memory, = [number for number, target in descriptors_of(launcher).items() if "holdfast-lease" in target]
        return struct.unpack("q", Path(f"/proc/{launcher}/fd/{memory}").read_bytes()[:8])[0] / 1000

    def test_a_holder_whose_client_is_stopped_is_ended_before_its_lease(self):
        holder, main, _ = self.begin()
        client, = self.clients()
        os.kill(client.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        self.assert_lost(holder, r"its lease was not renewed in time: etcd does not answer, or holdfast-etcd is stopped")
        self.assert_gone([main], 0.1)
        self.assertEqual(len(self.etcd.keys("db")), 1)  # and the next has it only then
        self.assertLess(time.monotonic() - stopped, self.ttl)
        os.kill(client.pid, signal.SIGCONT)
        wait_until(lambda: not self.clients(), "the end of holdfast-etcd")

    def test_a_holder_whose_client_is_killed_may_end_well_before_its_deadline(self):
        holder, _, go = self.begin()
        os.kill(self.clients()[0].pid, signal.SIGKILL)
        go.touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0, holder.communicate())

    def test_a_holder_whose_client_is_killed_is_ended_at_its_deadline(self):
        holder, main, _ = self.begin()
        os.kill(self.clients()[0].pid, signal.SIGKILL)
        killed = time.monotonic()
        self.assert_lost(holder, "holdfast-etcd, which renewed its lease, has ended")
        self.assert_gone([main], 0.1)
        self.assertLess(time.monotonic() - killed, self.ttl)

    def test_a_lease_that_is_revoked_ends_its_holder(self):
        holder, _, _ = self.begin()
        key, = self.wait_for_keys(1, "db")
        self.etcd.call("lease/revoke", {"ID": key["lease"]})
        self.assert_lost(holder, "etcd has ended its lease")

    def test_a_holder_whose_key_is_deleted_is_ended(self):
        _, main, _ = begun = self.begin()
        key, = self.wait_for_keys(1, "db")
        self.etcd.call("kv/deleterange", {"key": base64.b64encode(key["key"].encode()).decode()})
        deleted = time.monotonic()
        self.assert_lost(begun[0], "somebody has deleted its key in etcd; its process tree was ended")
        self.assert_gone([main], 0.1)
        self.assertLess(time.monotonic() - deleted, self.ttl)

    def test_a_holder_whose_lease_is_known_to_be_gone_has_no_grace(self):
        pids, told = self.pid_file("stubborn"), self.work / "told"
        self.grace, self.ttl = "10s", 24
        script = f'trap \'touch "{told}"\' TERM; echo $$ >"{pids}"; while :; do sleep 0.05; done'
        holder, main, _ = self.begin("stubborn", script=script)
        key, = self.wait_for_keys(1, "db")
        self.etcd.call("lease/revoke", {"ID": key["lease"]})
        self.assert_lost(holder, "etcd has ended its lease")
        self.assert_gone([main], 0.1)
        # With a grace it would have had time to be told.
        self.assertLess(time.time() - (told.stat().st_mtime if told.exists() else time.time()), 5)

    def test_a_waiter_whose_key_is_gone_gets_another_place(self):
        holder, _, go = self.begin()
        waiter = self.with_lock("db@cluster", "sh", "-c", "echo $HOLDFAST_FENCE_DB", stdout=-1)
        key = self.wait_for_keys(2, "db")[1]
        self.etcd.call("lease/revoke", {"ID": key["lease"]})
        wait_until(lambda: [one for one in self.etcd.keys("db") if one["revision"] > key["revision"]], "another key")
        go.touch()
        out, _ = waiter.communicate(timeout=PATIENCE_S)
        self.assertGreater(int(out), key["revision"])
        self.assertEqual(holder.wait(PATIENCE_S), 0)

    def test_foreign_keys_among_the_locks_count_as_exclusive(self):
        key = base64.b64encode(b"holdfast/locks/db/top/mine").decode()
        self.etcd.call("kv/put", {"key": key, "value": base64.b64encode(b"\xff{").decode()})
        said = self.work / "said"
        with open(said, "wb") as stream:
            waiter = self.with_lock("db:shared@cluster", "true", stderr=stream)
        held = "is held by the key holdfast/locks/db/top/mine, which is not Holdfast's"
        wait_until(lambda: held in unfolded(said.read_text()), "the line")
        self.etcd.call("kv/deleterange", {"key": key})
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_the_next_endpoint_is_asked_if_one_does_not_answer(self):
        place = self.place("two", endpoints=["http://127.0.0.1:1", self.etcd.endpoint])
        holder, _, go = self.begin(cwd=place)
        self.let_a_lease_end()  # it is renewed there, too
        self.assertIsNone(holder.poll())
        go.touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0, holder.communicate())

    def test_a_lease_that_cannot_be_given_back_is_left_to_run_out(self):
        holder, _, go = self.begin()
        self.etcd.end()
        go.touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0, holder.communicate())
        wait_until(lambda: not self.clients(), "the end of holdfast-etcd")

    def test_what_is_no_etcd_is_said(self):
        web = self.stand_between(rule=lambda path, body: (501, "<html>Unsupported method ('POST')</html>"))
        place = self.place("web", endpoints=[web.endpoint])
        done = self.finish(HOLDFAST, "run", "--lock", "db@cluster", "--lock-timeout", "3", "--", "true", cwd=place)
        self.assertEqual(done.returncode, 75)
        self.assertRegex(unfolded(done.stderr.decode()), "answers like no etcd of version 3.4 or later")

    def test_a_vanished_holder_frees_its_lock_when_its_lease_is_over(self):
        # The client vanishes without a word, as with its machine, and so do launcher and guard.
        holder, main, _ = self.begin()
        waiter = self.with_lock("db@cluster", "true", cwd=self.place("elsewhere"))
        self.wait_for_keys(2, "db")
        guard = self.guard_of(holder.pid)
        first = min(self.clients(), key=lambda one: int(one.start)).pid  # the holder's
        for pid in (first, holder.pid, guard.pid, main.pid):
            with contextlib.suppress(ProcessLookupError):  # one may end as soon as another is gone
                os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        self.assertLess(time.monotonic() - killed, self.ttl + 1)


if __name__ == "__main__":
    unittest.main()
