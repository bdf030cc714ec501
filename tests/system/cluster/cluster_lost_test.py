"""When the lease of a lock ends beside other things: a case over its limit, a wait for a service, a slow clean-up."""

import os
import signal
import unittest

from etcd import EtcdCase
from support import CTEST, PATIENCE_S, program, unfolded, wait_until


class LostCase(EtcdCase):
    def tree(self, name, text, **settings):
        source = self.work / name
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text(self.settings(**settings))
        return self.project(text, name=name, build=f"{name}-build")

    def stop_etcd(self):
        os.kill(self.etcd.process.pid, signal.SIGSTOP)

    def ended(self, tree):
        record, = self.records(self.runs(tree)[0], "attempt_ended")
        return record


class CasesTest(LostCase):
    # The deadline is 2.4 to 4 s after etcd is stopped. At that time the end of a case takes its grace.
    ttl = 8
    grace = "3s"

    def test_a_batch_whose_case_is_being_ended_at_the_deadline_goes_no_further(self):
        for isolation in ("none", "process"):
            with self.subTest(isolation=isolation):
                tree = self.tree(isolation, (
                    'add_test(NAME batch COMMAND @P@/gtest_cases_not_linked "--gtest_filter=Ends.ignores_term:Ends.uses_a_thread")\n'
                    f'set_tests_properties(batch PROPERTIES HOLDFAST_ISOLATION {isolation} '
                    'HOLDFAST_LOCKS "db@cluster")\n'), more='timeout = "2.2s"')
                stubborn = self.pid_file(isolation)
                begun = self.start(CTEST, "--output-on-failure", cwd=tree, stdout=-1, stderr=-2,
                                   env=self.environment(ANNOUNCE=str(stubborn)[:-len(".pids")]))
                self.announced(stubborn)
                self.stop_etcd()
                out, _ = begun.communicate(timeout=2 * PATIENCE_S)
                os.kill(self.etcd.process.pid, signal.SIGCONT)
                self.assertEqual(begun.returncode, 8)
                self.assertEqual(self.ended(tree)["outcome"], "lock_lost", out.decode())
                cases = {record["case"]: record.get("outcome") for record in self.case_records(self.runs(tree)[0])}
                self.assertEqual(cases.get("Ends.ignores_term"), "timed_out", out.decode())
                self.assertNotIn("passed", cases.values(), out.decode())
                self.wait_for_keys(0)


class WaitsTest(LostCase):
    def test_a_test_that_waits_for_a_service_does_not_begin_when_its_lock_is_lost(self):
        on, go, ran = self.work / "on", self.work / "go", self.work / "ran"
        service = (f'[service.db]\ncommand = ["{program("small_server")}", "{{port}}"]\nports = 1\n'
                   f'ready-tcp = "127.0.0.1:{{port}}"\n'
                   f'init-command = ["sh", "-c", "touch {on}; while [ ! -e {go} ]; do sleep 0.05; done"]\n')
        text = self.scripted_test("t", 'HOLDFAST_LOCKS "db@cluster" HOLDFAST_SERVICES db', f"touch {ran}")
        tree = self.tree("one", text, more=service)
        begun = self.start(CTEST, "--output-on-failure", cwd=tree, stdout=-1, stderr=-2)
        wait_until(on.exists, "the start of the service")
        self.stop_etcd()
        # The service is not there yet, and the wait for it is over all the same.
        wait_until(lambda: self.records(self.runs(tree)[0], "attempt_ended"), "the end of the attempt")
        go.touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        os.kill(self.etcd.process.pid, signal.SIGCONT)
        self.assertEqual(begun.returncode, 8)
        self.assertEqual(self.ended(tree)["outcome"], "lock_lost", out.decode())
        self.assertIn('"t": lost its lock db@cluster before it began', unfolded(out.decode()))
        self.assertFalse(ran.exists())


class MembersTest(LostCase):
    # The holder must ask the next member, and two of them choose a leader at their second try, before the lock is lost.
    ttl = 12

    def test_a_holder_outlives_the_end_of_the_member_that_it_asks(self):
        self.etcd.end()
        members = self.start_members(3)
        place = self.place("three", endpoints=[one.endpoint for one in members])
        go = self.work / "go"
        holder = self.with_lock("db@cluster", "sh", "-c", f'while [ ! -e "{go}" ]; do sleep 0.02; done', cwd=place, stderr=-1)
        self.etcd = members[2]
        before, = self.wait_for_keys(1, "db")
        waiter = self.with_lock("db@cluster", "true", cwd=place, stderr=-1)
        self.wait_for_keys(2, "db")
        for how in (signal.SIGKILL, signal.SIGSTOP):
            # One that is stopped takes connections, and does not answer.
            os.kill(members[0].process.pid, how)
            wait_until(self.etcd.answers, "the others", 2 * PATIENCE_S)  # they may have to choose a leader
            self.let_a_lease_end()
            self.assertEqual(self.etcd.keys("db")[0]["revision"], before["revision"])
            self.assertIsNone(holder.poll())
            if how == signal.SIGKILL:
                members[0].process.wait()
                members[0].begin()
                wait_until(members[0].answers, "the member")
            else:
                os.kill(members[0].process.pid, signal.SIGCONT)
        go.touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0, holder.communicate())
        self.assertEqual(waiter.wait(PATIENCE_S), 0, waiter.communicate())


if __name__ == "__main__":
    unittest.main()
