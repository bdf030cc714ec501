"""What a wait says, what stops it, and scripts that use the same lock."""

import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

from places import need_namespace
from support import (HOLDFAST, PATIENCE_S, ProjectCase, no_keeper_of, program, state_of, unfolded, wait_until)


class LockWaitsTest(ProjectCase):
    def hold(self, name, file="holder"):
        begun = self.start(*self.supervised(program("linger"), self.pid_file(file),
                                            options=["--lock", name, "--name", "the holder"]),
                           stderr=-3)
        return begun, self.announced(self.pid_file(file))[0]

    def wait_for(self, name, test="the waiter", lines=1):
        """Starts a run that waits. Returns it, and the log in which it has said so `lines`
        times."""
        log = self.work / f"{test}.{len(self.begun)}.err"
        with open(log, "wb") as stream:
            begun = self.start(*self.supervised("true", options=["--lock", name, "--name", test]),
                               stderr=stream)
        wait_until(lambda: log.read_bytes().count(b"waiting for lock") >= lines, "the wait to be told")
        return begun, log

    def stop(self, pid):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid) == "T", f"{pid} to stop")

    def test_a_stopped_holder_is_told(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        self.stop(holder.pid)
        _, log = self.wait_for(name)
        self.assertIn(f'is held by "the holder" (pid {holder.pid}, stopped) for', unfolded(log.read_text()))
        holder.send_signal(signal.SIGCONT)

    def test_a_stopped_test_of_a_holder_is_told(self):
        name = self.lock_name()
        holder, test = self.hold(name)
        self.stop(test.pid)
        _, log = self.wait_for(name)
        self.assertIn(f"(pid {holder.pid}, stopped)", unfolded(log.read_text()))
        os.kill(test.pid, signal.SIGCONT)

    def test_a_holder_in_another_pid_namespace_is_told_and_listed_as_such(self):
        """Its number there is none of ours, or another process's."""
        name = self.lock_name()
        inside = need_namespace(self)
        file = self.pid_file("inside")
        begun = self.start(*inside, *self.supervised(
            "sh", "-c", f"echo $$ >{file}; until [ -e {self.work}/go ]; do sleep 0.01; done",
            options=["--lock", name, "--name", "the holder"]), stderr=-3)
        wait_until(file.exists, "the holder")
        waiter, log = self.wait_for(name)
        self.assertRegex(unfolded(log.read_text()), r'is held by "the holder" \(pid \d+ in another PID namespace\) for')
        lock, = (one for one in json.loads(self.finish(HOLDFAST, "locks", "--json").stdout)["locks"] if one["name"] == name)
        holder, = lock["holders"]
        self.assertEqual((holder["test"], holder["other_pid_namespace"]), ("the holder", True))
        self.assertNotIn("other_pid_namespace", lock["waiters"][0])
        (self.work / "go").touch()
        for one in (begun, waiter):
            self.assertEqual(one.wait(PATIENCE_S), 0)

    def test_who_is_before_us_is_counted_and_a_stopped_one_is_named(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        first, _ = self.wait_for(name, "first")
        second, log = self.wait_for(name, "second")
        self.assertRegex(unfolded(log.read_text()), rf'; 1 before us, first "first" \(pid {first.pid}\)')
        self.stop(first.pid)
        third, log = self.wait_for(name, "third")
        self.assertRegex(unfolded(log.read_text()),
                         rf'; 2 before us, of them stopped: "first" \(pid {first.pid}, stopped\)')
        # It keeps its place, and delays the others only while it is stopped.
        holder.terminate()
        holder.wait(PATIENCE_S)
        self.assertIsNone(second.poll())
        first.send_signal(signal.SIGCONT)
        self.assertEqual([one.wait(PATIENCE_S) for one in (first, second, third)], [0] * 3)

    def test_a_killed_stopped_waiter_costs_nobody_anything(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        first, _ = self.wait_for(name, "first")
        second, _ = self.wait_for(name, "second")
        self.stop(first.pid)
        holder.terminate()
        first.kill()
        self.assertEqual(second.wait(PATIENCE_S), 0)

    def test_what_it_says_comes_in_one_write(self):
        """No other process's words can come in between, even in the middle of several lines: here
        each write is a packet."""
        name = self.lock_name()
        self.hold(name)
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, its:
            ours.settimeout(PATIENCE_S)
            self.start(*self.supervised("true", options=["--lock", name, "--name", "long " * 20]), stderr=its)
            said = ours.recv(65536).decode()
        self.assertRegex(said, rf'\Aholdfast: .*\nholdfast:   .* held by "the holder" \(pid \d+\) for [0-9.]+ m?s\n\Z')

    @unittest.skipUnless(shutil.which("strace"), "strace shows what is opened")
    def test_who_is_inside_no_attempt_looks_at_no_other_lock(self):
        """There may be thousands of locks, of build trees that are long gone."""
        name, other = self.lock_name(), self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", other]))
        for around in ((), self.supervised()):
            holder, _ = self.hold(name, f"holder{len(around)}")
            trace = self.work / f"trace{len(around)}"
            waiter = self.start(*around, "strace", "-f", "-qq", "-o", trace, "-e", "trace=open,openat",
                                *self.supervised("true", options=["--lock", name]), stderr=subprocess.PIPE)
            self.assertIn(b"waiting for lock", waiter.stderr.readline())
            holder.terminate()
            waiter.communicate(timeout=PATIENCE_S)
            self.assertEqual(waiter.returncode, 0)
            self.assertEqual(other in trace.read_text(), bool(around))

    # This is the example of docs/guide/locks.md.
    def test_flock_makes_a_run_wait_and_is_named(self):
        name = self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", name]))
        file = self.lock_file(name)
        script = self.start("flock", "-x", file, "sleep", "30")
        wait_until(lambda: subprocess.run(["flock", "-n", file, "true"], check=False).returncode,
                   "the script to have it")
        waiter, log = self.wait_for(name)
        # Not its arguments, which may be secrets: the line is logged.
        self.assertIn(f"is held by a process that left no record: flock (pid {script.pid})", unfolded(log.read_text()))
        # flock(1) is gone, but its child has the descriptor.
        script.kill()
        script.wait()
        self.assertIsNone(waiter.poll())
        _, log = self.wait_for(name, "another")
        self.assertIn("record: sleep (pid", unfolded(log.read_text()))
        os.kill(int(unfolded(log.read_text()).split("record: sleep (pid ")[1].split(")")[0]), signal.SIGKILL)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_flock_on_a_slot_takes_that_one(self):
        name = self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", f"{name}:2/2"]))
        slot = self.lock_file(name).with_name("slot.0")
        script = self.start("flock", "-x", "-F", slot, program("linger"), self.pid_file())
        self.announced(self.pid_file())
        variable = "HOLDFAST_SLOT_" + name.upper().replace("-", "_")
        ended = self.finish(*self.supervised("sh", "-c", f"echo ${variable}",
                                             options=["--lock", f"{name}:1/2"]))
        self.assertEqual(ended.stdout, b"1\n", ended.stderr)
        waiter, log = self.wait_for(f"{name}:2/2")
        self.assertIn(f"(pid {script.pid})", unfolded(log.read_text()))
        script.kill()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_lslocks_shows_the_launcher(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        listed = json.loads(subprocess.run(["lslocks", "-J", "-o", "PID,TYPE,MODE,PATH"], check=True,
                                           stdout=subprocess.PIPE).stdout)["locks"]
        ours = [one for one in listed if one["path"] == str(self.lock_file(name))]
        self.assertIn((holder.pid, "FLOCK", "WRITE"),
                      [(int(one["pid"]), one["type"], one["mode"]) for one in ours])

    def test_under_ctest_a_lock_not_had_in_time_is_a_signal_that_nothing_turns_green(self):
        name = self.lock_name()
        tree = self.project(f"""
add_test(NAME inverted COMMAND @P@/exit_with 1)
set_tests_properties(inverted PROPERTIES HOLDFAST_LOCKS {name} WILL_FAIL ON)
add_test(NAME skipped COMMAND @P@/exit_with 0)
set_tests_properties(skipped PROPERTIES HOLDFAST_LOCKS {name} SKIP_RETURN_CODE 75)""")
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nlock-timeout = "300ms"\n')
        holder = self.start(*self.supervised(program("linger"), self.pid_file(),
                                             by="holdfast run", options=["--lock", name]), cwd=tree)
        self.announced(self.pid_file())
        ran = self.ctest(tree)
        holder.terminate()
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("0% tests passed, 2 tests failed out of 2", ran.text)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([one["outcome"] for one in ended], ["lock_timeout"] * 2)
        for one in ended:
            self.assertGreaterEqual(one["lock_wait_s"], 0.3)
            self.assertLess(one["wall_s"], 0.1)


if __name__ == "__main__":
    unittest.main()
