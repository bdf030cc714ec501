"""A setting (run-serial in holdfast.toml) makes RUN_SERIAL hold over several runs."""

import unittest

from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, no_keeper_of, wait_until


class RunSerialTest(ProjectCase):
    def trees(self, setting):
        self.spans = self.work / "spans"
        tests = "".join(f"add_test(NAME t{i} COMMAND @P@/record_interval {self.spans} 20 t{i})\n"
                        for i in range(4))
        tests += f"""add_test(NAME alone COMMAND @P@/record_interval {self.spans} 20 alone)
set_tests_properties(alone PROPERTIES RUN_SERIAL ON)
set_tests_properties(t0 PROPERTIES RUN_SERIAL OFF)"""
        trees = [self.project(tests, name="source", build=build) for build in ("one", "two")]
        (self.work / "source/holdfast.toml").write_text(setting)
        return trees

    def run_both(self, trees):
        begun = [self.start(CTEST, "-j3", "--schedule-random", cwd=tree, stdout=-3, stderr=-3)
                 for tree in trees]
        self.assertEqual([one.wait(PATIENCE_S) for one in begun], [0, 0])
        lines = [line.split() for line in self.spans.read_text().splitlines()]
        return [(int(begun), int(ended), name) for begun, ended, name in lines]

    def locks_of(self, tree):
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        started = self.records(self.runs(tree)[-1], "attempt_started")
        return {one["test"]: one.get("locks", []) for one in started}

    def test_with_the_setting_it_is_alone_over_all_trees_of_the_project(self):
        trees = self.trees('[profile.default]\nrun-serial = "project"\n')
        for _ in range(3):
            spans = self.run_both(trees)
        self.assertEqual(len(spans), 30)
        for begun, ended, name in spans:
            if name != "alone":
                continue
            others = [s for s in spans if s != (begun, ended, name)]
            for other_begun, other_ended, other in others:
                self.assertTrue(ended < other_begun or other_ended < begun, (name, other))
        locks = self.locks_of(trees[0])
        self.assertEqual(locks["alone"], ["RUN_SERIAL@project"])
        self.assertEqual(locks["t0"], ["RUN_SERIAL:shared@project"])

    def test_a_command_has_its_own_locks_or_those_of_the_file_and_nothing_that_is_for_tests(self):
        file, option = self.lock_name(), self.lock_name()
        tree, _ = self.trees('[profile.default]\nrun-serial = "user"\nisolation = "process"\n'
                             f'locks = ["{file}@user"]\n')
        for options, held, other in (([], file, option), (["--lock", f"{option}@user"], option, file)):
            done = self.finish(HOLDFAST, "run", "--tree", tree, *options, "--", "sh", "-c", "echo $HOLDFAST_HELD")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(held, done.stdout.decode())
            self.assertNotIn(other, done.stdout.decode())
            self.assertNotIn("RUN_SERIAL", done.stdout.decode())

    def test_without_it_no_test_takes_a_lock(self):
        trees = self.trees("[profile.default]\n")
        self.run_both(trees)
        self.assertEqual(set(map(tuple, self.locks_of(trees[0]).values())), {()})

    def test_inside_a_test_of_the_same_project_it_is_alone_among_its_siblings(self):
        trees = self.trees('[profile.default]\nrun-serial = "project"\nruns = "allow"\n')
        inner = f"add_test(NAME outer COMMAND {CTEST} --test-dir {trees[0]} -j3)\n"
        outer = self.project(inner, name="source2", build="outer")
        (self.work / "source2/holdfast.toml").write_text(
            '[profile.default]\nrun-serial = "project"\n')
        ran = self.ctest(outer)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertEqual(len(self.spans.read_text().splitlines()), 5)


if __name__ == "__main__":
    unittest.main()
