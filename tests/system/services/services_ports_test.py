"""Services of two runs with one port of their own: they take turns. Through ctest, on two trees."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

from processes import is_alive, keepers_of, name_of, parent_of, process
from support import CTEST, PATIENCE_S, ProjectCase, program, unfolded, wait_until

# Says who it is, and stays until the file `go` is there.
WAIT = """echo "$HOLDFAST_SERVICE_DB_PID" >"$0.pid"
touch "$0.here"
while [ ! -e go ]; do sleep 0.01; done
"""


# Listens at a port, and takes a while to die.
LARGE_LISTENER = """import mmap, pathlib, socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
size = 1 << 30
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(15)  # MADV_NOHUGEPAGE
for place in range(0, size, 4096):
    memory[place] = 1
pathlib.Path(sys.argv[2]).touch()
time.sleep(1000)
"""


def port_for_one_test():
    """A port that nobody has at this moment, and that the kernel gives to nobody."""
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(20000, max(first_ephemeral, 20001))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class TurnsCase(ProjectCase):
    def setUp(self):
        super().setUp()
        self.port = port_for_one_test()
        # How a run that waits for the port begins to say so.
        self.held = f'port {self.port} is held by "service db" (pid '

    def service(self, more="", name="db"):
        return f'[service.{name}]\ncommand = ["{program("small_server")}", "{self.port}"]\n' \
               f'ready-tcp = "127.0.0.1:{self.port}"\ngrace = "1s"\n{more}'

    def suite(self, name, services, *tests):
        """A project and tree of that name, with the tests (name, properties, command of sh)."""
        source = self.work / f"{name}.source"
        source.mkdir(exist_ok=True)
        text = "".join(self.scripted_test(*test, place=source) for test in tests)
        (source / "holdfast.toml").write_text(services)
        return self.project(text, name=source.name, build=name)

    def begin(self, tree, *options, waits_for="user"):
        """ctest, once its test is at work."""
        with open(self.work / f"{tree.name}.out", "wb") as out:
            ctest = self.start(CTEST, *options, cwd=tree, stdout=out, stderr=subprocess.STDOUT)
        if waits_for:
            wait_until((self.source(tree) / f"{waits_for}.sh.here").exists, "the test")
        return ctest

    def source(self, tree):
        return self.work / f"{tree.name}.source"

    def said(self, tree):
        return unfolded((self.work / f"{tree.name}.out").read_text(errors="replace"))

    def go(self, tree):
        (self.source(tree) / "go").touch()

    def is_told(self, tree, text):
        wait_until(lambda: text in self.said(tree), lambda: f"{text!r} in {self.said(tree)}")

    def ended(self, tree):
        return {one["test"]: one for one in self.records(self.runs(tree)[-1], "attempt_ended")}

    def events(self, tree):
        return [(one["event"], one["generation"]) for one in self.records(self.runs(tree)[-1], "service")]

    def at(self, tree, event):
        return [one["at"] for one in self.records(self.runs(tree)[-1], "service") if one["event"] == event][-1]


class TurnsTest(TurnsCase):
    def test_the_second_run_waits_is_told_and_starts_when_the_first_has_ended(self):
        one = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db", WAIT))
        # The start may take less time than the wait does.
        two = self.suite("two", self.service('start-timeout = "4s"\n'), ("user", "HOLDFAST_SERVICES db", "true"),
                         ("other", "", "true"))
        first = self.begin(one)
        second = self.begin(two, "-j2", waits_for=None)
        self.is_told(two, '"user" still waiting for service db (5')
        told = self.said(two)
        for words in ('"user" waiting for service db (0', '"user" still waiting for service db (2'):
            line, = [line for line in told.splitlines() if words in line]
            self.assertRegex(line, rf': port {self.port} is held by "service db" \(pid {first.pid}, tree {one}\) for [0-9.]+ m?s$')
        self.assertEqual(self.ended(two)["other"]["outcome"], "passed")
        self.assertEqual(self.events(two), [])
        self.go(one)
        self.assertEqual((first.wait(PATIENCE_S), second.wait(PATIENCE_S)), (0, 0), self.said(two))
        self.assertEqual(self.events(two), [("started", 1), ("ready", 1)])
        user = self.ended(two)["user"]
        self.assertGreater(user["service_wait_s"], 5)
        self.assertIn('"user" has service db after ', self.said(two))
        # The run started the service when the port was free, not at some later look.
        self.assertLess(self.at(two, "started") - self.ended(one)["user"]["at"], 4)
        self.assert_nothing_left()

    def test_it_gives_up_in_time_and_all_others_at_once(self):
        one = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db", WAIT))
        two = self.suite("two", self.service('port-timeout = "500ms"\n'), ("first", "HOLDFAST_SERVICES db", "true"),
                         ("second", "HOLDFAST_SERVICES db DEPENDS first", "true"), ("other", "", "true"))
        first = self.begin(one)
        second = self.begin(two, waits_for=None)
        self.assertEqual(second.wait(PATIENCE_S), 8)
        self.go(one)
        ended = self.ended(two)
        self.assertEqual({name: test["outcome"] for name, test in ended.items()}, {
            "first": "service_unavailable", "second": "service_unavailable", "other": "passed"})
        for name in ("first", "second"):
            self.assertRegex(ended[name]["note"], rf'^"{name}": service db is not available: gave up after 0\.5 s: port {self.port} '
                                                  rf'is held by "service db" \(pid {first.pid}, tree {one}\) for ')
        self.assertGreaterEqual(ended["first"]["service_wait_s"], 0.5)
        self.assertLess(ended["second"].get("service_wait_s", 0), 0.5)
        self.assertEqual(first.wait(PATIENCE_S), 0)
        self.assert_nothing_left()

    def test_a_run_that_ends_while_it_waits_takes_nothing(self):
        one = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db", WAIT))
        two = self.suite("two", self.service(), ("user", "HOLDFAST_SERVICES db", "true"))
        first = self.begin(one)
        for end in (signal.SIGINT, signal.SIGKILL):
            second = self.begin(two, waits_for=None)
            self.is_told(two, self.held)
            os.kill(second.pid, end)
            second.wait(PATIENCE_S)
            wait_until(lambda: not keepers_of(two), "the keeper's end")
        self.go(one)
        self.assertEqual(first.wait(PATIENCE_S), 0)
        self.assert_nothing_left()

    def test_one_that_is_not_started_again_lets_its_port_go_before_its_run_ends(self):
        one = self.suite("one", f'[service.db]\ncommand = ["false"]\nready-tcp = "127.0.0.1:{self.port}"\n',
                         ("fails", "HOLDFAST_SERVICES db", "true"), ("user", "DEPENDS fails", WAIT))
        two = self.suite("two", self.service('port-timeout = "5s"\n'), ("user", "HOLDFAST_SERVICES db", "true"))
        first = self.begin(one)
        done = self.ctest(two)
        self.assertEqual(done.returncode, 0, done.text)
        self.go(one)
        self.assertEqual(first.wait(PATIENCE_S), 8)
        self.assertEqual(self.ended(one)["fails"]["outcome"], "service_unavailable")
        self.assert_nothing_left()

    def test_no_run_gets_in_between_two_generations(self):
        one = self.suite("one", self.service(), ("killer", "HOLDFAST_SERVICES db:exclusive", 'kill -9 "$HOLDFAST_SERVICE_DB_PID"\n' + WAIT),
                         ("user", "HOLDFAST_SERVICES db DEPENDS killer", WAIT.replace("go", "go2")))
        two = self.suite("two", self.service(), ("user", "HOLDFAST_SERVICES db", "true"))
        first = self.begin(one, waits_for="killer")
        second = self.begin(two, waits_for=None)
        self.is_told(two, self.held)
        self.go(one)
        wait_until((self.source(one) / "user.sh.here").exists, "the next test")
        self.assertEqual(self.events(two), [])
        (self.source(one) / "go2").touch()
        self.assertEqual((first.wait(PATIENCE_S), second.wait(PATIENCE_S)), (0, 0), self.said(two))
        self.assertEqual(self.events(one), [("started", 1), ("ready", 1), ("died", 1), ("started", 2), ("ready", 2)])
        self.assert_nothing_left()

    def test_they_take_turns_in_the_order_in_which_they_came(self):
        trees = [self.suite(name, self.service(), ("user", "HOLDFAST_SERVICES db", WAIT)) for name in ("one", "two", "three")]
        begun = [self.begin(trees[0])]
        for tree in trees[1:]:
            begun.append(self.begin(tree, waits_for=None))
            self.is_told(tree, self.held)
        self.assertRegex(self.said(trees[2]), rf'; 1 before us, first "service db" \(pid {begun[1].pid}, tree {trees[1]}\)')
        for tree in trees:
            self.go(tree)
        self.assertEqual([one.wait(PATIENCE_S) for one in begun], [0, 0, 0])
        self.assertLess(self.at(trees[1], "ready"), self.at(trees[2], "started"))
        self.assert_nothing_left()

    def test_a_run_inside_a_test_of_the_run_that_has_it_fails_at_once(self):
        inner = self.suite("inner", self.service(), ("user", "HOLDFAST_SERVICES db", "true"))
        one = self.suite("one", self.service(), ("around", "HOLDFAST_SERVICES db", f"cd '{inner}' && '{CTEST}'"))
        first = self.begin(one, waits_for=None)
        self.assertEqual(first.wait(PATIENCE_S), 8)
        self.assertRegex(self.ended(inner)["user"]["note"],
                         rf'port {self.port} is held by "service db" \(pid {first.pid}, tree {one}\) for .*, '
                         'which runs this ctest in a test and so waits for it$')
        self.assert_nothing_left()

    def test_a_listener_that_has_no_lock_is_waited_for_by_nobody(self):
        two = self.suite("two", self.service(), ("user", "HOLDFAST_SERVICES db", "true"))
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", self.port))
            other.listen()
            done = self.ctest(two)
            self.assertEqual(done.returncode, 8)
            # Either the look at the port was first, or the server has failed to get it.
            self.assertIn(f"port {self.port} belongs to pid {os.getpid()} (", self.ended(two)["user"]["note"])
        self.assertLess(self.ended(two)["user"]["service_wait_s"], PATIENCE_S / 3)
        self.assert_nothing_left()

    def test_ten_tests_are_red_at_once_and_the_listener_sees_none_of_them(self):
        listen = self.work / "listen.py"
        listen.write_text("import socket, sys, time\n"
                          "listener = socket.socket()\n"
                          "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
                          f"listener.bind(('127.0.0.1', {self.port}))\nlistener.listen()\nprint('here', flush=True)\n"
                          "listener.settimeout(1000)\nlistener.accept()\nprint('a connection', flush=True)\n")
        other = self.start(sys.executable, listen, cwd=self.work, stdout=subprocess.PIPE)
        self.assertEqual(other.stdout.readline(), b"here\n")
        # The command of the service does not fail. So only the look at the socket can find the stranger.
        service = f'[service.db]\ncommand = ["sleep", "1000"]\nready-tcp = "127.0.0.1:{self.port}"\n'
        tree = self.suite("ten", service, *((f"t{n}", "HOLDFAST_SERVICES db", "true") for n in range(10)))
        begun = time.monotonic()
        done = self.ctest(tree, "-j4")
        self.assertLess(time.monotonic() - begun, PATIENCE_S / 10)
        ended = self.ended(tree)
        self.assertEqual({one["outcome"] for one in ended.values()}, {"service_unavailable"}, done.text)
        self.assertEqual(len(ended), 10)
        for one in ended.values():
            self.assertIn(f"port {self.port} belongs to pid {other.pid} (", one["note"])
            self.assertIn("listen.py", one["note"])
            self.assertIn(f", in {self.work}", one["note"])
        os.set_blocking(other.stdout.fileno(), False)
        self.assertIsNone(other.stdout.read(), "a connection was made")
        self.assertIsNone(other.poll())
        other.kill()
        other.wait()
        other.stdout.close()
        self.assert_nothing_left()

    def stranger(self):
        """A socket of ours that listens on the port."""
        other = socket.socket()
        self.addCleanup(other.close)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", self.port))
        other.listen()
        other.setblocking(False)
        return other

    def test_a_start_waits_for_a_listener_that_is_dying(self):
        """The kernel takes the memory of a killed process before it closes the process's sockets."""
        large = self.work / "large.py"
        large.write_text(LARGE_LISTENER)
        with subprocess.Popen([sys.executable, large, str(self.port), self.work / "listens"]) as stranger:
            try:
                wait_until((self.work / "listens").exists, "the listener", 10 * PATIENCE_S)  # it fills its memory
                # The server starts in the moment after the kill.
                gate = (f'[service.gate]\ncommand = ["sleep", "1000"]\nready-command = ["true"]\n'
                        f'init-command = ["kill", "-KILL", "{stranger.pid}"]\ngrace = "1s"\n')
                tree = self.suite("dying", gate + self.service('depends = ["gate"]\n'), ("user", "HOLDFAST_SERVICES db", "true"))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 0, done.text)
            finally:
                stranger.kill()

    def test_the_listener_is_named_when_the_server_itself_fails_and_says_nothing_of_its_port(self):
        self.stranger()
        health = f'health-tcp = "127.0.0.1:{self.port}"\n'
        for more in ('ready-output = "listening"\n' + health, 'ready-command = ["false"]\n' + health, health):
            with self.subTest(more):
                service = f'[service.db]\ncommand = ["{program("small_server")}", "{self.port}"]\n{more}'
                tree = self.suite("fails", service, ("user", "HOLDFAST_SERVICES db", "true"))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 8, done.text)
                note = self.ended(tree)["user"]["note"]
                self.assertIn(f"port {self.port} belongs to pid {os.getpid()} (", note)
                if "output" in more:
                    self.assertIn("it ended with exit code 1; port ", note)

    def test_a_service_that_says_that_it_is_ready_must_have_its_port(self):
        other = self.stranger()
        says = f'command = ["sh", "-c", "echo listening on {self.port}; exec sleep 1000"]\ngrace = "1s"\n'
        health = f'health-tcp = "127.0.0.1:{self.port}"\n'
        for words in ('ready-output = "listening"\n' + health,
                      f'ready-output = "listening"\nhealth-http = "http://127.0.0.1:{self.port}/"\n',
                      'ready-command = ["true"]\n' + health,
                      'ready-output = "listening on ([0-9]+)"\nhealth-tcp = "127.0.0.1:{port}"\n',
                      'ready-output = "listening on ([0-9]+)"\n',
                      health):
            with self.subTest(words):
                tree = self.suite("says", f"[service.db]\n{says}{words}", ("user", "HOLDFAST_SERVICES db", "true"),
                                  ("next", "HOLDFAST_SERVICES db DEPENDS user", "true"), ("other", "", "true"))
                done = self.ctest(tree)
                ended = self.ended(tree)
                self.assertEqual({name: one["outcome"] for name, one in ended.items()}, {
                    "user": "service_unavailable", "next": "service_unavailable", "other": "passed"}, done.text)
                for name in ("user", "next"):
                    self.assertIn(f"port {self.port} belongs to pid {os.getpid()} (", ended[name]["note"])
                with self.assertRaises(BlockingIOError, msg="a connection was made"):
                    other.accept()
                self.assert_nothing_left()

    def test_one_that_says_that_it_is_ready_too_early_is_ready_when_it_answers(self):
        command = f"echo listening; sleep 0.5; exec {program('small_server')} {self.port}"
        for ready in ('ready-output = "listening"\n', 'ready-command = ["true"]\n', ""):
            with self.subTest(ready):
                service = f'[service.db]\ncommand = ["sh", "-c", "{command}"]\ngrace = "1s"\n{ready}' \
                          f'health-tcp = "127.0.0.1:{self.port}"\n'
                connect = f'{sys.executable} -c "import socket; socket.create_connection((\'127.0.0.1\', {self.port}))"'
                tree = self.suite("early", service, ("user", "HOLDFAST_SERVICES db", connect))
                done = self.ctest(tree)
                self.assertEqual(done.returncode, 0, done.text)
                self.assertEqual(self.events(tree), [("started", 1), ("ready", 1)])
                self.assert_nothing_left()

    def test_a_port_that_a_command_for_its_health_answers_for_may_be_that_of_another_process(self):
        # As of a container, whose port belongs to a process of the container's daemon.
        self.stranger()
        service = f'[service.db]\ncommand = ["sh", "-c", "echo listening on {self.port}; exec sleep 1000"]\ngrace = "1s"\n' \
                  'ready-output = "listening on ([0-9]+)"\nhealth-command = ["true"]\n'
        tree = self.suite("daemon", service, ("user", "HOLDFAST_SERVICES db", f'test "$HOLDFAST_SERVICE_DB_PORT" = {self.port}'))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assert_nothing_left()

    def test_a_listener_that_comes_between_two_generations_is_named_and_only_users_are_red(self):
        # The second generation waits until the stranger has the port.
        server = program("small_server")
        for more, command in ((f'ready-tcp = "127.0.0.1:{self.port}"\n', f"exec {server} {self.port}"),
                              (f'ready-output = "listening"\nhealth-tcp = "127.0.0.1:{self.port}"\n',
                               f"exec {server} {self.port}"),
                              (f'ready-tcp = "127.0.0.1:{self.port}"\n',
                               f"test -e killed || exec {server} {self.port}; exec sleep 1000")):
            with self.subTest(more=more, command=command):
                waits = "test ! -e killed || while [ ! -e taken ]; do sleep 0.01; done; "
                service = f'[service.db]\ncommand = ["sh", "-c", "{waits}{command}"]\ngrace = "1s"\nstart-timeout = "60s"\n{more}'
                tree = self.suite("respawn", service,
                                  ("killer", "HOLDFAST_SERVICES db:exclusive", 'kill -9 "$HOLDFAST_SERVICE_DB_PID"; touch killed'),
                                  ("user", "HOLDFAST_SERVICES db DEPENDS killer", "true"),
                                  ("next", "HOLDFAST_SERVICES db DEPENDS user", "true"),
                                  ("other", "DEPENDS user", "true"))
                source = self.source(tree)
                for file in ("killed", "taken"):
                    (source / file).unlink(missing_ok=True)
                ctest = self.begin(tree, waits_for=None)
                wait_until((source / "killed").exists, "the death of the first generation")
                wait_until(lambda: ("died", 1) in self.events(tree), "the loss to be noted")
                with self.stranger():
                    (source / "taken").touch()
                    self.assertEqual(ctest.wait(PATIENCE_S), 8)
                ended = self.ended(tree)
                self.assertEqual({name: one["outcome"] for name, one in ended.items()}, {
                    "killer": "passed", "user": "service_unavailable", "next": "service_unavailable", "other": "passed"},
                    self.said(tree))
                for name in ("user", "next"):
                    self.assertIn(f"port {self.port} belongs to pid {os.getpid()} (", ended[name]["note"])
                self.assertNotIn(("ready", 2), self.events(tree))
                self.assert_nothing_left()

    def test_two_services_of_a_tree_with_one_port_are_refused(self):
        tree = self.suite("one", self.service() + self.service(name="web"), ("user", "HOLDFAST_SERVICES db", "true"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8)
        self.assertIn(f'found port {self.port}, which is that of "db" (holdfast.toml:1, [service.db]), '
                      "expected a port of its own", unfolded(done.text))


class UsersTest(TurnsCase):
    """A test that waits for others of its run is told for whom, as one that waits for a lock."""

    def until(self, file):
        return f"while [ ! -e {file} ]; do sleep 0.01; done"

    def test_the_user_and_those_before_are_named(self):
        tree = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db:exclusive", WAIT), ("gate", "", self.until("user.sh.here")),
                          ("second", "HOLDFAST_SERVICES db DEPENDS gate", "true"), ("gate2", "DEPENDS gate", self.until("go2")),
                          ("third", "HOLDFAST_SERVICES db:exclusive DEPENDS gate2", "true"))
        ctest = self.begin(tree, "-j5")
        held = r'db is held by "user" \(pid (\d+)\) for [0-9.]+ m?s'
        self.is_told(tree, '"second" waiting for service db (')
        (self.source(tree) / "go2").touch()
        self.is_told(tree, '"third" waiting for service db (')
        said = self.said(tree).splitlines()
        second, = (re.fullmatch(rf'holdfast: "second" waiting for service db \([0-9.]+ m?s\): {held}', line)
                   for line in said if line.startswith('holdfast: "second" waiting'))
        third, = (re.fullmatch(rf'holdfast: "third" waiting for service db \([0-9.]+ m?s\): {held}; 1 before us, first "second" \(pid \d+\)', line)
                  for line in said if line.startswith('holdfast: "third" waiting'))
        self.assertTrue(second and third, said)
        started = {one["test"]: one["launcher"]["pid"] for one in self.records(self.runs(tree)[-1], "attempt_started")}
        self.assertEqual({int(second[1]), int(third[1])}, {started["user"]})
        self.go(tree)
        self.assertEqual(ctest.wait(PATIENCE_S), 0, self.said(tree))
        self.assert_nothing_left()

    def test_of_several_users_one_is_named_and_the_others_are_counted(self):
        shared = [(name, "HOLDFAST_SERVICES db", WAIT) for name in ("user", "other", "more")]
        here = "; ".join(self.until(f"{name}.sh.here") for name, _, _ in shared)
        tree = self.suite("one", self.service(), *shared, ("gate", "", here),
                          ("alone", "HOLDFAST_SERVICES db:exclusive DEPENDS gate", "true"))
        ctest = self.begin(tree, "-j5")
        self.is_told(tree, '"alone" waiting for service db (')
        self.assertRegex(self.said(tree), r'"alone" waiting for service db \([0-9.]+ m?s\): db is held by "(user|other|more)" '
                                          r'\(pid \d+\) for [0-9.]+ m?s and 2 more\n')
        self.go(tree)
        self.assertEqual(ctest.wait(PATIENCE_S), 0, self.said(tree))
        self.assert_nothing_left()


class KilledTest(TurnsCase):
    def named(self, tree, ctest):
        """Those who look after the service of a run whose test `user` is at work."""
        main = process(int((self.source(tree) / "user.sh.pid").read_text()))
        guard = main
        while name_of(guard.pid) != "holdfast-guard":
            guard = parent_of(guard)
        keeper, = keepers_of(tree)
        return {"ctest": process(ctest.pid), "keeper": keeper, "host": parent_of(guard), "guard": guard, "main": main}

    def test_the_second_run_gets_the_port_whoever_of_the_first_is_killed(self):
        for victims in (("ctest", "keeper", "host", "guard", "main"), ("ctest",), ("keeper",), ("host",), ("guard",),
                        ("host", "guard"), ("keeper", "host"), ("ctest", "keeper")):
            with self.subTest(victims=victims):
                one = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db", WAIT))
                two = self.suite("two", self.service(), ("user", "HOLDFAST_SERVICES db", "true"))
                for file in ("go", "user.sh.here"):
                    (self.source(one) / file).unlink(missing_ok=True)
                first = self.begin(one)
                second = self.begin(two, waits_for=None)
                self.is_told(two, self.held)
                named = self.named(one, first)
                # All are stopped first, so that none acts on the death of another. The server dies
                # before those who look after it. Without them, a second run would meet it alive.
                for victim in victims:
                    os.kill(named[victim].pid, signal.SIGSTOP)
                for victim in reversed(victims):
                    os.kill(named[victim].pid, signal.SIGKILL)
                if "ctest" not in victims and victims != ("keeper", "host"):
                    self.assert_gone([named[victim] for victim in victims])
                    # The run goes on, so nobody else gets the port. Without both of them, nothing of
                    # the service is there and nobody could start it anew.
                    self.assertEqual(self.events(two), [])
                self.go(one)
                first.wait(PATIENCE_S)
                self.assertEqual(second.wait(PATIENCE_S), 0, self.said(two))
                self.assert_gone(named.values())
                self.assertFalse(is_alive(named["main"]))
                self.assert_nothing_left()

    def test_a_waiting_keeper_that_is_killed_leaves_the_queue(self):
        one = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db", WAIT))
        two, three = (self.suite(name, self.service(), ("user", "HOLDFAST_SERVICES db", "true")) for name in ("two", "three"))
        first = self.begin(one)
        second = self.begin(two, waits_for=None)
        self.is_told(two, self.held)
        third = self.begin(three, waits_for=None)
        self.is_told(three, "1 before us")
        keeper, = keepers_of(two)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assertEqual(second.wait(PATIENCE_S), 8)
        self.assertIn("the keeper has ended", self.ended(two)["user"]["note"])
        self.go(one)
        self.assertEqual((first.wait(PATIENCE_S), third.wait(PATIENCE_S)), (0, 0), self.said(three))
        self.assert_nothing_left()


class LocksTest(TurnsCase):
    def test_a_wait_holds_no_lock_of_a_test_that_is_over(self):
        """The process that waits was forked while the keeper had a test's lock."""
        name = self.lock_name()
        one = self.suite("one", self.service(), ("user", "HOLDFAST_SERVICES db", WAIT))
        locked = "touch \"$0.here\"; while [ ! -e go ]; do sleep 0.01; done"
        two = self.suite("two", self.service(), ("locked", f"RESOURCE_LOCK {name} COST 10", locked),
                         ("user", "HOLDFAST_SERVICES db", "true"))
        first = self.begin(one)
        second = self.begin(two, "-j2", waits_for="locked")
        self.is_told(two, self.held)
        self.go(two)
        file = self.lock_file(name)
        wait_until(lambda: self.finish("flock", "-n", file, "true").returncode == 0, "the lock to be free")
        self.assertIsNone(second.poll())
        self.go(one)
        self.assertEqual((first.wait(PATIENCE_S), second.wait(PATIENCE_S)), (0, 0), self.said(two))
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
