"""`holdfast doctor`: the etcd that has the locks of scope `cluster`."""

import unittest

from doctor_case import OF_THE_MACHINE, DoctorCase
from etcd import EtcdCase

NOBODY = "http://127.0.0.1:1"


class EtcdTest(DoctorCase, EtcdCase):
    def test_an_etcd_that_answers_is_no_finding_and_one_that_does_not_is_wrong(self):
        for endpoints in ([self.etcd.endpoint], [NOBODY, self.etcd.endpoint]):
            self.toml(self.settings(endpoints=endpoints))
            self.assertEqual(set(self.look(self.project())) - OF_THE_MACHINE, set(), self.said["findings"])
        tree = self.project()
        self.etcd.end()
        found = self.look(tree)
        self.assert_only(found, "etcd_away", r"^etcd cannot be asked for its locks: ")
        self.assertRegex(found["etcd_away"]["where"], r"holdfast\.toml:2")

    def test_the_environment_may_name_it(self):
        tree = self.project()
        self.assertEqual(set(self.look(tree)) - OF_THE_MACHINE, set(), self.said["findings"])
        away = self.environment(HOLDFAST_CLUSTER_ENDPOINTS=NOBODY)
        for place in (tree, None):
            found = self.look(place, env=away, cwd="/")
            self.assert_found(found, "etcd_away", "^etcd cannot be asked")
            self.assertEqual(found["etcd_away"]["where"], "HOLDFAST_CLUSTER_ENDPOINTS")
        odd = self.environment(HOLDFAST_CLUSTER_ENDPOINTS="etcd:2379")
        self.assert_only(self.look(tree, env=odd), "etcd_away", r'^HOLDFAST_CLUSTER_ENDPOINTS "etcd:2379": expected an address')


if __name__ == "__main__":
    unittest.main()
