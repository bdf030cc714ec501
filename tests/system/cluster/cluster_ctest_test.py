"""Locks of scope `cluster` under ctest: two trees, batches, deaths, and what a run without them costs."""

import os
import re
import signal
import threading
import unittest

from etcd import EtcdCase
from processes import keepers_of, name_of, parent_of, processes_with
from support import CTEST, HOLDFAST, PATIENCE_S, SOURCES, STAGE, not_inside, unfolded, wait_until

EXAMPLE = SOURCES / "examples/etcd"


def processes_of_cases(cookie):
    return [one for one in processes_with(cookie) if name_of(one.pid).startswith("case_ends")]


class ClusterCtestTest(EtcdCase):
    def tree(self, name, *tests, **settings):
        source = self.work / name
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text(self.settings(**settings))
        return self.project("".join(self.scripted_test(*one) for one in tests), name=name, build=f"{name}-build")

    def begin(self, tree, *arguments):
        return self.start(CTEST, "--output-on-failure", *arguments, cwd=tree, stdout=-1, stderr=-2)

    def test_two_trees_take_turns_and_records_say_how_long_they_waited(self):
        alone = f'mkdir "{self.work}/busy" && echo $HOLDFAST_FENCE_DB >>"{self.work}/fences" && sleep 0.1 && rmdir "{self.work}/busy"'
        trees = [self.tree(name, *((f"{name}.{i}", 'HOLDFAST_LOCKS "db@cluster"', alone) for i in range(4)))
                 for name in ("one", "two")]
        begun = [self.begin(tree, "-j4") for tree in trees]
        for one in begun:
            out, _ = one.communicate(timeout=2 * PATIENCE_S)
            self.assertEqual(one.returncode, 0, out.decode())
        fences = list(map(int, (self.work / "fences").read_text().split()))
        self.assertEqual(len(fences), 8)
        self.assertEqual(fences, sorted(fences))
        ended = [record for tree in trees for run in self.runs(tree) for record in self.records(run, "attempt_ended")]
        self.assertTrue(any(record["lock_wait_s"] > 0.05 for record in ended), ended)
        started = self.records(self.runs(trees[0])[0], "attempt_started")
        self.assertIn("db@cluster", str(started[0]))
        wait_until(lambda: not self.clients(), "the end of holdfast-etcd")

    def test_a_client_that_was_killed_is_started_anew_for_the_next_test(self):
        wait = f'touch "{self.work}/begun"; while [ ! -e "{self.work}/go" ]; do sleep 0.02; done'
        tree = self.tree("killed", ("a", 'HOLDFAST_LOCKS "a@cluster"', wait),
                         ("b", 'HOLDFAST_LOCKS "b@cluster" DEPENDS a', "echo $HOLDFAST_FENCE_B"))
        begun = self.begin(tree, "-j1")
        wait_until((self.work / "begun").exists, "the first test")
        client, = self.clients()
        os.kill(client.pid, signal.SIGKILL)
        (self.work / "go").touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 0, out.decode())
        ended = {record["test"]: record["outcome"] for record in self.records(self.runs(tree)[0], "attempt_ended")}
        self.assertEqual(ended["b"], "passed", out.decode())

    def killed_clients(self, count):
        """A run whose holdfast-etcd is killed so often, while one test waits for its only lock, and another for its
        second one. Returns the outcomes and what ctest has said."""
        go = self.work / "go"
        holder = self.with_lock(["b@cluster", "c@cluster"], "sh", "-c", f'while [ ! -e "{go}" ]; do sleep 0.02; done')
        self.wait_for_keys(2)
        theirs = self.clients()
        tree = self.tree("killed", ("has_one", 'HOLDFAST_LOCKS "a@cluster;c@cluster"', f'touch "{self.work}/ran"'),
                         ("waits", 'HOLDFAST_LOCKS "b@cluster"', "true"))
        begun = self.begin(tree, "-j2")
        self.wait_for_keys(5)

        def newest():
            return self.etcd.keys("b")[-1]["revision"]

        def has_ended():
            return "waits" in [record["test"] for record in self.records(self.runs(tree)[0], "attempt_ended")]
        for _ in range(count):
            client, = [one for one in self.clients() if one not in theirs]
            before = newest()
            os.kill(client.pid, signal.SIGKILL)
            wait_until(lambda before=before: newest() > before or has_ended(), "another key, or the end")
        go.touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual((begun.returncode, holder.wait(PATIENCE_S)), (8, 0), out.decode())
        self.assertFalse((self.work / "ran").exists())
        return ({record["test"]: record["outcome"] for record in self.records(self.runs(tree)[0], "attempt_ended")},
                unfolded(out.decode()))

    def test_who_waits_when_the_client_is_killed_asks_the_next_unless_it_has_a_lock(self):
        outcomes, out = self.killed_clients(1)
        self.assertEqual(outcomes, {"has_one": "lock_lost", "waits": "passed"}, out)
        self.assertIn('"has_one": lost its lock a@cluster while waiting for lock c@cluster: holdfast-etcd, which '
                      "renewed its lease, has ended", out)

    def test_who_waits_asks_three_clients_at_most(self):
        outcomes, out = self.killed_clients(3)
        self.assertNotIn(outcomes["waits"], ("passed", "failed"), out)
        self.assertIn('lock b@cluster: holdfast-etcd, which asks for it, ended', out)

    def test_an_inner_test_whose_client_is_killed_asks_the_next_below_the_outer_one(self):
        go, held, asked = self.work / "go", threading.Event(), threading.Event()
        self.addCleanup(held.set)

        def rule(path, body):
            if path != "/v3/kv/range":
                return None
            asked.set()
            return held
        between = self.stand_between(rule=rule)
        tree = self.tree("inner", ("t", 'HOLDFAST_LOCKS "db@cluster"', "true"), endpoints=[between.endpoint],
                         more='lock-timeout = "10s"')
        script = f'while [ ! -e "{go}" ]; do sleep 0.02; done; exec "{CTEST}" --test-dir "{tree}"'
        outer = self.with_lock("db@cluster", "sh", "-c", script, stdout=-1, stderr=-2)
        self.wait_for_keys(1, "db")
        theirs = self.clients()
        go.touch()
        self.assertTrue(asked.wait(PATIENCE_S))
        client, = [one for one in self.clients() if one not in theirs]
        os.kill(client.pid, signal.SIGKILL)
        held.set()
        out, _ = outer.communicate(timeout=PATIENCE_S)
        ended, = self.records(self.runs(tree)[0], "attempt_ended")
        self.assertEqual((ended["outcome"], outer.returncode), ("passed", 0), out.decode())

    def test_a_run_starts_one_client_and_only_if_a_test_needs_it(self):
        go = self.work / "go"
        wait = f'while [ ! -e "{go}" ]; do sleep 0.02; done'
        without = self.tree("without", ("plain", f'HOLDFAST_LOCKS "{self.lock_name()}@user"', wait))
        with_two = self.tree("with", ("a", 'HOLDFAST_LOCKS "a@cluster"', wait), ("b", 'HOLDFAST_LOCKS "b@cluster"', wait))
        first = self.begin(without)
        wait_until(lambda: self.runs(without) and self.records(self.runs(without)[0], "attempt_started"), "its test")
        self.assertEqual(self.clients(), [])
        second = self.begin(with_two, "-j2")
        self.wait_for_keys(2)
        self.assertEqual(len(self.clients()), 1)
        go.touch()
        for one in (first, second):
            self.assertEqual(one.wait(PATIENCE_S), 0)

    def test_a_wait_is_shown_by_status_and_watch_until_it_is_over(self):
        holder_ends, on, test_ends = (self.work / name for name in ("holder_ends", "on", "test_ends"))
        holder = self.with_lock("db@cluster", "sh", "-c", f'while [ ! -e "{holder_ends}" ]; do sleep 0.02; done',
                                options=["--name", "holder"])
        self.wait_for_keys(1, "db")
        tree = self.tree("one", ("asks", 'HOLDFAST_LOCKS "db:shared@cluster"',
                                 f': >"{on}"; while [ ! -e "{test_ends}" ]; do sleep 0.02; done'))
        watched = self.work / "watched"
        with open(watched, "wb") as out:
            watch = self.start(HOLDFAST, "watch", "--json", cwd=tree, stdout=out)
        begun = self.begin(tree)
        # At first etcd has not said who holds it.
        waits, = wait_until(lambda: [test for test in self.live_tests(tree) if "is held by" in (test.get("why") or "")],
                            "the wait in status")
        self.assertEqual((waits["test"], waits["waits_for"]), ("asks", "db@cluster"))
        self.assertNotIn("waits_for_services", waits)
        host = re.escape(os.uname().nodename)
        held = rf'db:shared@cluster is held by "holder" \(pid {holder.pid} on {host}\)'
        self.assertRegex(waits["why"], f"^{held}")
        text = self.finish(HOLDFAST, "status", "--tree", tree).stdout.decode()
        self.assertRegex(text, rf'\n  "asks" \(pid \d+\) for .*, waiting for lock db@cluster: {held}')
        wait_until(lambda: '"lock":"db@cluster","holder":null,"why":"db:shared@cluster is held by ' in watched.read_text(),
                   "the wait in watch")
        holder_ends.touch()
        wait_until(on.exists, "the test")
        wait_until(lambda: [test["waits_for"] for test in self.live_tests(tree)] == [None], "the end of the wait")

        def waits_in_watch():
            return [line for line in watched.read_text().splitlines() if '"event":"waits"' in line]
        wait_until(lambda: '"lock":null' in waits_in_watch()[-1], "its end in watch")
        test_ends.touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 0, out.decode())
        self.assertIn('"asks" has lock db:shared@cluster after ', unfolded(out.decode()))
        self.assertEqual((watch.wait(PATIENCE_S), holder.wait(PATIENCE_S)), (0, 0))

    def test_a_test_that_loses_its_lock_fails_whatever_its_properties_say(self):
        go = self.work / "on"
        tree = self.tree("one", ("t", 'HOLDFAST_LOCKS "db@cluster" WILL_FAIL ON HOLDFAST_RETRY "any=2"',
                                 f'touch "{go}"; exec sleep 60'))
        begun = self.begin(tree)
        wait_until(go.exists, "the test")
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        out, _ = begun.communicate(timeout=PATIENCE_S)
        os.kill(self.etcd.process.pid, signal.SIGCONT)
        self.assertEqual(begun.returncode, 8)
        self.assertIn('"t" lost its lock db@cluster: its lease was not renewed in time', unfolded(out.decode()))
        record, = self.records(self.runs(tree)[0], "attempt_ended")
        self.assertEqual(record["outcome"], "lock_lost")

    def test_cases_of_a_batch_lose_the_lock_together(self):
        for isolation in ("none", "process", "fork"):
            with self.subTest(isolation=isolation):
                source = self.work / isolation
                source.mkdir()
                (source / "holdfast.toml").write_text(self.settings())
                tree = self.project(
                    'add_test(NAME batch COMMAND @P@/case_ends_linked "--gtest_filter=Ends.pass:Ends.hang:Ends.last")\n'
                    f'set_tests_properties(batch PROPERTIES HOLDFAST_ISOLATION {isolation} PROCESSORS 2 '
                    'HOLDFAST_LOCKS "db:shared@cluster")\n', name=isolation, build=f"{isolation}-build")
                begun = self.begin(tree, "-j2")
                self.wait_for_keys(1, "db")
                wait_until(lambda: processes_of_cases(self.cookie), "a case that hangs")
                os.kill(self.etcd.process.pid, signal.SIGSTOP)
                out, _ = begun.communicate(timeout=2 * PATIENCE_S)
                os.kill(self.etcd.process.pid, signal.SIGCONT)
                self.assertEqual(begun.returncode, 8, out.decode())
                record, = self.records(self.runs(tree)[0], "attempt_ended")
                self.assertEqual(record["outcome"], "lock_lost", out.decode())
                self.assertEqual(processes_of_cases(self.cookie), [])

    @not_inside("pidns,cgroup", "other processes look after a killed pair")
    def test_a_killed_pair_frees_the_lock_when_its_test_is_gone(self):
        pids = self.pid_file()
        tree = self.tree("one", ("t", 'HOLDFAST_LOCKS "db@cluster"', f'echo $$ >"{pids}"; trap "" TERM; while :; do sleep 0.05; done'))
        begun = self.begin(tree)
        main, = self.announced(pids)
        guard = parent_of(main)
        launcher = parent_of(guard)
        two = self.with_lock("db@cluster", "sh", "-c", f"! grep -q '^State:.[^ZX]' /proc/{main.pid}/status")
        self.wait_for_keys(2, "db")
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for one in (launcher, guard):
                os.kill(one.pid, how)
        self.assertEqual(two.wait(PATIENCE_S), 0)
        self.assert_gone([main])
        self.assertEqual(begun.wait(PATIENCE_S), 8)

    def test_what_a_fixture_leaves_has_its_grace_when_the_lease_of_its_test_is_long_over(self):
        on, go, ended = self.work / "on", self.work / "go", self.work / "ended"
        stays = f"(trap 'sleep 0.3; touch {ended}; exit' TERM; touch {on}; while :; do sleep 0.02; done) >/dev/null 2>&1 &"
        tree = self.tree("one", ("up", 'HOLDFAST_LOCKS "db@cluster" FIXTURES_SETUP F', stays),
                         ("user", "FIXTURES_REQUIRED F", f'while [ ! -e "{go}" ]; do sleep 0.02; done'))
        begun = self.begin(tree)
        wait_until(on.exists, "what stays")
        self.wait_for_keys(0, "db")
        self.let_a_lease_end()
        go.touch()
        self.assertEqual(begun.wait(PATIENCE_S), 0)
        wait_until(ended.exists, "its own end")

    def test_a_killed_keeper_harms_no_holder(self):
        on, go = self.work / "on", self.work / "go"
        tree = self.tree("one", ("t", 'HOLDFAST_LOCKS "db@cluster"', f'touch "{on}"; while [ ! -e "{go}" ]; do sleep 0.02; done'))
        begun = self.begin(tree)
        wait_until(on.exists, "the test")
        before, = self.wait_for_keys(1, "db")
        for keeper in keepers_of(tree):
            os.kill(keeper.pid, signal.SIGKILL)
        self.let_a_lease_end()  # by then its lease would be over
        self.assertEqual(self.etcd.keys("db")[0]["revision"], before["revision"])
        go.touch()
        self.assertEqual(begun.wait(PATIENCE_S), 0)
        self.wait_for_keys(0)
        wait_until(lambda: not self.clients(), "the end of holdfast-etcd")

    def test_a_ctest_inside_the_holder_takes_the_lock_below_it(self):
        inner = self.tree("inner", ("in", 'HOLDFAST_LOCKS "db@cluster"', "true"))
        outer = self.tree("outer", ("out", 'HOLDFAST_LOCKS "db@cluster"', f'"{CTEST}" --test-dir "{inner}"'))
        begun = self.begin(outer)
        out, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(begun.returncode, 0, out.decode())

    def test_the_example_runs_as_its_page_says(self):
        place = self.work / "example"
        place.mkdir()
        environment = self.environment(PATH=f"{STAGE}/bin:{os.environ['PATH']}", CMAKE_PREFIX_PATH=str(STAGE))
        done = self.finish(EXAMPLE / "with-etcd", EXAMPLE / "two-trees", place, env=environment, bound=4 * PATIENCE_S)
        text = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, 0, text)
        self.assertEqual(len(re.findall("100% tests passed, 0 tests failed out of 8", text)), 2, text)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
