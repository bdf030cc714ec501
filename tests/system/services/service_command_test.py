"""`holdfast service`: people keep a service of a build tree by hand, and runs use it."""

import json
import os
import select
import shutil
import signal
import socket
import threading
import unittest

from processes import descriptors_of, name_of, parent_of, process, processes_with, state_of
from support import CMAKE, CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, is_alive, program, wait_until

SERVER = program("small_server")


class SilentHost(threading.Thread):
    """Listens in place of a host and never answers. Makes the file `asked` when it is asked
    something, and ends when the asker has given up."""

    def __init__(self, path, asked):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.settimeout(PATIENCE_S)
        self.listener.bind(str(path))
        self.listener.listen()
        self.asked = asked
        self.start()

    def run(self):
        with self.listener:
            while not self.asked.exists():
                visitor, _ = self.listener.accept()
                with visitor:
                    visitor.settimeout(PATIENCE_S)
                    while visitor.recv(1 << 16):
                        self.asked.touch()


class ServiceCommandTest(ProjectCase):
    def setUp(self):
        super().setUp()
        self.noted = self.work / "noted"
        self.trees = []

    def end_everything(self):
        for tree in self.trees:
            for name in ("web", "db"):
                self.finish(HOLDFAST, "service", "stop", name, "--tree", tree)
        super().end_everything()

    def suite(self, more="", services=None, command=f'["{SERVER}", "{{port}}"]', tests=""):
        """A project with a service db, a test `user` that notes whom it met, and other tests."""
        text = f'[service.db]\ncommand = {command}\nports = 1\nready-tcp = "127.0.0.1:{{port}}"\n' \
               f'grace = "1s"\nhealth-timeout = "1s"\n{more}'
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(text if services is None else services)
        script = self.work / "user.sh"
        script.write_text(f"cd {self.work}\n"
                          'echo "$HOLDFAST_SERVICE_DB_PID $HOLDFAST_SERVICE_DB_GENERATION $HOLDFAST_SERVICE_DB_PORT" >>met\n'
                          "if [ -e act ]; then . ./act; fi\n")
        tree = self.project(f'add_test(NAME user COMMAND sh "{script}")\n'
                            "set_tests_properties(user PROPERTIES HOLDFAST_SERVICES db)\n"
                            f"{tests}")
        self.trees.append(tree)
        return tree

    def configure(self, tree):
        """With the holdfast.toml that is there, which may be wrong."""
        self.finish(CMAKE, tree)

    def service(self, tree, *words, code=0):
        done = self.finish(HOLDFAST, "service", *words, "--tree", tree)
        done.text = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, code, done.text)
        return done.text

    def db(self, tree):
        listed = json.loads(self.service(tree, "list", "--json"))["services"]
        return next(one for one in listed if one["name"] == "db")

    def met(self):
        return [tuple(map(int, line.split())) for line in (self.work / "met").read_text().splitlines()]

    def host_of(self, pid):
        guard = parent_of(process(pid))
        self.assertEqual(name_of(guard.pid), "holdfast-guard")
        return guard, parent_of(guard)

    def run_green(self, tree):
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        return done.text

    def act(self, words):
        (self.work / "act").write_text(words + "\n")

    def test_runs_use_what_is_kept_until_it_is_stopped(self):
        tree = self.suite(f"""stop-command = ["sh", "-c", "echo stop >>'{self.noted}'"]\n""")
        self.assertRegex(self.service(tree, "start", "db"), r"^db is ready: generation 1, pid \d+, ports \d+\n$")
        db = self.db(tree)
        self.assertEqual((db["state"], db["kept"], db["generation"], db["user"]), ("ready", "by hand", 1, None))
        self.run_green(tree)
        self.run_green(tree)
        done = self.finish(HOLDFAST, "run", "--service", "db", "--tree", tree, "--", "sh", self.work / "user.sh")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.met(), [(db["pid"], 1, *db["ports"])] * 3)
        self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(self.db(tree), db)
        self.assertEqual(self.service(tree, "logs", "db"), f"listening on {db['ports'][0]}\n")
        self.assertFalse(self.noted.exists())
        self.assertEqual(self.service(tree, "stop", "db"), "db is stopped\n")
        self.assertEqual(self.noted.read_text(), "stop\n")
        self.assert_nothing_left()
        self.assertEqual(self.db(tree)["state"], "absent")
        self.run_green(tree)
        self.assertNotEqual(self.met()[-1][0], db["pid"])
        self.assert_nothing_left()

    def test_runs_are_told_the_port_that_its_output_has_told(self):
        tree = self.suite(services=f'[service.db]\ncommand = ["{SERVER}", "0"]\ngrace = "1s"\n'
                                   'ready-output = "listening on (?P<port>[0-9]+)"\n')
        self.service(tree, "start", "db")
        port = int(self.service(tree, "logs", "db").split()[-1])
        db = self.db(tree)
        self.assertEqual(db["ports"], [port])
        self.run_green(tree)
        self.run_green(tree)
        self.assertEqual(self.met(), [(db["pid"], 1, port)] * 2)
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_a_port_that_its_output_tells_takes_the_place_of_the_chosen_one(self):
        tree = self.suite(services=f'[service.db]\ncommand = ["{SERVER}", "0"]\nports = 1\ngrace = "1s"\n'
                                   'ready-output = "listening on (?P<port>[0-9]+)"\n')
        self.run_green(tree)
        said, = (self.runs(tree)[-1] / "services").glob("db-1.*")
        self.assertEqual(self.met()[-1][2], int(said.read_text().split()[-1]))
        self.assert_nothing_left()

    def test_a_second_start_and_a_stop_without_start_say_so(self):
        tree = self.suite()
        self.assertEqual(self.service(tree, "stop", "db", code=1), "holdfast: db is not kept\n")
        self.assertEqual(self.service(tree, "logs", "db", code=1), "holdfast: db was never kept in this tree\n")
        self.assertEqual(self.service(tree, "list"), f"{'db':<16} absent\n")
        self.service(tree, "start", "db")
        first = self.db(tree)
        self.assertEqual(self.service(tree, "list"), f"{'db':<16} ready, kept by hand, generation 1, "
                                                     f"ports {first['ports'][0]}, pid {first['pid']}\n")
        self.assertIn("db is kept already: generation 1", self.service(tree, "start", "db"))
        self.assertEqual(self.db(tree), first)
        for command in ("start", "stop", "restart", "logs"):
            self.assertEqual(self.service(tree, command, "dbx", code=2), f'holdfast: {command} "dbx": expected db\n')

    def test_one_that_is_declared_no_longer_can_be_stopped_and_not_restarted(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        first = self.db(tree)
        (self.work / "project/holdfast.toml").write_text("")
        self.assertEqual(self.service(tree, "restart", "db", code=2),
                         'holdfast: restart "db": expected no service, as none is declared\n')
        self.assertEqual(self.db(tree), first)
        self.assertEqual(self.service(tree, "stop", "db"), "db is stopped\n")
        self.assert_nothing_left()

    def test_one_whose_note_is_removed_is_found_by_its_socket(self):
        """People may remove .holdfast, and what was declared may be gone or broken by then."""
        settings = self.work / "project/holdfast.toml"
        for words in ("", None, "[service.db"):
            with self.subTest(words):
                tree = self.suite()
                self.service(tree, "start", "db")
                first = self.db(tree)
                shutil.rmtree(tree / ".holdfast")
                self.assertEqual(self.db(tree), first)
                self.assertEqual(self.service(tree, "logs", "db", code=1),
                                 "holdfast: db is kept, and its output was removed with .holdfast\n")
                self.suite()  # .holdfast says where holdfast.toml is
                self.assertIn("db is kept already: generation 1", self.service(tree, "start", "db"))
                self.run_green(tree)
                self.assertEqual(self.met()[-1][0], first["pid"])
                shutil.rmtree(tree / ".holdfast")
                if words is not None:
                    settings.write_text(words)
                    self.configure(tree)
                if words == "":
                    self.assertEqual(self.db(tree), first)
                self.assertEqual(self.service(tree, "stop", "db"), "db is stopped\n")
                self.assert_nothing_left()

    def test_and_a_reap_ends_it_unless_it_is_noted_or_used(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        first = self.db(tree)
        nothing = b"nothing is left of earlier runs\n"
        self.assertEqual(self.finish(HOLDFAST, "reap", "--tree", tree).stdout, nothing)
        self.assertEqual(self.db(tree), first)
        shutil.rmtree(tree / ".holdfast")
        for words in (("--dry-run",), ()):
            reaped = self.finish(HOLDFAST, "reap", "--tree", tree, *words)
            self.assertEqual((reaped.returncode, reaped.stderr), (0, b""))
            self.assertRegex(reaped.stdout.decode(), r"service db\b.*kept by hand, of which \.holdfast says nothing\n")
            self.assertIn(str(first["pid"]), reaped.stdout.decode())
        self.assert_nothing_left()
        self.assertEqual(self.finish(HOLDFAST, "reap", "--tree", tree).stdout, nothing)

    def test_a_reap_leaves_what_a_run_uses_though_nothing_says_so(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        first = self.db(tree)
        self.act(f'rm -r "{tree}/.holdfast/services"*; find "{tree}/.holdfast" -path "*kept*" -delete; '
                 f'"{HOLDFAST}" reap --tree "{tree}" >reaped 2>&1')
        self.run_green(tree)
        self.assertEqual(self.db(tree)["pid"], first["pid"], (self.work / "reaped").read_text())

    def test_one_whose_tree_is_gone_ends_and_its_stop_command_runs(self):
        stop = f"""stop-command = ["sh", "-c", "echo stop >>'{self.noted}'"]\nworking-directory = "../build"\n"""

        def empty(tree):
            for entry in list(tree.iterdir()):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

        def move(tree):
            tree.rename(self.work / "moved")

        def replace(tree):
            shutil.rmtree(tree)
            tree.mkdir()

        for remove in (shutil.rmtree, empty, move, replace):
            with self.subTest(remove.__name__):
                tree = self.suite(stop)
                self.service(tree, "start", "db")
                main = self.db(tree)["pid"]
                guard, host = self.host_of(main)
                named = [process(main), guard, host]
                remove(tree)
                self.assert_gone(named)
                self.assertEqual(self.noted.read_text(), "stop\n")
                self.noted.unlink()
                self.assertEqual(self.db(self.suite(stop))["state"], "absent")
                shutil.rmtree(self.work / "moved", ignore_errors=True)

    def test_a_new_tree_at_the_path_has_a_service_of_its_own_at_once(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        main = process(self.db(tree)["pid"])
        shutil.rmtree(tree)
        tree = self.suite()
        self.assertRegex(self.service(tree, "start", "db"), r"^db is ready: generation \d, ")
        self.assertNotEqual(self.db(tree)["pid"], main.pid)
        self.assert_gone([main])

    def test_and_it_waits_for_the_one_of_the_old_tree_to_end(self):
        go = self.work / "go"
        stop = f"""stop-command = ["sh", "-c", "touch '{self.noted}'; until test -e '{go}'; do sleep 0.01; done"]\n"""
        tree = self.suite(stop)
        self.service(tree, "start", "db")
        main = process(self.db(tree)["pid"])
        _, old = self.host_of(main.pid)
        shutil.rmtree(tree)
        wait_until(self.noted.exists, "the stop command")
        tree = self.suite(stop)
        start = self.start(HOLDFAST, "service", "start", "db", "--tree", tree, stdout=-1, stderr=-2)

        def new_host():
            return next((one for one in processes_with(self.cookie)
                         if one != old and name_of(one.pid) == "holdfast-host" and
                         os.path.realpath(tree) in descriptors_of(one.pid).values()), None)

        wait_until(lambda: new_host() or start.poll() is not None, "the next host")
        self.assertTrue(is_alive(main))
        go.touch()
        said = start.communicate(timeout=PATIENCE_S)[0].decode()
        self.assertEqual(start.returncode, 0, said)
        self.assert_gone([main, old])
        self.assertEqual(self.db(tree)["state"], "ready")
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_a_run_that_uses_it_keeps_it_although_the_tree_is_gone(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        main = self.db(tree)["pid"]
        # What is above it is moved: ctest has the tree as its working directory.
        self.act(f'mv "{self.work}/build" "{self.work}/away"; sleep 1.5; kill -0 $HOLDFAST_SERVICE_DB_PID && '
                 f'echo "$HOLDFAST_SERVICE_DB_PID 0 0" >>met; mv "{self.work}/away" "{self.work}/build"')
        self.run_green(tree)
        self.assertEqual([pid for pid, *_ in self.met()], [main, main])
        self.assertEqual(self.db(tree)["pid"], main)

    def test_a_restart_makes_the_next_generation(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        self.service(tree, "restart", "db")
        db = self.db(tree)
        self.assertEqual(db["generation"], 2)
        self.run_green(tree)
        self.assertEqual(self.met(), [(db["pid"], 2, *db["ports"])])

    def test_what_it_depends_on_is_kept_too_and_ends_after_it(self):
        tree = self.suite(f'\n[service.web]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\ndepends = ["db"]\n')
        self.service(tree, "start", "web")
        self.assertEqual(self.db(tree)["state"], "ready")
        self.assertEqual(self.service(tree, "stop", "db", code=1), "holdfast: web is kept and depends on db: stop it first\n")
        self.assertEqual(self.service(tree, "restart", "db", code=1),
                         "holdfast: web is kept and depends on db: stop it first\n")
        self.service(tree, "stop", "web")
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_one_that_cannot_start_is_not_kept(self):
        tree = self.suite(command='["sh", "-c", "echo no disk; exit 3"]')
        said = self.service(tree, "start", "db", code=1)
        self.assertIn("service db is not available: it ended with exit code 3; its last lines are in /", said)
        self.assertEqual(self.service(tree, "logs", "db"), "no disk\n")
        self.assertEqual(self.db(tree)["state"], "absent")
        self.assertEqual(self.service(tree, "stop", "db", code=1), "holdfast: db is not kept\n")
        tree = self.suite(command='["sh", "-c", "exit 3"]')
        self.assertNotIn("last lines", self.service(tree, "start", "db", code=1))
        self.assert_nothing_left()

    def test_a_start_that_is_interrupted_keeps_nothing(self):
        """It ends what it has begun, also what the service depends on, and no more."""
        server = f'command = ["{SERVER}", "{{port}}"]\nports = 1\nready-tcp = "127.0.0.1:{{port}}"\ngrace = "1s"\n'
        slow = f'command = ["sh", "-c", "touch {self.work}/begun; exec sleep 1000"]\nready-output = "never"\n' \
               'depends = ["log", "db"]\n'
        tree = self.suite(services=f"[service.log]\n{server}[service.db]\n{server}[service.web]\n{slow}")
        self.service(tree, "start", "log")
        for number in (signal.SIGINT, signal.SIGTERM):
            start = self.start(HOLDFAST, "service", "start", "web", "--tree", tree, stdout=-3, stderr=-3)
            wait_until((self.work / "begun").exists, "the service")
            (self.work / "begun").unlink()
            start.send_signal(number)
            self.assertEqual(start.wait(PATIENCE_S), -number)
            listed = json.loads(self.service(tree, "list", "--json"))["services"]
            self.assertEqual([(one["name"], one["state"]) for one in listed],
                             [("log", "ready"), ("db", "absent"), ("web", "absent")])
        self.service(tree, "stop", "log")
        self.assert_nothing_left()

    def test_a_death_during_a_run_is_told_and_the_next_generation_is_kept(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        first = self.db(tree)
        self.act("kill -KILL $HOLDFAST_SERVICE_DB_PID")
        self.assertIn('service db was lost (it was killed by SIGKILL), used by "user" alone; generation 2 follows',
                      self.run_green(tree))
        self.act("true")
        self.run_green(tree)
        second = self.db(tree)
        self.assertEqual((second["generation"], second["state"], second["kept"]), (2, "ready", "by hand"))
        self.assertNotEqual(first["pid"], second["pid"])
        self.run_green(tree)
        self.assertEqual(self.met()[-1][0], second["pid"])
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_the_end_of_a_run_waits_for_the_check_after_the_last_user(self):
        tree = self.suite(f'health-command = ["sh", "-c", "sleep 0.3; test ! -e {self.work}/broken"]\n')
        self.service(tree, "start", "db")
        self.act("touch broken")
        self.assertRegex(self.run_green(tree), 'service db was lost .*, used by "user" alone')
        (self.work / "broken").unlink()
        self.service(tree, "stop", "db")

    def test_one_that_hangs_is_replaced_by_the_run(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        first = self.db(tree)
        os.kill(first["pid"], signal.SIGSTOP)
        self.assertIn("service db was lost", self.run_green(tree))
        self.assertEqual(self.db(tree)["generation"], 2)
        self.assertFalse(is_alive(process(first["pid"])))

    def test_what_a_test_of_an_earlier_run_had_alone_is_reset(self):
        tree = self.suite(f"""reset-command = ["sh", "-c", "echo reset >>'{self.noted}'"]\n""",
                          tests="add_test(NAME alone COMMAND true)\n"
                                "set_tests_properties(alone PROPERTIES HOLDFAST_SERVICES db:exclusive)\n")
        self.noted.touch()
        self.service(tree, "start", "db")

        def resets_after(*options):
            self.assertEqual(self.ctest(tree, *options).returncode, 0)
            return len(self.noted.read_text().splitlines())

        self.assertEqual([resets_after("-R", name) for name in ("user", "user", "alone", "user", "user")],
                         [0, 0, 0, 1, 1])
        done = self.finish(HOLDFAST, "run", "--service", "db:exclusive", "--tree", tree, "--", "true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(resets_after("-R", "alone"), 2)
        self.service(tree, "restart", "db")
        self.assertEqual(resets_after("-R", "user"), 2, "nobody has had this generation alone")

    def test_fresh_is_no_generation_of_an_earlier_run(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        done = self.finish(HOLDFAST, "run", "--service", "db:fresh", "--tree", tree, "--", "sh", self.work / "user.sh")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.met()[-1][1], 2)
        self.assertEqual(self.db(tree)["generation"], 2)

    def test_whoever_of_its_processes_is_killed_nothing_is_left_and_the_next_run_has_one(self):
        for victims in (("host",), ("guard",), ("main",), ("host", "guard")):
            with self.subTest(victims):
                tree = self.suite()
                self.service(tree, "start", "db")
                before = self.db(tree)
                guard, host = self.host_of(before["pid"])
                named = {"host": host, "guard": guard, "main": process(before["pid"])}
                for number in (signal.SIGSTOP, signal.SIGKILL):
                    for one in victims:
                        os.kill(named[one].pid, number)
                if victims == ("main",):
                    self.assert_gone(named.values())
                self.run_green(tree)
                self.assertGreaterEqual(self.met()[-1][1], before["generation"])
                self.service(tree, "stop", "db")
                self.assert_gone(named.values())
                self.assert_nothing_left()

    def test_a_stop_ends_what_a_killed_host_has_left(self):
        tree = self.suite(f"""stop-command = ["sh", "-c", "echo stop >>'{self.noted}'"]\n""")
        before = set((USER_DIRECTORY / "services").glob("*"))
        self.service(tree, "start", "db")
        path, = set((USER_DIRECTORY / "services").glob("*")) - before
        self.kill_host_and_guard(tree)
        self.assertEqual((self.db(tree)["state"], self.db(tree)["kept"]), ("lost", "by hand"))
        self.assertEqual(self.service(tree, "list"), f"{'db':<16} lost, kept by hand, generation 1\n")
        self.service(tree, "stop", "db")
        self.assertEqual(self.noted.read_text(), "stop\n")
        self.assertFalse(path.exists())
        self.assert_nothing_left()

    def kill_host_and_guard(self, tree):
        guard, host = self.host_of(self.db(tree)["pid"])
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in (guard, host):
                os.kill(one.pid, number)
        self.assert_gone([guard, host])

    def test_a_start_says_that_what_a_killed_host_has_left_failed_and_starts(self):
        tree = self.suite(f"""stop-command = ["sh", "-c", "echo stop >>'{self.noted}'; exit 3"]\n""")
        self.service(tree, "start", "db")
        self.kill_host_and_guard(tree)
        said = self.service(tree, "start", "db")
        self.assertIn("holdfast: the stop command of service db: ", said)
        self.assertEqual(self.noted.read_text(), "stop\n")
        self.assertEqual(self.db(tree)["state"], "ready")
        # A stop has no other use than to end it, so its failure is one of the command.
        self.kill_host_and_guard(tree)
        before = set((USER_DIRECTORY / "services").glob("*"))
        self.assertIn("the stop command of service db: ", self.service(tree, "stop", "db", code=1))
        self.assertEqual(len(before - set((USER_DIRECTORY / "services").glob("*"))), 1)
        self.assert_nothing_left()

    def test_a_start_after_a_killed_host_says_no_more_than_the_first(self):
        tree = self.suite()
        first = self.service(tree, "start", "db")
        self.kill_host_and_guard(tree)
        self.assertEqual(self.service(tree, "start", "db").count("holdfast:"), first.count("holdfast:"))
        self.assertEqual(self.db(tree)["state"], "ready")
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_a_stop_ends_a_service_that_ignores_it_and_a_host_that_is_stopped(self):
        tree = self.suite(command=f'["{SERVER}", "{{port}}", "ignore-term"]')
        self.service(tree, "start", "db")
        self.service(tree, "stop", "db")
        self.assert_nothing_left()
        self.service(tree, "start", "db")
        main = self.db(tree)["pid"]
        _, host = self.host_of(main)
        os.kill(host.pid, signal.SIGSTOP)
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def lock_test(self, command, after):
        """A test `other` with a lock, which runs `command` in the directory of this test."""
        return f"""add_test(NAME other COMMAND sh -c [[{command}]])
            set_tests_properties(other PROPERTIES HOLDFAST_LOCKS {self.lock_name()} WORKING_DIRECTORY "{self.work}"{after})
            """

    def silent_host(self, tree):
        """A host that seems to have been kept since before the run."""
        before = set((USER_DIRECTORY / "services").glob("*"))
        self.service(tree, "start", "db")
        path, = set((USER_DIRECTORY / "services").glob("*")) - before
        self.service(tree, "stop", "db")
        (tree / ".holdfast/kept/db/kept").write_text("1\n")
        return SilentHost(path, self.work / "asked")

    def order_of_events(self, tree):
        """The ends of tests, and the starts of the service."""
        run, = self.runs(tree)
        lines = map(json.loads, (run / "journal.jsonl").read_text().splitlines())
        return [one.get("test", one.get("service")) for one in lines
                if one["type"] == "attempt_ended" or one.get("event") == "started"]

    def test_a_host_that_is_stopped_is_woken_for_its_user_alone(self):
        tree = self.suite(tests=self.lock_test("sed 's/.*) //' /proc/$(cat host)/stat | cut -c1 >state", "") +
                          "set_tests_properties(user PROPERTIES DEPENDS other)\n")
        self.service(tree, "start", "db")
        before = self.db(tree)
        _, host = self.host_of(before["pid"])
        (self.work / "host").write_text(str(host.pid))
        os.kill(host.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(host.pid) == "T", "a host that is stopped")
        self.run_green(tree)
        self.assertEqual((self.work / "state").read_text(), "T\n")
        self.assertEqual(self.met(), [(before["pid"], 1, *before["ports"])])
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_a_host_that_does_not_answer_delays_no_test_without_its_service(self):
        gate = 'add_test(NAME gate COMMAND sh -c "until [ -e asked ]; do sleep 0.01; done")\n' \
               f'set_tests_properties(gate PROPERTIES WORKING_DIRECTORY "{self.work}")\n'
        tree = self.suite(tests=gate + self.lock_test("true", " DEPENDS gate"))
        host = self.silent_host(tree)
        done = self.ctest(tree, "-j3")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn("service db: the host that people keep does not answer", done.text)
        self.assertEqual(self.order_of_events(tree), ["gate", "other", "db", "user"])
        self.assertEqual([generation for _, generation, _ in self.met()], [2])
        host.join(PATIENCE_S)
        self.assertEqual(self.db(tree)["generation"], 2)
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_a_run_ends_while_a_host_owes_it_an_answer(self):
        tree = self.suite()
        host = self.silent_host(tree)
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        wait_until((self.work / "asked").exists, "the question")
        ctest.kill()
        host.join(PATIENCE_S)
        self.assert_nothing_left()
        self.assertEqual([one for one in self.order_of_events(tree) if one != "user"], [])
        self.assertFalse((self.work / "met").exists())
        self.service(tree, "stop", "db")

    def test_the_list_shows_instances_of_runs(self):
        tree = self.suite("instances = 2\n")
        self.act("while [ ! -e go ]; do sleep 0.01; done")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        wait_until(lambda: (self.work / "met").exists() and self.met(), "the test")
        (pid, _, _), = self.met()
        db = self.db(tree)
        self.assertEqual((db["state"], db["pid"], db["runs"]), ("absent", None, [
            {"ctest": ctest.pid, "instance": "db", "state": "ready", "generation": 1, "pid": pid}]))
        self.assertIn(f"\n  db of the run of ctest (pid {ctest.pid}): ready, generation 1, pid {pid}\n",
                      self.service(tree, "list"))
        (self.work / "go").touch()
        ctest.wait(PATIENCE_S)
        self.assertEqual(self.db(tree)["runs"], [])

    def test_the_list_shows_which_run_uses_what_is_kept(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        self.act(f'"{HOLDFAST}" service list --tree "{tree}" >listed; '
                 f'"{HOLDFAST}" service list --json --tree "{tree}" >listed.json')
        self.run_green(tree)
        db, = json.loads((self.work / "listed.json").read_text())["services"]
        self.assertEqual((db["state"], db["runs"]), ("ready", []))
        self.assertGreater(db["user"], 0)
        self.assertTrue((self.work / "listed").read_text().endswith(f", used by the run of pid {db['user']}\n"))
        self.assertIsNone(self.db(tree)["user"])
        self.assertEqual(self.service(self.suite(services=""), "list"), f"{'db':<16} ready, kept by hand, generation 1, "
                         f"ports {db['ports'][0]}, pid {db['pid']}\n")
        self.service(tree, "stop", "db")
        self.assertEqual(self.service(tree, "list"), "no service is declared\n")

    def test_ctest_that_is_killed_leaves_it(self):
        for victims in (("ctest",), ("ctest", "keeper")):
            with self.subTest(victims):
                shutil.rmtree(self.work / "build", ignore_errors=True)
                tree = self.suite()
                self.service(tree, "start", "db")
                before = self.db(tree)
                (self.work / "met").unlink(missing_ok=True)
                (self.work / "go").unlink(missing_ok=True)
                self.act("while [ ! -e go ]; do sleep 0.01; done")
                ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
                wait_until((self.work / "met").exists, "the test")
                keeper = process(self.db(tree)["user"])
                shown = self.finish(HOLDFAST, "status", "--tree", tree, "--json").stdout
                self.assertEqual(json.loads(shown)["runs"][0]["services"],
                                 [{"name": "db", "state": "ready", "generation": 1, "pid": before["pid"]}])
                shown = self.finish(HOLDFAST, "status", "--tree", tree).stdout.decode()
                self.assertIn(f"  service db: ready, generation 1, pid {before['pid']}\n", shown)
                named = {"ctest": process(ctest.pid), "keeper": keeper}
                for one in victims:
                    os.kill(named[one].pid, signal.SIGKILL)
                ctest.wait(PATIENCE_S)
                (self.work / "go").touch()
                self.assert_gone([keeper])
                wait_until(lambda: self.db(tree) == before, "the service without its user")
                self.act("true")
                self.run_green(tree)
                self.assertEqual(self.met()[-1][0], before["pid"])
                self.service(tree, "stop", "db")
                self.assert_nothing_left()

    def test_a_stop_during_a_run_is_a_loss_and_the_run_has_one_of_its_own(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        self.act(f'"{HOLDFAST}" service stop db --tree "{tree}"')
        self.assertIn("service db was lost (it was stopped by hand)", self.run_green(tree))
        self.assertEqual(self.db(tree)["state"], "absent")
        self.act("true")
        self.run_green(tree)
        self.assertEqual(self.db(tree)["state"], "absent")
        self.assert_nothing_left()

    def test_a_run_that_begins_during_a_stop_has_one_of_its_own(self):
        go = self.work / "go"
        tree = self.suite(services=f"""[service.db]
command = ["{SERVER}", "{{port}}"]
ports = 1
ready-tcp = "127.0.0.1:{{port}}"
grace = "{PATIENCE_S}s"
stop-command = ["sh", "-c", "echo stop >>'{self.noted}'; until test -e '{go}'; do sleep 0.01; done"]
""")
        self.service(tree, "start", "db")
        kept = self.db(tree)
        stop = self.start(HOLDFAST, "service", "stop", "db", "--tree", tree, stdout=-3)
        wait_until(self.noted.exists, "the stop command")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        wait_until(lambda: self.ended(tree), "the test")
        go.touch()
        self.assertEqual((ctest.wait(PATIENCE_S), stop.wait(PATIENCE_S)), (0, 0), self.ended(tree))
        self.assertNotEqual(self.met()[0][0], kept["pid"])
        self.assertEqual(self.db(tree)["state"], "absent")
        self.assert_nothing_left()

    def ended(self, tree):
        """The ends of the attempts of the run, if it has begun."""
        return [one for run in self.runs(tree) for one in self.records(run, "attempt_ended")]

    def test_a_command_beside_a_user_has_one_of_its_own(self):
        tree = self.suite()
        self.service(tree, "start", "db")
        self.act(f'"{HOLDFAST}" run --tree "{tree}" --service db -- sh -c \'echo "$HOLDFAST_SERVICE_DB_PID 0 0" >>met\'')
        self.run_green(tree)
        (outer, _, _), (inner, _, _) = self.met()
        self.assertEqual(outer, self.db(tree)["pid"])
        self.assertNotEqual(outer, inner)
        self.service(tree, "stop", "db")
        self.assert_nothing_left()

    def test_a_socket_that_is_left_is_no_host(self):
        tree = self.suite()
        before = set((USER_DIRECTORY / "services").glob("*"))
        self.service(tree, "start", "db")
        path, = set((USER_DIRECTORY / "services").glob("*")) - before
        self.assertEqual((path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777), (0o600, 0o700))
        self.service(tree, "stop", "db")
        self.assertFalse(path.exists())
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left:
            left.bind(str(path))
        self.assertEqual(self.db(tree)["state"], "absent")
        self.service(tree, "start", "db")
        self.assertEqual(self.db(tree)["state"], "ready")

    def test_logs_are_followed_until_the_end(self):
        go = self.work / "go"
        script = f"{SERVER} $HOLDFAST_PORT & until [ -e {go} ]; do sleep 0.02; done; echo more; wait"
        tree = self.suite(command=f"""["sh", "-c", "trap 'echo over; exit' TERM; {script}"]""")
        self.service(tree, "start", "db")
        follow = self.start(HOLDFAST, "service", "logs", "db", "--follow", "--tree", tree, stdout=-1)
        self.assertIn(b"listening", follow.stdout.readline())
        go.touch()
        self.assertTrue(select.select([follow.stdout], [], [], PATIENCE_S)[0])
        self.assertEqual(follow.stdout.readline(), b"more\n")
        self.service(tree, "stop", "db")
        self.assertEqual(follow.communicate(timeout=PATIENCE_S)[0], b"over\n")
        self.assertEqual(follow.returncode, 0)


if __name__ == "__main__":
    unittest.main()
