"""How long a start, a hang and a failure of a service keep its tests. services_start_test.py [whole]:
with a start of 10 s, and 500 starts with chosen ports."""

import multiprocessing
import random
import socket
import subprocess
import sys
import time
import unittest

from support import CTEST, PATIENCE_S, ProjectCase, program, verdicts, wait_until

SERVER = program("small_server")

WHOLE = False


def churn(stop):
    """Takes and frees ports of the kernel's choice, as a busy machine does, until `stop` is set."""
    chance = random.Random()
    while not stop.is_set():
        with socket.socket() as listener, socket.socket() as client:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client.connect(listener.getsockname())
            listener.accept()[0].close()
            time.sleep(chance.random() / 500)


class StartCase(ProjectCase):
    def suite(self, services, *tests):
        """A project with the tests (name, properties, command of sh)."""
        text = "".join(self.scripted_test(*test) for test in tests)
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(services)
        return self.project(text)

    def ended(self, tree):
        return {one["test"]: one for one in self.records(self.runs(tree)[-1], "attempt_ended")}

    def timed(self, tree, *options, bound=4 * PATIENCE_S):
        begun = time.monotonic()
        done = self.ctest(tree, *options, bound=bound)
        done.took = time.monotonic() - begun
        return done


class HangTest(StartCase):
    HEALTH = {
        # A look at the state of a process needs no answer from the process.
        "connection": 'health-tcp = "127.0.0.1:{port}"\n',
        "command": 'health-command = ["true"]\n',
    }

    def test_a_stopped_server_keeps_the_next_test_for_its_end_and_a_start(self):
        for kind, health in self.HEALTH.items():
            with self.subTest(kind):
                # It ignores the gentle signal, so its end takes the whole grace.
                services = f'[service.db]\ncommand = ["{SERVER}", "{{port}}", "ignore-term"]\nports = 1\n' \
                           f'ready-tcp = "127.0.0.1:{{port}}"\nhealth-timeout = "20s"\ngrace = "1s"\n{health}'
                tree = self.suite(services, ("stopper", "HOLDFAST_SERVICES db", 'kill -STOP "$HOLDFAST_SERVICE_DB_PID"'),
                                  ("next", "HOLDFAST_SERVICES db DEPENDS stopper", "true"))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 0, done.text)
                # The wait is shorter than the time for an answer.
                self.assertLess(self.ended(tree)["next"]["service_wait_s"], 10)
                self.assertRegex(done.text, r"service db was lost \(process \d+ is stopped\), used by \"stopper\" alone; ")
                self.assert_nothing_left()

    def test_one_that_is_stopped_during_the_check_is_called_stopped(self):
        # The check has looked for stopped processes before it runs the command.
        stop = f"test ! -e {self.work}/stop || {{ kill -STOP $(cat {self.work}/pid); exit 1; }}"
        services = f'[service.db]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\nready-tcp = "127.0.0.1:{{port}}"\n' \
                   f'grace = "1s"\nhealth-command = ["sh", "-c", "{stop}"]\ninit-command = ["rm", "-f", "{self.work}/stop"]\n'
        tree = self.suite(services, ("culprit", "HOLDFAST_SERVICES db",
                                     f'echo "$HOLDFAST_SERVICE_DB_PID" > {self.work}/pid && touch {self.work}/stop'),
                          ("next", "HOLDFAST_SERVICES db DEPENDS culprit", "true"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertRegex(done.text, r'service db was lost \(process \d+ is stopped\), used by "culprit" alone; ')
        self.assert_nothing_left()

    def test_one_that_does_not_answer_keeps_it_for_the_health_timeout_as_well(self):
        # The server is not stopped. From now on its health command stops itself.
        hang = f"test ! -e {self.work}/hang || kill -STOP $$"
        services = f'[service.db]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\nready-tcp = "127.0.0.1:{{port}}"\n' \
                   f'health-timeout = "2s"\ngrace = "1s"\nhealth-command = ["sh", "-c", "{hang}"]\n'
        # The next generation is well, because its start removes the cause.
        services += f'init-command = ["rm", "-f", "{self.work}/hang"]\n'
        tree = self.suite(services, ("culprit", "HOLDFAST_SERVICES db", f"touch {self.work}/hang"),
                          ("next", "HOLDFAST_SERVICES db DEPENDS culprit", "true"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        waited = self.ended(tree)["next"]["service_wait_s"]
        self.assertGreaterEqual(waited, 2)
        self.assertLess(waited, 2 + 1 + 10)
        self.assertRegex(done.text, r'service db was lost \((no answer within 2.0 s|`sh` took too long)\), '
                                    r'used by "culprit" alone; ')
        self.assert_nothing_left()


class NeverReadyTest(StartCase):
    def test_what_its_user_waited_for_before_is_on_record_all_the_same(self):
        name = self.lock_name()
        holder = self.start(*self.supervised(program("linger"), self.pid_file(), options=["--lock", name + "@user"]),
                            stderr=subprocess.DEVNULL)
        self.announced(self.pid_file())
        tree = self.suite('[service.dies]\ncommand = ["sh", "-c", "exit 3"]\nready-tcp = "127.0.0.1:4"\n',
                          ("user", f"HOLDFAST_SERVICES dies HOLDFAST_LOCKS {name}@user", "true"))
        said = self.work / "said"
        with open(said, "wb") as stream:
            ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=stream)
        wait_until(lambda: b"waiting for lock" in said.read_bytes(), "the wait")
        holder.terminate()
        self.assertEqual(ctest.wait(PATIENCE_S), 8)
        ended = self.ended(tree)["user"]
        self.assertEqual(ended["outcome"], "service_unavailable")
        self.assertGreater(ended["lock_wait_s"], 0.1)
        holder.wait(PATIENCE_S)

    def test_the_first_user_waits_and_no_other(self):
        services = '[service.never]\ncommand = ["sleep", "1000"]\nready-tcp = "127.0.0.1:3"\nstart-timeout = "2s"\n' \
                   '[service.dies]\ncommand = ["sh", "-c", "seq 20; exit 3"]\nready-tcp = "127.0.0.1:4"\n'
        users = [(f"{service}{n}", f"HOLDFAST_SERVICES {service}" + (f" DEPENDS {service}1" if n > 1 else ""), "true")
                 for service in ("never", "dies") for n in range(1, 6)]
        tree = self.suite(services, *users)
        done = self.ctest(tree)
        ended = self.ended(tree)
        self.assertEqual({one["outcome"] for one in ended.values()}, {"service_unavailable"}, done.text)
        waited = {name: one.get("service_wait_s", 0) for name, one in ended.items()}
        # The usual run has room for a machine that is busy with the other tests.
        late, death, others = (0.5, 0.5, 0.1) if WHOLE else (PATIENCE_S / 3, PATIENCE_S / 3, 1)
        self.assertGreaterEqual(waited["never1"], 2)
        self.assertLess(waited["never1"], 2 + late)
        # Its start-timeout is 30 s.
        self.assertLess(waited["dies1"], death)
        for name in waited.keys() - {"never1", "dies1"}:
            self.assertLess(waited[name], others, name)
        # A death is told with the last ten of its 20 lines.
        for n in range(1, 6):
            self.assertIn("it ended with exit code 3", ended[f"dies{n}"]["note"])
        print("waits: " + ", ".join(f"{name} {waited[name]:.3f}" for name in sorted(waited)), file=sys.stderr)


class SlowStartTest(StartCase):
    def services(self, seconds, more=""):
        # The server listens after so many seconds.
        return f'[service.db]\ncommand = ["sh", "-c", "sleep {seconds}; exec {SERVER} 0"]\n' \
               f'ready-output = "listening on ([0-9]+)"\nhealth-tcp = "127.0.0.1:{{port}}"\ngrace = "1s"\n{more}'

    def test_others_go_on_and_the_wait_is_no_part_of_a_limit(self):
        seconds = 10 if WHOLE else 3
        others = [(f"other{n}", "", "true") for n in range(20)]
        tree = self.suite(self.services(seconds), ("user", "HOLDFAST_SERVICES db TIMEOUT 2", "true"), *others)
        done = self.ctest(tree, "-j2", bound=4 * PATIENCE_S)
        self.assertEqual(set(verdicts(done.text).values()), {"Passed"}, done.text)
        self.assertNotIn("keeper", done.text)
        ended = self.ended(tree)
        self.assertGreaterEqual(ended["user"]["service_wait_s"], seconds - 0.5)
        # All others were over before it was ready.
        ready, = [one["at"] for one in self.records(self.runs(tree)[-1], "service") if one["event"] == "ready"]
        late = [name for name, one in ended.items() if name != "user" and one["at"] > ready]
        self.assertEqual(late, [])
        self.assert_nothing_left()

    def test_an_eager_one_starts_beside_the_first_tests(self):
        seconds = 10 if WHOLE else 3
        # Together the others take as long as the start, and ctest begins the user last.
        others = [(f"other{n}", "COST 10", f"sleep {seconds / 5}") for n in range(5)]
        tree = self.suite(self.services(seconds, "eager = true\n"), *others,
                          ("user", f"HOLDFAST_SERVICES db DEPENDS \"{';'.join(name for name, _, _ in others)}\"", "true"))
        done = self.timed(tree)
        self.assertEqual(done.returncode, 0, done.text)
        print(f"eager: {done.took:.2f} s for a start of {seconds} s", file=sys.stderr)
        if WHOLE:
            # If the start came before or after the tests, the run would take twice the time.
            self.assertLess(done.took, seconds * 1.1)
        self.assertLess(self.ended(tree)["user"].get("service_wait_s", 0), seconds / 2)


class ChosenPortsTest(StartCase):
    SERVICES = 50
    RUNS = 10

    def test_no_start_meets_a_port_that_is_taken(self):
        runs, count = (self.RUNS, self.SERVICES) if WHOLE else (1, 10)
        services = "".join(f'[service.s{n}]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\n'
                           f'ready-tcp = "127.0.0.1:{{port}}"\ngrace = "1s"\n' for n in range(count))
        tree = self.suite(services, *((f"t{n}", f"HOLDFAST_SERVICES s{n}", "true") for n in range(count)))
        stop = multiprocessing.Event()
        churners = [multiprocessing.Process(target=churn, args=(stop,), daemon=True) for _ in range(20)]
        for one in churners:
            one.start()
        try:
            for n in range(runs):
                done = self.ctest(tree, "-j4", bound=10 * PATIENCE_S)
                events = [(one["event"], one["generation"]) for one in self.records(self.runs(tree)[-1], "service")]
                self.assertEqual(sorted(events), [("ready", 1)] * count + [("started", 1)] * count,
                                 f"run {n + 1}\n{done.text}")
                self.assertEqual(done.returncode, 0, done.text)
        finally:
            stop.set()
            for one in churners:
                one.join()
        self.assert_nothing_left()


if __name__ == "__main__":
    WHOLE = "whole" in sys.argv[1:]
    unittest.main(argv=[sys.argv[0]])
