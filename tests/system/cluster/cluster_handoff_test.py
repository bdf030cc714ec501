"""How long it takes to hand a lock over to one waiter, against what etcd itself takes."""

import base64
import http.client
import json
import statistics
import time
import unittest

from etcd import EtcdCase
from support import HOLDFAST, PATIENCE_S, wait_until

ROUNDS = 60



class ClusterHandoffTest(EtcdCase):
    def of_etcd(self):
        """The times from a call that deletes a key to the answer of a range, with a watch between."""
        host = self.etcd.endpoint.removeprefix("http://")
        calls, watch = http.client.HTTPConnection(host), http.client.HTTPConnection(host)

        def call(connection, path, body):
            connection.request("POST", f"/v3/{path}", json.dumps(body))
            return connection.getresponse()
        key = base64.b64encode(b"reference").decode()
        took = []
        for _ in range(ROUNDS):
            call(calls, "kv/put", {"key": key}).read()
            stream = call(watch, "watch", {"create_request": {"key": key}})
            stream.readline()
            begun = time.monotonic()
            call(calls, "kv/deleterange", {"key": key}).read()
            while b"events" not in stream.readline():
                pass
            call(calls, "kv/range", {"key": key}).read()
            took.append(time.monotonic() - begun)
            watch.close()
        return took

    def handed_over(self):
        """Pairs: a holder that ends on a word, and a waiter that is there already."""
        took = []
        place = self.place()
        for i in range(ROUNDS):
            ended, began = self.work / "ended", self.work / "began"
            for file in (ended, began):
                file.unlink(missing_ok=True)
            go = self.work / f"go{i}"
            holder = self.start(HOLDFAST, "run", "--lock", "db@cluster", "--", "sh", "-c",
                                f'while [ ! -e "{go}" ]; do sleep 0.01; done; date +%s%N >"{ended}"', cwd=place)
            self.wait_for_keys(1, "db")
            said = self.work / "said"
            with open(said, "wb") as stream:
                waiter = self.start(HOLDFAST, "run", "--lock", "db@cluster", "--", "sh", "-c", f'date +%s%N >"{began}"',
                                    cwd=place, stderr=stream)
            wait_until(lambda: b"waiting for lock" in said.read_bytes(), "the waiter")
            go.touch()
            self.assertEqual(holder.wait(PATIENCE_S), 0)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)
            took.append((int(began.read_text()) - int(ended.read_text())) / 1e9)
        return sorted(took)

    def test_a_hand_over_takes_a_few_times_what_etcd_takes(self):
        reference = sorted(self.of_etcd())
        took = self.handed_over()
        print(json.dumps({"etcd_ms": [round(1000 * one, 2) for one in (statistics.median(reference), reference[-1])],
                          "handed_over_ms": [round(1000 * one, 2) for one in (statistics.median(took), took[-1])]}))
        self.assertLess(statistics.median(took), 20 * statistics.median(reference))


if __name__ == "__main__":
    unittest.main()
