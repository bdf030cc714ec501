"""Somebody ends a service and what it had, whoever is killed. services_owner_test.py [whole]: kills
each process and each pair, with each kind of service."""

import ctypes
import itertools
import os
import shutil
import signal
import socket
import sys
import time
import unittest
from pathlib import Path

from processes import command_of, is_alive, keepers_of, name_of, parent_of, process
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, program, wait_until
from wire import packet

SERVER = program("small_server")
GRACE_S = 1
READY = f'ready-tcp = "127.0.0.1:{{port}}"\nports = 1\nhealth-timeout = "1s"\ngrace = "{GRACE_S}s"\n'
# Says who it is, and stays until the file `go` is there.
WAIT = """echo "$HOLDFAST_SERVICE_DB_PID" >"$0.pid"
echo "$HOLDFAST_SERVICE_DB_PORT" >"$0.port"
touch "$0.here"
while [ ! -e go ]; do sleep 0.01; done
"""

WHOLE = False


def service(command, more="", name="db"):
    words = ", ".join(f'"{word}"' for word in command)
    return f"[service.{name}]\ncommand = [{words}]\n{READY}{more}"


class OwnerCase(ProjectCase):
    def setUp(self):
        super().setUp()
        self.noted = self.work / "noted"

    def note(self, text):
        """A command of a service that notes something."""
        return f"""["sh", "-c", "echo '{text}' >>'{self.noted}'"]"""

    def notes(self):
        return self.noted.read_text().splitlines() if self.noted.exists() else []

    def suite(self, services, *tests):
        """A project with the tests (name, properties, command of sh)."""
        text = "".join(self.scripted_test(*test, place=self.work) for test in tests)
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(services)
        return self.project(text)

    def begin(self, tree, *options):
        """ctest, with its test `user` at work, and the processes that look after the service."""
        for name in ("go", "user.sh.here"):
            (self.work / name).unlink(missing_ok=True)
        ctest = self.start(CTEST, *options, cwd=tree, stdout=-3, stderr=-3, start_new_session=True)
        wait_until((self.work / "user.sh.here").exists, "the test")
        main = process(int((self.work / "user.sh.pid").read_text()))
        guard = main
        while name_of(guard.pid) != "holdfast-guard":
            guard = parent_of(guard)
        host = parent_of(guard)
        keeper, = keepers_of(tree)
        return ctest, {"ctest": process(ctest.pid), "keeper": keeper, "host": host, "guard": guard, "main": main}

    def kill(self, *processes):
        for one in processes:
            try:
                os.kill(one.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the end of another one ended it


class StopRecordTest(OwnerCase):
    def killed_run(self, services=None):
        stop = f"stop-command = {self.note('stop {port}')}\n"
        tree = self.suite((services or service([SERVER, "{port}"])) + stop, ("user", "HOLDFAST_SERVICES db", WAIT))
        ctest, named = self.begin(tree)
        record, = self.runs(tree)[-1].glob("services/*.stop")
        self.assertEqual(record.stat().st_mode & 0o777, 0o600)
        self.kill(*(named[one] for one in ("keeper", "host", "guard", "ctest")))
        ctest.wait(PATIENCE_S)
        self.assertEqual(self.notes(), [])
        return tree, record, (self.work / "user.sh.port").read_text().strip()

    def test_the_next_run_runs_what_nobody_could(self):
        tree, record, port = self.killed_run()
        (self.work / "user.sh").write_text("exit 0\n")
        done = self.ctest(tree)
        self.assertIn("holdfast: ran the stop command of service db, which an earlier run left\n", done.text)
        self.assertEqual(self.notes()[0], f"stop {port}")
        self.assertEqual(len(self.notes()), 2)  # the second is the second run's own
        self.assertFalse(record.exists())
        self.assertNotIn("stop command", self.ctest(tree).text)
        self.assert_nothing_left()

    def test_reap_runs_it_once_and_lists_it_first(self):
        tree, record, port = self.killed_run()
        listed = self.finish(HOLDFAST, "reap", "--tree", tree, "--dry-run")
        self.assertIn(f"stop command  {record}", listed.stdout.decode())
        self.assertEqual(self.notes(), [])
        reaped = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertIn("stop command of db run", reaped.stdout.decode())
        self.assertEqual(self.notes(), [f"stop {port}"])
        self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(self.notes(), [f"stop {port}"])
        self.assert_nothing_left()

    def test_its_port_may_be_one_that_the_output_has_told(self):
        tree, _, port = self.killed_run(f'[service.db]\ncommand = ["{SERVER}", "0"]\ngrace = "{GRACE_S}s"\n'
                                        'ready-output = "listening on (?P<port>[0-9]+)"\n')
        self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(self.notes(), [f"stop {port}"])
        self.assert_nothing_left()

    def test_a_record_that_is_not_understood_is_one_line_and_stays(self):
        for text in (b"", b"rubbish", b"holdfast-1\0stop\0service\0db\0", packet("stop")[:-1],
                     packet("stop", [("service", "db")])):
            with self.subTest(text):
                tree, record, _ = self.killed_run()
                record.write_bytes(text)
                reaped = self.finish(HOLDFAST, "reap", "--tree", tree)
                self.assertEqual((reaped.returncode, len(reaped.stderr.splitlines())), (1, 1), reaped.stderr)
                self.assertIn(str(record), reaped.stderr.decode())
                # Another version of Holdfast may have written it, and can run it.
                self.assertEqual(record.read_bytes(), text)
                self.assertEqual(self.notes(), [])
                record.unlink()
                self.assert_nothing_left()

    def test_a_run_that_goes_on_keeps_its_record(self):
        tree = self.suite(service([SERVER, "{port}"], f"stop-command = {self.note('stop')}\n"),
                          ("user", "HOLDFAST_SERVICES db", WAIT))
        ctest, _ = self.begin(tree)
        self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(self.notes(), [])
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        wait_until(lambda: self.notes() == ["stop"], "the stop command")
        self.assert_nothing_left()

    def test_it_runs_before_the_next_generation_too(self):
        noting = f"init-command = {self.note('init')}\nstop-command = {self.note('stop')}\n"
        for victim in ("main", "host"):
            with self.subTest(victim):
                self.noted.unlink(missing_ok=True)
                tree = self.suite(service([SERVER, "{port}"], noting), ("user", "HOLDFAST_SERVICES db", WAIT),
                                  ("next", "HOLDFAST_SERVICES db DEPENDS user", "true"))
                ctest, named = self.begin(tree)
                self.kill(named[victim])
                wait_until(lambda: self.notes() == ["init", "stop"], "the stop command")
                (self.work / "go").touch()
                self.assertEqual(ctest.wait(PATIENCE_S), 0)
                self.assert_nothing_left()
                self.assertEqual(self.notes(), ["init", "stop", "init", "stop"])


    def test_who_holds_the_record_a_moment_longer_is_waited_for(self):
        """A process that ends may have closed its sockets and not yet the record. Here this test holds it too."""
        tree = self.suite(service([SERVER, "{port}"], f"stop-command = {self.note('stop')}\n"),
                          ("user", "HOLDFAST_SERVICES db", WAIT))
        ctest, named = self.begin(tree)
        held = self.descriptor_of_record(named["host"].pid)
        self.kill(named["host"])
        run = self.runs(tree)[-1]
        wait_until(lambda: any(one["event"] == "died" for one in self.records(run, "service")), "the keeper to hear of it")
        self.assertEqual(self.notes(), [])
        os.close(held)
        wait_until(lambda: self.notes() == ["stop"], "the stop command")
        (self.work / "go").touch()
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()

    def descriptor_of_record(self, pid):
        number, = (int(fd.name) for fd in Path(f"/proc/{pid}/fd").iterdir() if os.readlink(fd).endswith(".stop"))
        pidfd = os.pidfd_open(pid)
        own = ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, number, 0)  # pidfd_getfd(2)
        os.close(pidfd)
        if own < 0:
            self.skipTest(f"no descriptor of another process here: {os.strerror(ctypes.get_errno())}")
        return own


class ForkingTest(OwnerCase):
    """The command goes to the background; setsid(1) leaves its session and its parent as well."""

    def command(self, then=""):
        return ["sh", "-c", f"setsid {SERVER} $HOLDFAST_PORT >/dev/null 2>&1 </dev/null & {then}"]

    def test_what_stays_in_the_background_is_the_service(self):
        tree = self.suite(service(self.command(), "forking = true\n"),
                          ("user", "HOLDFAST_SERVICES db", WAIT), ("next", "HOLDFAST_SERVICES db DEPENDS user", WAIT))
        ctest, named = self.begin(tree)
        self.assertEqual(command_of(named["main"].pid)[0], str(SERVER))
        self.kill(named["main"])
        journal = self.runs(tree)[-1]
        wait_until(lambda: any(one["event"] == "died" for one in self.records(journal, "service")), "its death")
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        died, = (one for one in self.records(journal, "service") if one["event"] == "died")
        self.assertEqual((died["why"], died["users"]), ("it was killed by SIGKILL", ["user"]))
        second = process(int((self.work / "next.sh.pid").read_text()))
        self.assertTrue(second is None or not is_alive(second))
        self.assert_nothing_left()

    def test_a_command_that_fails_or_stays_says_so(self):
        for command, limit, why in (
                (self.command("echo no disk; exit 3"), "30s", "it ended with exit code 3"),
                (self.command("wait"), "500ms", "it was not ready within 0.5 s: its command has not gone to the background")):
            with self.subTest(why):
                tree = self.suite(service(command, f'forking = true\nstart-timeout = "{limit}"\n'),
                                  ("user", "HOLDFAST_SERVICES db", "true"))
                done = self.ctest(tree)
                self.assertIn(f"service db is not available: {why}", done.text)
                self.assert_nothing_left()


class UserTest(OwnerCase):
    @unittest.skipUnless(os.geteuid() == 0, "only root can say another user")
    def test_all_its_commands_are_the_users(self):
        self.noted.touch()
        self.noted.chmod(0o666)
        for path in (self.work, *self.work.parents):
            if not path.stat().st_mode & 0o001:
                self.skipTest(f"{path} is closed to others")
        who = f"""["sh", "-c", "echo $(id -un) $(id -Gn) $USER $HOME $(stat -c %U {{dir}}) >>'{self.noted}'"]"""
        tree = self.suite(service([SERVER, "{port}"], f"user = 'nobody'\ninit-command = {who}\nstop-command = {who}\n"),
                          ("user", "HOLDFAST_SERVICES db", WAIT))
        ctest, named = self.begin(tree)
        self.assertEqual(os.stat(f"/proc/{named['main'].pid}").st_uid, 65534)
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        self.assert_nothing_left()
        self.assertEqual(self.notes(), ["nobody nogroup nobody /nonexistent nobody"] * 2)

    def test_an_unknown_user_is_one_line(self):
        tree = self.suite(service([SERVER, "{port}"], "user = 'no such one'\n"), ("user", "HOLDFAST_SERVICES db", "true"))
        done = self.ctest(tree)
        self.assertIn('[service.db]: `user` is "no such one", expected a user of this machine', done.text)

    @unittest.skipIf(os.geteuid() == 0, "root can say any user")
    def test_only_root_says_another(self):
        tree = self.suite(service([SERVER, "{port}"], "user = 'root'\n"), ("user", "HOLDFAST_SERVICES db", "true"))
        done = self.ctest(tree)
        self.assertIn('`user` is "root", expected who runs ctest, as only root can say another', done.text)

    def test_ones_own_name_changes_nothing(self):
        tree = self.suite(service([SERVER, "{port}"], f"user = '{os.geteuid()}'\n"), ("user", "HOLDFAST_SERVICES db", "true"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)


class OrderTest(OwnerCase):
    def test_they_end_in_reverse_order_however_the_run_ends(self):
        names = ("db", "web", "front")
        services = "".join(
            service([SERVER, "{port}"], f"stop-command = {self.note(name)}\n"
                    + (f'depends = ["{names[n - 1]}"]\n' if n else ""), name) for n, name in enumerate(names))
        # `front` ends slowly, so that the others could end before it.
        services = services.replace("echo 'front'", "sleep 0.3; echo 'front'")
        tree = self.suite(services, ("user", 'HOLDFAST_SERVICES "front;db"', WAIT))
        for what, victims, number, stop_s in (
                ("by itself", (), 0, 0), ("keeper killed", ("keeper",), 0, 0), ("ctest killed", ("ctest",), 0, 0),
                ("both killed", ("ctest", "keeper"), 0, 0), ("Ctrl-C", (), signal.SIGINT, 0),
                ("Ctrl-C without the keeper", ("keeper",), signal.SIGINT, 0), ("SIGTERM", (), signal.SIGTERM, 0),
                ("--stop-time", (), 0, 6)):
            with self.subTest(what):
                self.noted.unlink(missing_ok=True)
                stop = time.strftime("%H:%M:%S", time.localtime(time.time() + stop_s))
                ctest, named = self.begin(tree, *(("--stop-time", stop) if stop_s else ()))
                self.kill(*(named[one] for one in victims))
                if number == signal.SIGINT:
                    os.killpg(ctest.pid, number)  # as a terminal does
                elif number:
                    ctest.send_signal(number)
                elif not stop_s:
                    (self.work / "go").touch()
                ctest.wait(PATIENCE_S)
                wait_until(lambda: len(self.notes()) == 3, "the stop commands")
                self.assertEqual(self.notes(), ["front", "web", "db"])
                self.assert_gone(named.values())
                self.assert_nothing_left()

    def test_a_host_that_is_stopped_is_replaced(self):
        tree = self.suite(service([SERVER, "{port}"]), ("user", "HOLDFAST_SERVICES db", WAIT),
                          ("next", "HOLDFAST_SERVICES db DEPENDS user", "true"))
        ctest, named = self.begin(tree)
        os.kill(named["host"].pid, signal.SIGSTOP)
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        ended, = (one for one in self.records(self.runs(tree)[-1], "attempt_ended") if one["test"] == "next")
        self.assertEqual(ended["services"], ["db#2"])
        self.assert_gone([named["host"], named["main"]])
        self.assert_nothing_left()


class PrintTest(OwnerCase):
    def test_what_it_prints_is_bounded_while_tests_run(self):
        seconds, limit = (10, 16 << 20) if WHOLE else (1, 1 << 20)
        # The service prints 64 MiB per second.
        prints = f"""
import os, socket, sys, time
listener = socket.socket(); listener.bind(("127.0.0.1", int(sys.argv[1]))); listener.listen()
block, begun = b"x" * 1023 + b"\\n", time.monotonic()
for n in range(64 * {seconds}):
    for _ in range(1024): os.write(1, block)
    time.sleep(max(0, begun + (n + 1) / 64 - time.monotonic()))
open("printed", "w")
while True: listener.accept()
"""
        (self.work / "prints.py").write_text(prints)
        more = f'log-limit = "{limit >> 20}MiB"\nworking-directory = "{self.work}"\n'
        tests = [(f"t{n}", "HOLDFAST_SERVICES db", "true") for n in range(5)]
        tree = self.suite(service(["python3", "prints.py", "{port}"], more), *tests,
                          ("last", "HOLDFAST_SERVICES db", "while [ ! -e printed ]; do sleep 0.01; done"))
        ctest = self.start(CTEST, "-j3", cwd=tree, stdout=-3, stderr=-3)
        most = 0
        while ctest.poll() is None:
            for directory in tree.glob(".holdfast/runs/*/services"):
                sizes = 0
                # The log comes first, so that what moves into it from the others is never counted twice.
                for file in sorted(directory.glob("*.log*")):
                    try:
                        sizes += file.lstat().st_size
                    except FileNotFoundError:
                        pass  # the log was turned just now
                most = max(most, sizes)
        self.assertEqual(ctest.returncode, 0)
        self.assertGreater(most, limit / 4)
        self.assertLessEqual(most, 2 * limit)
        log, = self.runs(tree)[-1].glob("services/db-1.log")
        self.assertLessEqual(log.stat().st_size, limit + 4096)
        self.assertIn(b"bytes left out", log.read_bytes())
        self.assert_nothing_left()


class MatrixTest(OwnerCase):
    """Nothing is left and the port is free, whichever process is killed and whatever the service does."""

    KINDS = {
        "daemonises": (["sh", "-c", f"setsid {SERVER} $HOLDFAST_PORT </dev/null >/dev/null 2>&1 &"], "forking = true\n"),
        "clears its environment": (["env", "-i", str(SERVER), "{port}"], ""),
        "ignores TERM": ([str(SERVER), "{port}", "ignore-term"], ""),
        "is stopped": ([str(SERVER), "{port}"], ""),
        "prints for ever": (["sh", "-c", f"yes & exec {SERVER} $HOLDFAST_PORT"], 'log-limit = "1MiB"\n'),
    }
    VICTIMS = ("test", "host", "guard", "main", "keeper", "ctest")
    USUAL = {("ctest", "keeper"): "daemonises", ("host", "guard"): "clears its environment",
             ("keeper", "host"): "ignores TERM", ("guard", "ctest"): "is stopped", ("main", "keeper"): "prints for ever"}

    def one(self, victims, kind):
        command, more = self.KINDS[kind]
        tree = self.suite(service(command, more), ("user", "HOLDFAST_SERVICES db", "echo $$ >test.pid\n" + WAIT))
        ctest, named = self.begin(tree)
        named["test"] = process(int((self.work / "test.pid").read_text()))
        if kind == "is stopped":
            os.kill(named["main"].pid, signal.SIGSTOP)
        port = int((self.work / "user.sh.port").read_text())
        self.kill(*(named[one] for one in victims))
        (self.work / "go").touch()
        ctest.wait(PATIENCE_S)
        if not {"keeper", "host", "guard"} - set(victims):
            # Nobody is left who could end the service. The next run does, before it starts its own.
            (self.work / "user.sh").write_text("exit 0\n")
            self.ctest(tree)
        # The usual run has room for a machine that is busy with the other tests.
        self.assert_gone(named.values(), GRACE_S + 2 if WHOLE else PATIENCE_S)
        self.assert_nothing_left()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            probe.listen()
        shutil.rmtree(tree / ".holdfast/runs")

    def test_nothing_is_left(self):
        pairs = [(one,) for one in self.VICTIMS] + list(itertools.combinations(self.VICTIMS, 2)) + [self.VICTIMS]
        all_of_them = itertools.product(pairs, self.KINDS) if WHOLE else self.USUAL.items()
        for victims, kind in all_of_them:
            with self.subTest(victims=victims, kind=kind):
                self.one(victims, kind)


if __name__ == "__main__":
    WHOLE = "whole" in sys.argv[1:]
    unittest.main(argv=[sys.argv[0]])
