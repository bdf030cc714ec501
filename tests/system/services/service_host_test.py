"""`holdfast service-host`: one instance of a service, with this test in the keeper's place."""

import os
import signal
import socket
import subprocess
import time
import unittest

from processes import children_of, is_alive, process
from support import HOLDFAST, SystemCase, program, wait_until
from wire import message, packet


def free_port():
    """A port that nobody has at this moment. Another process may take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Host:
    def __init__(self, case, fields):
        self.end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.end.settimeout(30)
        self.begun = case.start(HOLDFAST, "service-host", theirs.fileno(), pass_fds=[theirs.fileno()],
                                stderr=subprocess.PIPE)
        theirs.close()
        self.say("service", fields)

    def say(self, kind, fields=()):
        self.end.send(packet(kind, fields))

    def hear(self):
        """The next message: its kind and its fields. ("end", {}): the host and its guard are gone."""
        data = self.end.recv(65536)
        if not data:
            return "end", {}
        kind, fields = message(data)
        return kind, dict(fields)


class ServiceHostTest(SystemCase):
    def setUp(self):
        super().setUp()
        self.ctest = self.start("sleep", "1000")
        self.log = self.work / "log"
        self.port = free_port()

    def host(self, *fields, command=None, ready=True, directory=None):
        command = command or [program("small_server"), str(self.port)]
        said = [("name", "db"), ("working-directory", str(directory or self.work)), ("ctest", self.name_of_ctest()),
                ("attempt", f"{os.getpid()}-{time.monotonic_ns()}"), ("log", str(self.log)),
                ("scratch", str(self.work))]
        said += [("command", str(word)) for word in command]
        if ready:
            said.append(("ready-tcp", f"127.0.0.1:{self.port}"))
        return Host(self, said + list(fields))

    def name_of_ctest(self):
        one = process(self.ctest.pid)
        return f"{one.pid}:{one.start}"

    def servers(self):
        """The living processes below the guard of a host."""
        hosts = [one.pid for one in self.begun if one is not self.ctest]
        guards = [pid for host in hosts for pid in children_of(host)]
        return [process(pid) for guard in guards for pid in children_of(guard)]

    def server(self):
        return wait_until(self.servers, "the server")[0]

    def assert_over(self, host, *servers):
        self.assertEqual(host.hear()[0], "farewell")
        self.assertEqual(host.hear()[0], "end")
        self.assert_gone(servers)
        self.assertEqual(host.begun.wait(30), 0)

    def test_a_service_is_ready_when_it_answers_and_ends_when_the_keeper_says_so(self):
        host = self.host()
        self.assertEqual(host.hear()[0], "ready")
        server = self.server()
        host.say("check")
        kind, fields = host.hear()
        self.assertEqual((kind, fields["log_size"]), ("healthy", str(self.log.stat().st_size)))
        self.assertEqual(self.log.read_text(), f"listening on {self.port}\n")
        host.say("stop")
        self.assert_over(host, server)
        self.assertEqual(host.begun.stderr.read(), b"")

    def test_a_service_that_dies_at_its_start_says_how_at_once(self):
        lines = "".join(f"line {n}\n" for n in range(20))
        host = self.host(command=["sh", "-c", f"printf '{lines}'; exit 3"])
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("died", "it ended with exit code 3"))
        self.assertEqual(fields["last_lines"], "".join(f"line {n}\n" for n in range(10, 20)))
        self.assert_over(host)

    def test_a_service_that_cannot_be_started_says_why(self):
        host = self.host(command=["/no/such/server"])
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("died", "failed to start it: No such file or directory"))
        self.assert_over(host)

    def test_a_host_that_cannot_begin_says_why_and_that_nothing_is_left(self):
        self.log = self.work / "missing/log"
        host = self.host()
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("died", f"failed to open {self.log}: No such file or directory"))
        self.assertEqual([host.hear()[0], host.hear()[0]], ["farewell", "end"])
        self.assertEqual(host.begun.wait(30), 1)

    def test_a_service_whose_directory_is_missing_says_so(self):
        host = self.host(directory=self.work / "missing")
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]),
                         ("died", f"failed to enter {self.work}/missing: No such file or directory"))
        self.assertEqual([host.hear()[0], host.hear()[0]], ["farewell", "end"])

    def test_one_that_goes_to_the_background_and_cannot_be_started_says_why(self):
        host = self.host(("forking", "1"), command=["/no/such/server"])
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("died", "it ended with exit code 127"))
        self.assertIn("failed to start /no/such/server: No such file or directory\n", fields["last_lines"])
        self.assert_over(host)

    def test_a_service_that_does_not_get_ready_is_ended_with_its_stacks(self):
        host = self.host(("start-timeout", "300"), command=["sleep", "1000"])
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), (
            "died", f"it was not ready within 0.3 s: nobody listens on port {self.port}"))
        self.assert_over(host)
        self.assertIn("sleep", self.log.read_text())

    def test_a_line_of_output_that_names_no_port_is_none(self):
        for port in ("0", "65536", "70000"):
            with self.subTest(port):
                host = self.host(("ready-output", "listening on (?P<port>[0-9]+)"), ("start-timeout", "300"),
                                 command=["sh", "-c", f"echo listening on {port}; exec sleep 1000"], ready=())
                kind, fields = host.hear()
                self.assertEqual((kind, fields["why"]), (
                    "died", f'it was not ready within 0.3 s: its output names the port "{port}", expected 1 to 65535'))
                self.assert_over(host)

    def test_but_a_later_line_may_name_one(self):
        host = self.host(("ready-output", "listening on (?P<port>[0-9]+)"), ready=(),
                         command=["sh", "-c", "echo listening on 0; echo listening on 8080; exec sleep 1000"])
        kind, fields = host.hear()
        self.assertEqual((kind, fields["port"]), ("ready", "8080"))
        host.say("stop")
        self.assert_over(host)

    def test_a_service_whose_port_is_anothers_fails_at_once(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            self.port = other.getsockname()[1]
            host = self.host(command=["sleep", "1000"])
            kind, fields = host.hear()
            self.assertEqual(kind, "died")
            self.assertIn(f"port {self.port} belongs to pid {os.getpid()} (", fields["why"])
            self.assert_over(host)
            other.settimeout(0)
            self.assertRaises(BlockingIOError, other.accept)

    def test_a_stopped_service_is_unhealthy(self):
        host = self.host()
        self.assertEqual(host.hear()[0], "ready")
        server = self.server()
        os.kill(server.pid, signal.SIGSTOP)
        host.say("check")
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("unhealthy", f"process {server.pid} is stopped"))
        host.say("stop")
        self.assert_over(host, server)
        self.assertIn("small_server", self.log.read_text())

    def test_a_killed_service_is_reported(self):
        host = self.host()
        self.assertEqual(host.hear()[0], "ready")
        os.kill(self.server().pid, signal.SIGKILL)
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("died", "it was killed by SIGKILL"))
        self.assert_over(host)

    def test_its_output_may_say_that_it_is_ready_and_on_which_port(self):
        host = self.host(("ready-output", "listening on (?P<port>[0-9]+)"), ("health-tcp", "127.0.0.1:{port}"),
                         command=[program("small_server"), "0"], ready=False)
        kind, fields = host.hear()
        self.assertEqual(kind, "ready")
        self.assertEqual(f"listening on {fields['port']}\n", self.log.read_text())
        host.say("check")
        self.assertEqual(host.hear()[0], "healthy")
        host.say("stop")
        self.assert_over(host)

    def test_its_commands_run_at_their_time(self):
        def noting(word):
            return ["sh", "-c", f"echo {word} $HOLDFAST_PORT >> commands"]
        host = self.host(*[("init-command", word) for word in noting("init")],
                         *[("reset-command", word) for word in noting("reset")],
                         *[("stop-command", word) for word in noting("stop")], ("port", "7"), ("port", "8"))
        self.assertEqual(host.hear()[0], "ready")
        noted = self.work / "commands"
        self.assertEqual(noted.read_text(), "init 7\n")
        host.say("reset")
        self.assertEqual(host.hear()[0], "healthy")
        self.assertEqual(noted.read_text(), "init 7\nreset 7\n")
        host.say("stop")
        self.assert_over(host)
        self.assertEqual(noted.read_text(), "init 7\nreset 7\nstop 7\n")

    def test_a_command_that_fails_is_reported(self):
        failing = [("sh"), ("-c"), "echo no schema; exit 4"]
        host = self.host(*[("init-command", word) for word in failing])
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("died", "`sh` ended with exit code 4: no schema"))
        self.assert_over(host)
        self.port = free_port()
        host = self.host(*[("reset-command", word) for word in failing])
        self.assertEqual(host.hear()[0], "ready")
        host.say("reset")
        kind, fields = host.hear()
        self.assertEqual((kind, fields["why"]), ("unhealthy", "`sh` ended with exit code 4: no schema"))
        host.say("stop")
        self.assert_over(host)

    def test_its_stop_signal_is_sent_first(self):
        host = self.host(("stop-signal", "2"),
                         command=[program("small_server"), self.port, "on-int", "interrupted"])
        self.assertEqual(host.hear()[0], "ready")
        host.say("stop")
        self.assert_over(host)
        self.assertTrue(self.log.read_text().endswith("interrupted"))

    def test_it_is_killed_when_its_grace_is_over(self):
        host = self.host(("grace", "100"), command=[program("small_server"), self.port, "ignore-term"])
        self.assertEqual(host.hear()[0], "ready")
        server = self.server()
        host.say("stop")
        self.assert_over(host, server)

    def test_it_ends_when_host_or_guard_is_killed(self):
        for victim in ("host", "guard"):
            with self.subTest(victim):
                self.port = free_port()
                host = self.host()
                self.assertEqual(host.hear()[0], "ready")
                server = self.server()
                pid = host.begun.pid if victim == "host" else self.guard_of(host.begun.pid).pid
                os.kill(pid, signal.SIGKILL)
                heard = list(iter(lambda: host.hear(), ("end", {})))
                if victim == "guard":
                    why, = [fields["why"] for kind, fields in heard if kind == "died"]
                    self.assertTrue(why.startswith("the guard was killed"), why)
                self.assert_gone([server])
                host.begun.wait(30)

    def test_without_a_keeper_it_lives_until_ctest_ends(self):
        host = self.host()
        self.assertEqual(host.hear()[0], "ready")
        server = self.server()
        host.end.close()
        self.assertTrue(is_alive(server))
        self.assertIsNone(host.begun.poll())
        self.ctest.kill()
        self.ctest.wait()
        self.assert_gone([server])
        self.assertEqual(host.begun.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
