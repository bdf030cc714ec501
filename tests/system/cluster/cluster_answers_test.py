"""Locks of scope `cluster` when answers of etcd are lost, come late, or say that it cannot now."""

import base64
import json
import os
import shutil
import signal
import threading
import time
import unittest

from etcd import EtcdCase
from etcd_between import Between, is_note
from support import CTEST, HOLDFAST, PATIENCE_S, STAGE, unfolded, not_inside, wait_until


@not_inside("pidns", "a pid in a namespace is another one outside")
class ClusterAnswersTest(EtcdCase):
    def begin(self, name, spec, **how):
        """A command with the lock, which says what slot it has, and ends when it may."""
        said, go = self.work / f"{name}.said", self.work / f"{name}.go"
        script = f'echo "$HOLDFAST_SLOT_GPU" >"{said}.new"; mv "{said}.new" "{said}"; while [ ! -e "{go}" ]; do sleep 0.02; done'
        return self.with_lock(spec, "sh", "-c", script, options=["--name", name], **how), said, go

    def had(self, said):
        wait_until(said.exists, f"the lock of {said.stem}")
        return said.read_text().strip()

    def end_well(self, *begun):
        for one, _, go in begun:
            go.touch()
            self.assertEqual(one.wait(PATIENCE_S), 0, one.communicate())

    def test_a_revoke_that_fails_once_is_repeated(self):
        self.ttl = 120  # nothing here waits for so long
        between, failed = self.stand_between(), threading.Event()

        def rule(path, body):
            if path != "/v3/lease/revoke" or failed.is_set():
                return None
            failed.set()
            return 503, "{}"
        between.rule = rule
        holder = self.begin("holder", "db@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        self.had(holder[1])
        self.wait_for_keys(1, "db")
        self.end_well(holder)
        self.wait_for_keys(0, "db")
        self.assertTrue(failed.is_set())

    def test_a_note_whose_answer_is_lost_counts(self):
        go_on = threading.Event()
        between = self.stand_between()

        def rule(path, body):
            if is_note(path, body) and not between.lost.is_set():
                return Between.LOSE
            # It looks again only when the next one has looked.
            return go_on if between.lost.is_set() and path in ("/v3/kv/range", "/v3/kv/txn") else None
        between.rule = rule
        first = self.begin("first", "gpu:1/3@cluster")
        self.assertEqual(self.had(first[1]), "0")
        second = self.begin("second", "gpu:1/3@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        self.assertTrue(between.lost.wait(PATIENCE_S))
        self.end_well(first)
        self.wait_for_keys(1, "gpu")
        third = self.begin("third", "gpu:1/3@cluster")
        self.assertEqual(self.had(third[1]), "0")
        go_on.set()
        self.assertEqual(self.had(second[1]), "1")
        self.end_well(second, third)

    def test_a_note_that_comes_late_undoes_none(self):
        held = threading.Event()
        seen = threading.Event()
        between = self.stand_between()

        def rule(path, body):
            if not is_note(path, body) or seen.is_set():
                return None
            seen.set()
            return held
        between.rule = rule
        first = self.begin("first", "gpu:1/3@cluster")
        self.assertEqual(self.had(first[1]), "0")
        second = self.begin("second", "gpu:1/3@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        self.assertTrue(seen.wait(PATIENCE_S))
        self.end_well(first)
        self.assertEqual(self.had(second[1]), "0")  # it has asked again
        passed = between.passed.count("/v3/kv/txn")
        held.set()
        wait_until(lambda: between.passed.count("/v3/kv/txn") > passed, "the late note")
        self.assertEqual([key["slots"] for key in self.etcd.keys("gpu")], [[0]])
        self.end_well(second)

    def test_a_note_that_comes_just_before_the_next_is_the_one_that_counts(self):
        held, notes = threading.Event(), []
        between = self.stand_between()

        def rule(path, body):
            if not is_note(path, body) or len(notes) == 2:
                return None
            notes.append(body)
            if len(notes) == 1:
                return held
            passed = between.passed.count("/v3/kv/txn")
            held.set()
            wait_until(lambda: between.passed.count("/v3/kv/txn") > passed, "the first note")
            return None
        between.rule = rule
        first = self.begin("first", "gpu:1/3@cluster")
        self.assertEqual(self.had(first[1]), "0")
        second = self.begin("second", "gpu:1/3@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        wait_until(lambda: notes, "a note")
        self.end_well(first)
        self.assertEqual(self.had(second[1]), "1")
        self.assertEqual([key["slots"] for key in self.etcd.keys("gpu")], [[1]])
        self.end_well(second)

    def test_a_note_whose_lease_is_over_is_not_taken_over_to_the_next_key(self):
        held = threading.Event()
        notes = []
        between = self.stand_between()

        def rule(path, body):
            if not is_note(path, body) or notes:
                return None
            notes.append(body["success"][0]["request_put"]["lease"])
            return held
        between.rule = rule
        second = self.begin("second", "gpu:1/1@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        wait_until(lambda: notes, "a note")
        third = self.begin("third", "gpu:1/1@cluster")
        self.wait_for_keys(2, "gpu")
        self.etcd.call("lease/revoke", {"ID": notes[0]})
        self.assertEqual(self.had(third[1]), "0")
        held.set()
        holder, waiter = self.wait_for_keys(2, "gpu")
        self.assertEqual((holder["test"], holder["slots"]), ("third", [0]))
        self.assertEqual(waiter["test"], "second")
        self.assertNotIn("noted", waiter)
        self.assertNotIn("slots", waiter)
        self.end_well(third)
        self.assertEqual(self.had(second[1]), "0")
        self.end_well(second)

    def test_a_look_for_the_keys_that_fails_once_loses_nothing(self):
        looks = []

        def rule(path, body):
            if path != "/v3/kv/txn" or body["success"]:
                return None
            looks.append(body)
            return (503, "{}") if len(looks) == 1 else None
        between = self.stand_between(rule=rule)
        holder = self.begin("holder", "db@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        self.had(holder[1])
        before, = self.wait_for_keys(1, "db")
        wait_until(lambda: len(looks) >= 3 or holder[0].poll() is not None, "further looks")
        self.assertIsNone(holder[0].poll())
        self.assertEqual(self.etcd.keys("db"), [before])
        self.end_well(holder)

    def test_an_endpoint_that_cannot_work_is_no_obstacle_if_another_does(self):
        place = self.place("half", endpoints=[f"https://127.0.0.1:{self.etcd.port}", self.etcd.endpoint],
                           cluster='ca = "../none.pem"')
        done = self.finish(HOLDFAST, "run", "--lock", "db@cluster", "--lock-timeout", "10", "--", "echo", "had", cwd=place)
        self.assertEqual((done.returncode, done.stdout), (0, b"had\n"), done.stderr)

    def test_a_waiter_says_that_its_client_does_not_answer(self):
        holder = self.begin("holder", "db@cluster")
        self.had(holder[1])
        first = self.clients()
        said = self.work / "said"
        with open(said, "wb") as stream:
            waiter = self.begin("waiter", "db@cluster", stderr=stream)
        self.wait_for_keys(2, "db")
        client, = [one for one in self.clients() if one not in first]
        os.kill(client.pid, signal.SIGSTOP)
        wait_until(lambda: "holdfast-etcd, which asks for it, does not answer" in unfolded(said.read_text()), "the line")
        os.kill(client.pid, signal.SIGCONT)
        self.end_well(holder)
        self.had(waiter[1])
        self.end_well(waiter)

    REFUSALS = {
        "etcd's own": (503, '{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}'),
        "of a load balancer": (503, "<html>no server is available</html>"),
        "of another server": (404, "404 page not found"),
    }

    def test_the_next_endpoint_is_asked_if_one_cannot_serve(self):
        for name, refusal in self.REFUSALS.items():
            with self.subTest(name):
                between = self.stand_between(rule=lambda path, body, refusal=refusal: refusal)
                place = self.place(f"behind{len(self.betweens)}", endpoints=[between.endpoint, self.etcd.endpoint])
                done = self.with_lock("db@cluster", "true", options=["--lock-timeout", "10"], cwd=place, stderr=-1)
                self.assertEqual(done.wait(PATIENCE_S), 0, done.communicate())

    def test_a_watch_that_one_endpoint_refuses_is_held_at_the_next(self):
        for name, refusal in self.REFUSALS.items():
            with self.subTest(name):
                watches = []

                def rule(path, body, refusal=refusal, watches=watches):
                    if path != "/v3/watch":
                        return None
                    watches.append(body)
                    return refusal
                between = self.stand_between(rule=rule)
                here = f"{len(self.betweens)}"
                holder = self.begin(f"holder{here}", "gpu@cluster")
                self.had(holder[1])
                waiter = self.begin(f"waiter{here}", "gpu@cluster", cwd=self.place(
                    f"behind{here}", endpoints=[between.endpoint, self.etcd.endpoint]))
                wait_until(lambda watches=watches: watches, "a watch")
                self.let_a_lease_end()  # it would have asked often by then
                self.assertEqual(len(watches), 1)
                self.end_well(holder, waiter)

    def test_a_watch_follows_the_calls_to_the_next_endpoint(self):
        self.ttl = 120  # a renewal would look at the queue
        watched = [threading.Event(), threading.Event()]

        def first_rule(path, body):
            if path == "/v3/watch":
                watched[0].set()
                return Between.KEEP_NEWS
            return (503, "{}") if watched[0].is_set() else None
        first = self.stand_between(rule=first_rule)
        second = self.stand_between(rule=lambda path, body: path == "/v3/watch" and watched[1].set() or None)
        holder = self.begin("holder", "db@cluster")
        self.had(holder[1])
        waiter = self.begin("waiter", "db@cluster", cwd=self.place("behind", endpoints=[first.endpoint, second.endpoint]))
        self.assertTrue(watched[0].wait(PATIENCE_S))
        self.assertTrue(watched[1].wait(PATIENCE_S))  # the first reminder asks who has it
        self.end_well(holder)
        self.had(waiter[1])
        self.end_well(waiter)

    def test_a_lease_that_ends_before_its_key_is_put_is_replaced(self):
        revoked = []

        def rule(path, body):
            puts = [step["request_put"] for step in body.get("success", []) if "request_put" in step]
            if path == "/v3/kv/txn" and puts and not revoked:
                revoked.append(puts[0]["lease"])
                self.etcd.call("lease/revoke", {"ID": revoked[0]})
        between = self.stand_between(rule=rule)
        holder = self.begin("holder", "db@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        self.had(holder[1])
        self.assertNotIn(self.wait_for_keys(1, "db")[0]["lease"], revoked)
        self.end_well(holder)

    def test_a_waiter_looks_for_itself_at_each_renewal(self):
        """A firewall may forget the connection of a watch. Reminders make the waiter look, too, but ever more seldom."""
        looks = []

        def rule(path, body):
            if path == "/v3/kv/range":
                looks.append(body)
            return Between.KEEP_NEWS if path == "/v3/watch" else None
        between = self.stand_between(rule=rule)
        holder = self.begin("holder", "db@cluster")
        self.had(holder[1])
        waiter = self.begin("waiter", "db@cluster", cwd=self.place("behind", endpoints=[between.endpoint]))
        wait_until(lambda: len(looks) >= 8, "looks at the queue")
        self.end_well(holder)
        self.had(waiter[1])
        self.end_well(waiter)

    def test_a_waiter_looks_for_itself_if_its_watch_does_not_begin(self):
        """So a proxy does that keeps streams back."""
        never = threading.Event()
        self.addCleanup(never.set)
        between = self.stand_between(rule=lambda path, body: never if path == "/v3/watch" else None)
        go = self.work / "go"
        holder = self.with_lock("db@cluster", "sh", "-c", f'while [ ! -e "{go}" ]; do sleep 0.02; done')
        self.wait_for_keys(1, "db")
        place = self.place("between", endpoints=[between.endpoint])
        waiter = self.with_lock("db@cluster", "true", cwd=place, stderr=-1)
        self.wait_for_keys(2, "db")
        go.touch()
        _, said = waiter.communicate(timeout=PATIENCE_S)
        self.assertEqual((waiter.returncode, holder.wait(PATIENCE_S)), (0, 0), said)

    def test_a_wait_names_who_holds_the_lock_now(self):
        self.ttl = 60  # a renewal would tell it too
        names = ("first", "second", "third")
        files = {name: self.work / name for name in names}
        running = {}
        for number, name in enumerate(names, 1):
            with open(self.work / f"{name}.said", "wb") as said:
                running[name] = self.with_lock("db@cluster", "sh", "-c", f'while [ ! -e "{files[name]}" ]; do sleep 0.02; done',
                                               options=["--name", name], stderr=said)
            self.wait_for_keys(number, "db")

        def third_says(text):
            wait_until(lambda: text in unfolded((self.work / "third.said").read_text()), text)
        third_says('db@cluster is held by "first"')
        files["first"].touch()
        third_says('db@cluster is held by "second"')
        for name in names:
            files[name].touch()
            self.assertEqual(running[name].wait(PATIENCE_S), 0)

    def test_the_list_comes_from_any_endpoint_that_serves(self):
        between = self.stand_between(rule=lambda path, body: self.REFUSALS["etcd's own"])
        place = self.place("several", endpoints=["http://127.0.0.1:1", between.endpoint, self.etcd.endpoint])
        holder = self.begin("holder", "gpu@cluster")
        self.had(holder[1])
        done = self.finish(HOLDFAST, "locks", cwd=place)
        self.assertEqual(done.returncode, 0)
        self.assertIn('gpu@cluster (exclusive)\n  held by "holder"', done.stdout.decode(), done.stderr.decode())
        self.end_well(holder)

    def test_signals_that_end_tests_do_not_end_the_client(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            holder = self.begin(f"holder{number}", "gpu@cluster")
            self.had(holder[1])
            client, = self.clients()
            os.kill(client.pid, number)
            self.end_well(holder)
            self.assertEqual(self.etcd.keys("gpu"), [])  # it was given back, and need not run out

    def test_a_command_whose_lease_is_given_back_slowly_leaves_nothing(self):
        def rule(path, body):
            if path == "/v3/lease/revoke":
                time.sleep(0.6)  # longer than what a leftover may take to end
        between = self.stand_between(rule=rule)
        place = self.place("slow", endpoints=[between.endpoint])
        done = self.finish(HOLDFAST, "run", "--on-leak", "fail", "--", HOLDFAST, "run", "--lock", "db@cluster", "--", "true",
                           cwd=place)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_an_outer_end_of_the_tree_gives_the_lock_back(self):
        on = self.work / "on"
        inner = f'"{HOLDFAST}" run --lock db@cluster -- sh -c \'touch "{on}"; while :; do sleep 0.02; done\''
        outer = self.start(HOLDFAST, "run", "--timeout", "1", "--", "sh", "-c", inner, cwd=self.place(), stderr=-1)
        wait_until(on.exists, "the inner command")
        self.assertNotEqual(outer.wait(PATIENCE_S), 0)
        self.assertEqual(self.etcd.keys("db"), [])

    def test_odd_answers_are_told_in_one_line(self):
        for lease in ("a\nb\x1b[2J", "x" * 100_000):
            answer = (200, json.dumps({"header": {}, "words": lease}))
            between = self.stand_between(rule=lambda path, body, answer=answer: path == "/v3/lease/grant" and answer or None)
            done = self.finish(HOLDFAST, "run", "--lock", "db@cluster", "--", "true",
                               cwd=self.place("odd", endpoints=[between.endpoint]))
            self.assertEqual(done.returncode, 125)
            said = unfolded(done.stderr.decode())
            self.assertIn("lock db@cluster: etcd gives no lease: {", said)
            self.assertLess(len(said), 1000)
            self.assertNotIn("\x1b", said)
            self.assertEqual(said.strip().count("\n"), 0, said)

    def test_a_holder_with_a_long_name_is_told_too(self):
        key = base64.b64encode(b"holdfast/locks/db/top/mine").decode()
        value = base64.b64encode(json.dumps({"host": "far", "test": "x" * 100_000}).encode()).decode()
        self.etcd.call("kv/put", {"key": key, "value": value})
        waiter = self.with_lock("db@cluster", "true", options=["--lock-timeout", "0.5"], stderr=-1)
        _, said = waiter.communicate(timeout=PATIENCE_S)
        self.assertEqual(waiter.returncode, 75)
        self.assertIn('db@cluster is held by "xxx', unfolded(said.decode()))
        self.assertIn(b"xxx", self.finish(HOLDFAST, "locks", cwd=self.place()).stdout)

    def test_a_question_whose_answer_is_not_understood_is_asked_again(self):
        odd = []

        def rule(path, body):
            if path == "/v3/kv/range" and not odd:
                odd.append(body)
                return 200, "{}"
            return None
        between = self.stand_between(rule=rule)
        inner = f'"{HOLDFAST}" run --lock db@cluster --lock-timeout 10 -- echo had'
        # The inner command asks whether the outer one still has the lock.
        outer = self.with_lock("db@cluster", "sh", "-c", f"HOLDFAST_CLUSTER_ENDPOINTS={between.endpoint} {inner}", stdout=-1)
        out, _ = outer.communicate(timeout=PATIENCE_S)
        self.assertEqual((outer.returncode, out), (0, b"had\n"))
        self.assertTrue(odd)

    def test_a_client_that_does_not_start_is_told_with_its_reason(self):
        prefix = self.work / "prefix"
        shutil.copytree(STAGE, prefix, symlinks=True, copy_function=os.link)
        client = prefix / "libexec/holdfast/holdfast-etcd"
        client.unlink()
        client.write_text('#!/bin/sh\necho "$0: error while loading shared libraries: libcurl.so.4: no such file" >&2\nexit 127\n')
        client.chmod(0o755)
        said = r"lock db@cluster: holdfast-etcd does not start: \S+: error while loading shared libraries: libcurl.so.4"
        done = self.finish(prefix / "bin/holdfast", "run", "--lock", "db@cluster", "--", "true", cwd=self.place())
        self.assertEqual(done.returncode, 125)
        self.assertRegex(unfolded(done.stderr.decode()), said)
        # A keeper starts it for the tests of ctest.
        (self.work / "suite").mkdir()
        (self.work / "suite/holdfast.toml").write_text(self.settings())
        tree = self.project(self.scripted_test("t", 'HOLDFAST_LOCKS "db@cluster"', "true"), name="suite", prefix=prefix)
        done = self.finish(CTEST, cwd=tree)
        self.assertEqual(done.returncode, 8)
        self.assertRegex(unfolded((done.stdout + done.stderr).decode()), said)


if __name__ == "__main__":
    unittest.main()
