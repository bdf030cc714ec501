"""Ports of services and tests: chosen, locked and told, through ctest."""

import contextlib
import fcntl
import os
import signal
import unittest
from pathlib import Path

from processes import is_alive, keepers_of, parent_of, process
from support import CTEST, ProjectCase, program, wait_until

SERVER = f"""
[service.db]
command = ["{program("small_server")}", "{{port}}"]
ports = 2
ready-tcp = "127.0.0.1:{{port}}"
grace = "1s"
"""
TELL = 'env | grep -E "^HOLDFAST_(SERVICE_|PORT)" | sort >"$0.new"; mv "$0.new" "$0.out"; '


def first_ephemeral():
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


class PortsCase(ProjectCase):
    def suite(self, services, *tests, more=""):
        """A project with the tests (name, properties, command of sh)."""
        text = "".join(self.scripted_test(*test) for test in tests)
        tree = self.project(text + more)
        (self.work / "project/holdfast.toml").write_text(services)
        return tree

    def ended(self, tree):
        run, = self.runs(tree)
        return {one["test"]: one for one in self.records(run, "attempt_ended")}

    def told(self, name):
        """What the test found in its environment."""
        return dict(line.split("=", 1) for line in (self.work / f"{name}.sh.out").read_text().splitlines())

    def ports_told(self, name, what):
        told = self.told(name)
        ports = told[f"HOLDFAST_{what}PORTS"].split(";")
        self.assertEqual(ports[0], told[f"HOLDFAST_{what}PORT"])
        for port in map(int, ports):
            self.assertTrue(1024 <= port < first_ephemeral(), port)
        self.assertEqual(len(set(ports)), len(ports))
        return list(map(int, ports))

    def lock_of(self, port):
        return self.user_directory / f"locks/user/port-{port}/lock"

    def is_locked(self, port):
        try:
            with open(self.lock_of(port), "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True

    def assert_freed(self, ports):
        for port in ports:
            # Another run may choose the port as soon as it is free.
            wait_until(lambda port=port: not self.is_locked(port), f"port {port} to be free")

    def until_told(self, name):
        wait_until((self.work / f"{name}.sh.out").exists, f"the test {name}")

    def until_go(self):
        return f'while [ ! -e {self.work}/go ]; do sleep 0.01; done; '


class ServicePortsTest(PortsCase):
    def test_a_service_keeps_its_ports_through_its_generations(self):
        kill = 'kill -9 "$HOLDFAST_SERVICE_DB_PID"'
        tree = self.suite(SERVER, ("killer", "HOLDFAST_SERVICES db:exclusive", TELL + kill),
                          ("next", "HOLDFAST_SERVICES db DEPENDS killer", TELL))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        ports = self.ports_told("killer", "SERVICE_DB_")
        self.assertEqual(len(ports), 2)
        self.assertEqual(self.ports_told("next", "SERVICE_DB_"), ports)
        self.assertEqual([self.told(name)["HOLDFAST_SERVICE_DB_GENERATION"] for name in ("killer", "next")], ["1", "2"])
        log = next((tree / ".holdfast/runs").glob("*/services/db-2.log"))
        self.assertEqual(log.read_text(), f"listening on {ports[0]}\n")
        self.assert_nothing_left()
        self.assert_freed(ports)

    def test_a_port_that_its_output_tells_is_the_first(self):
        services = SERVER.replace('"{port}"]', '"0"]').replace('ready-tcp = "127.0.0.1:{port}"',
                                                               'ready-output = "listening on ([0-9]+)"')
        tree = self.suite(services, ("one", "HOLDFAST_SERVICES db", TELL))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        log = next((tree / ".holdfast/runs").glob("*/services/db-1.log")).read_text()
        told = self.told("one")
        self.assertEqual(log, f'listening on {told["HOLDFAST_SERVICE_DB_PORT"]}\n')
        first, second = map(int, told["HOLDFAST_SERVICE_DB_PORTS"].split(";"))
        self.assertEqual(first, int(told["HOLDFAST_SERVICE_DB_PORT"]))
        self.assertLess(second, first_ephemeral())

    def test_instances_have_ports_of_their_own_and_are_told_them(self):
        # The service itself sees the same as its tests.
        services = SERVER.replace('["', '["sh", "-c", "echo $HOLDFAST_PORTS; exec $0 $1", "') + "instances = 2\n"
        both = TELL + f'while [ ! -e {self.work}/a.sh.out ] || [ ! -e {self.work}/b.sh.out ]; do sleep 0.01; done'
        tree = self.suite(services, ("a", "HOLDFAST_SERVICES db:exclusive", both),
                          ("b", "HOLDFAST_SERVICES db:exclusive", both))
        done = self.ctest(tree, "-j2")
        self.assertEqual(done.returncode, 0, done.text)
        ports = self.ports_told("a", "SERVICE_DB_") + self.ports_told("b", "SERVICE_DB_")
        self.assertEqual(len(set(ports)), 4)
        for name in ("a", "b"):
            told = self.told(name)
            self.assertEqual(Path(told["HOLDFAST_SERVICE_DB_LOG"]).read_text().splitlines()[0],
                             told["HOLDFAST_SERVICE_DB_PORTS"])

    def test_its_ports_are_locked_as_long_as_any_of_keeper_host_and_guard_lives(self):
        wait = f'echo "$HOLDFAST_SERVICE_DB_PID" >"$0.pid"; {TELL}{self.until_go()}'
        for victims in ([], ["keeper"], ["host"], ["guard"], ["keeper", "host"], ["keeper", "guard"], ["host", "guard"],
                        ["ctest", "keeper"]):
            with self.subTest(victims=victims):
                for file in ("user.sh.out", "go"):
                    (self.work / file).unlink(missing_ok=True)
                tree = self.suite(SERVER, ("user", "HOLDFAST_SERVICES db", wait))
                ctest = self.start(CTEST, cwd=tree)
                self.until_told("user")
                ports = self.ports_told("user", "SERVICE_DB_")
                server = process(int((self.work / "user.sh.pid").read_text()))
                guard = parent_of(server)
                host = parent_of(guard)
                keeper, = keepers_of(tree)
                named = {"ctest": process(ctest.pid), "keeper": keeper, "host": host, "guard": guard}
                # A stopped server cannot end before we have looked.
                os.kill(server.pid, signal.SIGSTOP)
                for victim in victims:
                    os.kill(named[victim].pid, signal.SIGKILL)
                self.assert_gone([named[victim] for victim in victims])
                for port in ports:
                    self.assertTrue(self.is_locked(port) or not is_alive(server), port)
                if not victims:
                    self.assertEqual(len(ports), 2)
                    self.assertTrue(is_alive(server))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(server.pid, signal.SIGCONT)
                (self.work / "go").touch()
                ctest.wait(30)
                self.assert_gone([server, guard, host])
                self.assert_freed(ports)
                self.assert_nothing_left()


class TestPortsTest(PortsCase):
    def test_each_test_has_ports_of_its_own(self):
        together = f'while [ ! -e {self.work}/a.sh.out ] || [ ! -e {self.work}/b.sh.out ]; do sleep 0.01; done; '
        tree = self.suite("", ("a", "HOLDFAST_PORTS 3", TELL + together + self.until_go()),
                          ("b", "HOLDFAST_PORTS 3", TELL + together), ("none", "", TELL))
        ctest = self.start(CTEST, "-j3", cwd=tree, env=self.environment(HOLDFAST_PORT="1", HOLDFAST_PORTS="1;2"))
        for name in ("a", "b", "none"):
            self.until_told(name)
        ports = {name: self.ports_told(name, "") for name in ("a", "b")}
        self.assertEqual([len(ports["a"]), len(set(ports["a"] + ports["b"]))], [3, 6])
        self.assertEqual(self.told("none"), {})
        self.assertEqual([self.is_locked(port) for port in ports["a"]], [True] * 3)
        self.assert_freed(ports["b"])  # ctest still runs
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(30), 0)
        self.assert_freed(ports["a"])
        wait_until(lambda: not any(self.lock_of(port).exists() and not self.is_locked(port) for port in ports["a"]),
                   "the end of the locks' files")

    def test_each_attempt_has_some(self):
        tree = self.suite("", ("flaky", 'HOLDFAST_PORTS 1 HOLDFAST_RETRY exit:3=1',
                               f"{TELL} mv $0.out $0.out.$HOLDFAST_ATTEMPT; test $HOLDFAST_ATTEMPT = 2 || exit 3"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        for attempt in (1, 2):
            (self.work / f"flaky.sh.out.{attempt}").rename(self.work / "flaky.sh.out")
            self.assertEqual(len(self.ports_told("flaky", "")), 1)

    def test_they_are_freed_with_the_last_process_whoever_is_killed(self):
        # The test ignores the gentle signal, so its processes live for a grace.
        toml = '[profile.default]\ngrace = "1s"\n'
        for victims in ([], ["launcher"], ["guard"], ["keeper"], ["keeper", "launcher"], ["keeper", "guard"],
                        ["launcher", "guard"]):
            with self.subTest(victims=victims):
                for file in ("user.sh.out", "go"):
                    (self.work / file).unlink(missing_ok=True)
                tree = self.suite(toml, ("user", "HOLDFAST_PORTS 2",
                                         f'trap "" TERM; echo $$ >"$0.pid"; {TELL}{self.until_go()}'))
                ctest = self.start(CTEST, cwd=tree)
                self.until_told("user")
                ports = self.ports_told("user", "")
                test = process(int((self.work / "user.sh.pid").read_text()))
                guard = parent_of(test)
                keeper, = keepers_of(tree)
                named = {"guard": guard, "launcher": parent_of(guard), "keeper": keeper}
                for victim in victims:
                    os.kill(named[victim].pid, signal.SIGKILL)
                self.assert_gone([named[victim] for victim in victims])
                for port in ports:
                    self.assertTrue(self.is_locked(port) or not is_alive(test), port)
                (self.work / "go").touch()
                ctest.wait(30)
                self.assert_gone([test])
                self.assert_freed(ports)
                self.assert_nothing_left()

    def test_a_command_has_them_without_a_keeper(self):
        for by in self.each_supervisor():
            done = self.finish(*self.supervised("sh", "-c", "echo $HOLDFAST_PORT $HOLDFAST_PORTS", options=["--ports", 2],
                                                by=by))
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            first, both = done.stdout.decode().split()
            self.assertEqual(first, both.split(";")[0])
            self.assertEqual(len(set(both.split(";"))), 2)
            self.assert_freed(map(int, both.split(";")))

    def test_without_ports_nothing_runs(self):
        # In a network namespace of its own, all ports may be ephemeral.
        range_file = "/proc/sys/net/ipv4/ip_local_port_range"
        alone = ["unshare", "-n", "sh", "-c", f'echo 1024 65535 >{range_file} || exit 77; exec "$@"', "sh"]
        done = self.finish(*alone, *self.supervised("echo", "ran", options=["--ports", 1, "--name", "t"]))
        if done.returncode in (1, 77):
            self.skipTest(done.stderr.decode())
        said = b'holdfast: "t": its ports: failed to choose a TCP port: found none that is free from 1024 up to where ' \
               b'/proc/sys/net/ipv4/ip_local_port_range begins\n'
        self.assertEqual((done.returncode, done.stdout, done.stderr), (125, b"", said))


if __name__ == "__main__":
    unittest.main()
