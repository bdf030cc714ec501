"""Locks of scope `cluster` when answers of etcd are lost, come late, or say that it cannot now."""

import threading
import unittest

from etcd import EtcdCase
from etcd_between import Between, is_note
from support import PATIENCE_S, not_inside, wait_until


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


if __name__ == "__main__":
    unittest.main()
