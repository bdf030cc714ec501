"""Counted locks give K of N slots. The test gets their numbers, and they are free the moment its
processes are gone."""

import os
import signal
import unittest

from support import (PATIENCE_S, ProjectCase, children_of, command_of, is_alive, process, program,
                     wait_until)


class CountedLocksTest(ProjectCase):
    def slot_name(self):
        """The name of a lock, and the variable that holds its slots."""
        name = self.lock_name()
        return name, "HOLDFAST_SLOT_" + name.upper().replace("-", "_")

    def hold(self, spec, file):
        begun = self.start(*self.supervised(program("linger"), self.pid_file(file),
                                            options=["--lock", spec]), stderr=-3)
        return begun, self.announced(self.pid_file(file))[0]

    def slots(self, spec, variable):
        """The slots that a new run gets. It must get them at once."""
        ended = self.finish(*self.supervised("sh", "-c", f"echo ${variable}",
                                             options=["--lock", spec, "--lock-timeout", "20s"]))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        return ended.stdout.decode().strip()

    def test_the_slot_reaches_the_test(self):
        for by in self.each_supervisor():
            name, variable = self.slot_name()
            ended = self.finish(*self.supervised("sh", "-c", f"echo ${variable}", by=by,
                                                 options=["--lock", f"{name}:1/4"]))
            self.assertEqual((ended.stdout, ended.returncode), (b"0\n", 0), ended.stderr)
            self.hold(f"{name}:1/4", "first" + name)
            self.assertEqual(self.slots(f"{name}:2/4", variable), "1,2")
            self.hold(f"{name}:1/4", "second" + name)
            self.assertEqual(self.slots(f"{name}:1/4", variable), "2")

    def test_an_exclusive_or_shared_lock_has_no_slot(self):
        name, variable = self.slot_name()
        for spec in (name, f"{name}:shared"):
            self.assertEqual(self.slots(spec, variable), "")

    def test_no_slot_is_had_twice_and_never_more_than_there_are(self):
        name, variable = self.slot_name()
        file = self.work / "intervals"
        runs = [self.start(*self.supervised(
            "sh", "-c", f'exec {program("record_interval")} "{file}" 10 ${variable}',
            options=["--quiet", "--lock", f"{name}:{units}/3"])) for units in (1, 2, 1, 3, 1, 1) * 4]
        self.assertEqual([run.wait(PATIENCE_S) for run in runs], [0] * 24)
        spans = [line.split() for line in file.read_text().splitlines()]
        self.assertEqual(len(spans), 24)
        for slot in "012":
            taken = sorted((int(b), int(e)) for b, e, slots in spans if slot in slots.split(","))
            self.assertGreater(len(taken), 0)
            for (_, ended), (began, _) in zip(taken, taken[1:]):
                self.assertLess(ended, began)

    def test_two_sizes_of_one_lock_are_refused(self):
        name, _ = self.slot_name()
        holder, _ = self.hold(f"{name}:1/4", "holder")
        for spec in (f"{name}:1/2", f"{name}:1/5"):
            ended = self.finish(*self.supervised("true", options=["--lock", spec]))
            self.assertEqual(ended.returncode, 125)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(f'in use now with size 4; expected {spec[-1]} (by "linger", pid {holder.pid}',
                          ended.stderr.decode())
        both = self.finish(*self.supervised("true", options=["--lock", f"{name}:1/4", "--lock",
                                                             f"{name}:1/2"]))
        self.assertEqual(both.returncode, 125)
        self.assertIn(b"one name has one size", both.stderr)

    def test_kill_9_frees_exactly_its_slots(self):
        name, variable = self.slot_name()
        self.hold(f"{name}:1/4", "first")
        begun, test = self.hold(f"{name}:2/4", "victim")
        self.hold(f"{name}:1/4", "last")
        guard = self.guard_of(begun.pid)
        for pid in (begun.pid, guard.pid, test.pid):
            os.kill(pid, signal.SIGSTOP)
        for pid in (begun.pid, guard.pid, test.pid):
            os.kill(pid, signal.SIGKILL)
        begun.wait()
        self.assert_gone([guard, test])
        self.assertEqual(self.slots(f"{name}:2/4", variable), "1,2")

    def test_a_killed_launcher_frees_them_only_when_its_processes_are_gone(self):
        name, variable = self.slot_name()
        begun = self.start(*self.supervised(program("ignore"), self.pid_file(),
                                            options=["--lock", f"{name}:1/2", "--grace", "10m"]),
                           stderr=-3)
        test, = self.announced(self.pid_file())
        begun.kill()
        begun.wait()
        self.assertTrue(is_alive(test))
        self.assertEqual(self.slots(f"{name}:1/2", variable), "1")
        os.kill(test.pid, signal.SIGKILL)
        self.assertEqual(self.slots(f"{name}:2/2", variable), "0,1")

    def test_with_launcher_and_guard_killed_the_keeper_has_them(self):
        name, variable = self.slot_name()
        tree = self.project(f"""
add_test(NAME victim COMMAND @P@/ignore ${{CMAKE_BINARY_DIR}}/victim.pids)
set_tests_properties(victim PROPERTIES HOLDFAST_LOCKS {name}:2/3)""")
        ctest = self.start("ctest", cwd=tree, stdout=-3, stderr=-3)
        victim, = self.announced(tree / "victim.pids")
        launcher = next(pid for pid in children_of(ctest.pid)
                        if command_of(pid)[0].endswith("holdfast-launcher"))
        guard = self.guard_of(launcher)
        for pid in (launcher, guard.pid):
            os.kill(pid, signal.SIGSTOP)
        for pid in (launcher, guard.pid):
            os.kill(pid, signal.SIGKILL)
        self.assert_gone([guard])
        # The victim ignores TERM, so it lives for the grace and keeps its slots.
        spec = f"{name}:1/3"
        run = self.finish(*self.supervised("sh", "-c", f"echo ${variable}", by="holdfast run",
                                           options=["--lock", spec]), cwd=tree)
        if is_alive(victim):
            self.assertEqual(run.stdout, b"2\n", run.stderr)
            os.kill(victim.pid, signal.SIGKILL)
        ctest.wait(PATIENCE_S)
        wait_until(lambda: self.finish(*self.supervised(
            "sh", "-c", f"echo ${variable}", options=["--lock", spec]), cwd=tree).stdout == b"0\n",
            "the slots to be free")

    def test_ctest_over_two_trees_and_resource_groups_beside(self):
        name, variable = self.slot_name()
        file = self.work / "intervals"
        spec = self.work / "resources.json"
        spec.write_text('{"version":{"major":1,"minor":0},"local":[{"cards":[{"id":"c7","slots":8}]}]}')
        script = f'exec @P@/record_interval {file} 10 \\${variable}-\\$CTEST_RESOURCE_GROUP_0_CARDS'
        tests = "".join(f"""
add_test(NAME t{i} COMMAND sh -c "{script}")
set_tests_properties(t{i} PROPERTIES HOLDFAST_LOCKS {name}:1/2 RESOURCE_GROUPS cards:1)"""
                        for i in range(6))
        trees = [self.project(tests, name="source", build=build) for build in ("one", "two")]
        begun = [self.start("ctest", "-j4", "--resource-spec-file", spec, cwd=tree, stdout=-3,
                            stderr=-3) for tree in trees]
        self.assertEqual([one.wait(PATIENCE_S) for one in begun], [0, 0])
        spans = [line.split() for line in file.read_text().splitlines()]
        self.assertEqual(len(spans), 12)
        for slot in "01":
            taken = sorted((int(b), int(e)) for b, e, what in spans
                           if what == f"{slot}-id:c7,slots:1")
            self.assertGreater(len(taken), 0, spans)
            for (_, ended), (began, _) in zip(taken, taken[1:]):
                self.assertLess(ended, began)
        self.assertEqual({what[1:] for _, _, what in spans}, {"-id:c7,slots:1"})

    def test_inside_a_holder_its_slots_are_shared_out(self):
        name, variable = self.slot_name()
        self.hold(f"{name}:1/4", "other")
        slots = self.work / "slots"
        script = self.work / "use_slot"  # runs until each of the two slots was used
        script.write_text(f"echo ${variable} >> {slots}\n"
                          f"until grep -q 1 {slots} && grep -q 2 {slots}; do sleep 0.01; done\n")
        inner = " ".join(f"'{w}'" for w in self.supervised(
            "sh", script, options=["--quiet", "--lock", f"{name}:1/4"]))
        ended = self.finish(*self.supervised(
            "sh", "-c", f"{inner} & {inner} & {inner} & {inner} & wait",
            options=["--lock", f"{name}:2/4"]))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        had = slots.read_text().split()
        self.assertEqual((len(had), set(had)), (4, {"1", "2"}))
        for wanted in (f"{name}:3/4", f"{name}:1/2", name):
            refused = self.finish(*self.supervised(
                *self.supervised("true", options=["--lock", wanted]),
                options=["--lock", f"{name}:2/4"]))
            self.assertEqual(refused.returncode, 125, wanted)
            self.assert_our_lines(refused.stderr, 1)
            self.assertIn(b"attempt around this one", refused.stderr)


if __name__ == "__main__":
    unittest.main()
