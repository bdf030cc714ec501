"""`holdfast run --service`: a command gets services as a test does."""

import os
import signal
import socket
import unittest

from processes import command_of, name_of, parent_of, process
from support import CMAKE, HOLDFAST, PATIENCE_S, STAGE, ProjectCase, processes_with, program, unfolded, wait_until

SERVER = program("small_server")
# Says who its services are, and stays until the file `go` is there.
WAIT = """env | grep ^HOLDFAST_SERVICE_ >here.new; mv here.new here
while [ ! -e go ]; do sleep 0.01; done
"""


class RunServiceTest(ProjectCase):
    def setUp(self):
        super().setUp()
        self.noted = self.work / "noted"

    def note(self, text):
        return f"""["sh", "-c", "echo '{text}' >>'{self.noted}'"]"""

    def service(self, name, more=""):
        return f'[service.{name}]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\nready-tcp = "127.0.0.1:{{port}}"\n' \
               f'grace = "1s"\n{more}'

    def suite(self, services, tests="add_test(NAME t COMMAND true)\n"):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(services)
        return self.project(tests)

    def run_in(self, tree, *words, **how):
        done = self.finish(HOLDFAST, "run", *words, cwd=tree, **how)
        done.text = unfolded(done.stderr.decode())
        return done

    def by_hand(self, tree):
        return sorted((tree / ".holdfast/by-hand").glob("*"))

    def begin(self, tree, *options, command=("sh", "-c", WAIT)):
        """Begins a command with services. Returns it, its variables, and all processes around it."""
        for name in ("go", "here"):
            (self.work / name).unlink(missing_ok=True)
        run = self.start(HOLDFAST, "run", *options, "--tree", tree, "--", *command, stderr=-1)
        here = self.work / "here"
        wait_until(here.exists, "the command")
        said = dict(line.split("=", 1) for line in here.read_text().splitlines())
        main = process(int(said["HOLDFAST_SERVICE_DB_PID"]))
        guard = main
        while name_of(guard.pid) != "holdfast-guard":
            guard = parent_of(guard)
        host = parent_of(guard)
        keeper = parent_of(host)
        self.assertIn("keeper", command_of(keeper.pid))
        own_guard = self.guard_of(run.pid)
        return run, said, {"launcher": process(run.pid), "own guard": own_guard, "keeper": keeper, "host": host,
                           "guard": guard, "main": main}

    @staticmethod
    def kill(named, victims):
        """Kills all at once, so that none of them acts on the death of another."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in victims:
                os.kill(named[one].pid, number)

    def assert_all_gone(self, named, said):
        self.assert_gone(named.values())
        self.assert_nothing_left()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(said["HOLDFAST_SERVICE_DB_PORT"])))
            probe.listen()

    def test_a_command_gets_what_a_test_gets(self):
        tree = self.suite(self.service("db", f"init-command = {self.note('init')}\n") +
                          self.service("web", f'depends = ["db"]\nstop-command = {self.note("stop web")}\n') +
                          self.service("other", f"eager = true\ninit-command = {self.note('other')}\n"))
        run, said, named = self.begin(tree, "--service", "db:exclusive;web")
        self.assertEqual((said["HOLDFAST_SERVICE_DB_GENERATION"], said["HOLDFAST_SERVICE_WEB_GENERATION"]), ("1", "1"))
        for name in ("DB", "WEB"):
            socket.create_connection(("127.0.0.1", int(said[f"HOLDFAST_SERVICE_{name}_PORT"]))).close()
            with open(said[f"HOLDFAST_SERVICE_{name}_LOG"], encoding="utf-8") as log:
                self.assertIn("listening on", log.read())
        (self.work / "go").touch()
        self.assertEqual(run.wait(PATIENCE_S), 0)
        # The services are gone when `holdfast run` ends.
        self.assertEqual([pid for pid in processes_with(self.cookie) if command_of(pid.pid)[:1] == [SERVER]], [])
        self.assertEqual(self.noted.read_text().splitlines(), ["init", "stop web"])
        self.assert_all_gone(named, said)
        self.assertEqual(self.runs(tree), [])  # reports know nothing of it

    def test_its_end_is_the_commands(self):
        tree = self.suite(self.service("db"))
        self.assertEqual(self.run_in(tree, "--service", "db", "--", "sh", "-c", "exit 3").returncode, 3)
        self.assertEqual(self.run_in(tree, "--service", "db", "--", "sh", "-c", "kill -KILL $$").returncode, -9)
        self.assert_nothing_left()

    def test_a_command_without_stdin_stdout_or_stderr_has_them_too(self):
        tree = self.suite(self.service("db"))
        script = f'ls /proc/$$/fd >"{self.work}/open"; exit 3'
        for closed in ((1, 2), (0, 1, 2)):
            with self.subTest(closed):
                def close(numbers=closed):
                    for number in numbers:
                        os.close(number)
                begun = self.start(HOLDFAST, "run", "--service", "db", "--", "sh", "-c", script, cwd=tree, preexec_fn=close)
                self.assertEqual(begun.wait(PATIENCE_S), 3)
                seen = (self.work / "open").read_text()
                alone = self.start("sh", "-c", script, preexec_fn=close)
                self.assertEqual(alone.wait(PATIENCE_S), 3)
                self.assertEqual(seen, (self.work / "open").read_text())
        self.assert_nothing_left()

    def test_options_add_up_and_the_file_names_them_too(self):
        tree = self.suite(self.service("db") + self.service("web") +
                          '[[override]]\ntest = "^t$"\nservices = ["db"]\n')
        show = ("--", "sh", "-c", "env | grep -o ^HOLDFAST_SERVICE_.*_PORT= | sort")
        for options, services in ((["--service", "db", "--service=web"], ["DB", "WEB"]), (["--name", "t"], ["DB"]),
                                  (["--name", "t", "--service", "web"], ["WEB"])):
            with self.subTest(options):
                done = self.run_in(tree, *options, *show)
                self.assertEqual(done.stdout.decode().split(), [f"HOLDFAST_SERVICE_{one}_PORT=" for one in services],
                                 done.text)
        done = self.run_in(tree, *show)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertEqual(len(self.by_hand(tree)), 3)
        self.assert_nothing_left()

    def test_what_is_not_there_is_one_line(self):
        tree = self.suite(self.service("db") + '[[override]]\ntest = "^t$"\nservices = ["no"]\n')
        elsewhere = self.work / "elsewhere"
        elsewhere.mkdir()
        cases = ((tree, ["--service", "dbx"], '--service "dbx": expected db'),
                 (tree, ["--service", "db:some"], '--service "db:some": expected shared, exclusive or fresh after `:`'),
                 (tree, ["--service", ""], '--service "": expected NAME[:shared|:exclusive|:fresh]'),
                 (tree, ["--service", "db;;db"], '--service "": expected NAME[:shared|:exclusive|:fresh]'),
                 (tree, ["--name", "t"], 'holdfast.toml:8, [[override]] "no": expected db'),
                 (elsewhere, ["--service", "db", "--tree", elsewhere], f'--tree "{elsewhere}": expected a build tree'),
                 (elsewhere, ["--service", "db", "--tree", ""], '--tree "": expected a build tree'))
        for where, options, words in cases:
            with self.subTest(options):
                done = self.run_in(where, *options, "--", "touch", self.work / "ran")
                self.assertEqual(done.returncode, 125)
                self.assert_our_lines(done.stderr, 1)
                self.assertIn(words, done.text)
                self.assertFalse((self.work / "ran").exists())
        done = self.finish(HOLDFAST, "run", "--service", "db", "--", "true", cwd="/")
        self.assertIn("no build tree here or above: expected --tree DIR", done.stderr.decode())
        self.assertEqual(self.by_hand(tree), [])
        self.assert_nothing_left()

    @unittest.skipIf(os.geteuid() != 0, "only root can make trees of others")
    def test_the_tree_of_somebody_else_must_be_named(self):
        tree = self.suite(self.service("db"))
        words = ("--service", "db", "--", "true")
        os.chown(tree, 65534, -1)
        done = self.run_in(tree, *words)
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"holdfast: the build tree {tree} belongs to another user: expected --tree DIR\n", done.text)
        self.assertEqual(self.run_in(tree, "--tree", tree, *words).returncode, 0)
        os.chown(tree, os.geteuid(), -1)
        self.assertEqual(self.run_in(tree, *words).returncode, 0)

    def test_the_configuration_is_said(self):
        tree = self.work / "multi"
        (self.work / "project").mkdir()
        (self.work / "project/CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject({self.project_name} NONE)\nenable_testing()\n"
            f"find_package(Holdfast REQUIRED)\nholdfast_add_service(db COMMAND {SERVER} {{port}} PORTS 1\n"
            '  READY_TCP "127.0.0.1:{port}" ENVIRONMENT KIND=$<CONFIG>)\n')
        made = self.finish(CMAKE, "-G", "Ninja Multi-Config", "-S", self.work / "project",
                           "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        done = self.run_in(tree, "--service", "db", "--", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn("services are declared for each configuration", done.text)
        done = self.run_in(tree, "--service", "db", "--config", "Debug", "--", "sh", "-c",
                           'tr "\\0" "\\n" </proc/$HOLDFAST_SERVICE_DB_PID/environ | grep ^KIND=')
        self.assertEqual((done.returncode, done.stdout), (0, b"KIND=Debug\n"), done.text)
        self.assert_nothing_left()

    def test_one_that_cannot_start_keeps_the_command_from_running(self):
        tree = self.suite('[service.db]\ncommand = ["sh", "-c", "echo no disk; exit 4"]\nready-tcp = "127.0.0.1:9"\n')
        done = self.run_in(tree, "--service", "db", "--", "touch", self.work / "ran")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("service db is not available: it ended with exit code 4", done.text)
        self.assertIn("its output: no disk", done.text)
        self.assertFalse((self.work / "ran").exists())
        self.assert_nothing_left()

    def test_a_loss_is_told_and_the_next_attempt_gets_the_next_generation(self):
        tree = self.suite(self.service("db"))
        script = 'echo $HOLDFAST_SERVICE_DB_GENERATION; [ $HOLDFAST_SERVICE_DB_GENERATION = 2 ] || ' \
                 '{ kill -KILL $HOLDFAST_SERVICE_DB_PID; exit 1; }'
        done = self.run_in(tree, "--service", "db", "--retry", "service=1", "--name", "loser", "--", "sh", "-c", script)
        self.assertEqual((done.returncode, done.stdout), (0, b"1\n2\n"), done.text)
        self.assertIn('service db was lost (it was killed by SIGKILL), used by "loser" alone; generation 2 follows',
                      done.text)
        self.assert_nothing_left()

    def test_fresh_is_a_new_one_for_each_attempt(self):
        tree = self.suite(self.service("db"))
        script = 'echo $HOLDFAST_SERVICE_DB_GENERATION; [ $HOLDFAST_ATTEMPT = 2 ]'
        done = self.run_in(tree, "--service", "db:fresh", "--retry", "any=1", "--", "sh", "-c", script)
        self.assertEqual((done.returncode, done.stdout), (0, b"1\n2\n"), done.text)
        self.assert_nothing_left()

    def test_an_interrupt_ends_the_command_and_then_the_services(self):
        tree = self.suite(self.service("db", f"stop-command = {self.note('stop')}\n"))
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.noted.unlink(missing_ok=True)
                run, said, named = self.begin(tree, "--service", "db")
                run.send_signal(number)
                self.assertEqual(run.wait(PATIENCE_S), -number)
                self.assertEqual(self.noted.read_text(), "stop\n")
                self.assert_all_gone(named, said)

    def test_an_interrupt_during_the_wait_runs_nothing(self):
        tree = self.suite(f'[service.db]\ncommand = ["{SERVER}", "0"]\nready-tcp = "127.0.0.1:9"\ngrace = "1s"\n')
        run = self.start(HOLDFAST, "run", "--service", "db", "--", "touch", self.work / "ran", cwd=tree, stderr=-1)
        wait_until(lambda: any(command_of(one.pid)[:1] == [SERVER] for one in processes_with(self.cookie)), "the service")
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(PATIENCE_S), -signal.SIGINT)
        self.assertFalse((self.work / "ran").exists())
        self.assert_nothing_left()

    def test_nothing_is_left_whoever_is_killed(self):
        tree = self.suite(self.service("db", f"stop-command = {self.note('stop')}\n"))
        victims = [(one,) for one in ("launcher", "own guard", "keeper", "host", "guard", "main")]
        victims += [("launcher", "keeper"), ("keeper", "host"), ("host", "guard")]
        for some in victims:
            with self.subTest(some):
                self.noted.unlink(missing_ok=True)
                run, said, named = self.begin(tree, "--service", "db")
                self.kill(named, some)
                if "launcher" in some:
                    self.assertEqual(run.wait(PATIENCE_S), -signal.SIGKILL)
                else:
                    (self.work / "go").touch()
                    run.wait(PATIENCE_S)
                self.assert_all_gone(named, said)
                if some == ("keeper", "host"):  # nobody was there to run it
                    self.finish(HOLDFAST, "reap", "--tree", tree)
                self.assertEqual(self.noted.read_text(), "stop\n")

    def test_a_stop_command_that_the_guards_death_has_ended_runs_again(self):
        once = self.work / "once"
        script = (f"echo begun >>'{self.noted}'; if test ! -e '{once}'; then touch '{once}'; exec sleep 600; fi; "
                  f"echo stop >>'{self.noted}'")
        tree = self.suite(self.service("db", f'stop-command = ["sh", "-c", "{script}"]\n'))
        run, said, named = self.begin(tree, "--service", "db")
        (self.work / "go").touch()
        wait_until(once.exists, "the stop command")
        self.kill(named, ("guard",))
        run.wait(PATIENCE_S)
        self.assert_all_gone(named, said)
        self.assertEqual(self.noted.read_text(), "begun\nbegun\nstop\n")

    def test_what_everybodys_death_has_left_is_ended_by_reap(self):
        tree = self.suite(self.service("db", f"stop-command = {self.note('stop')}\n"))
        run, said, named = self.begin(tree, "--service", "db")
        self.kill(named, ("keeper", "host", "guard", "launcher", "own guard"))
        run.wait(PATIENCE_S)
        (self.work / "go").touch()
        reaped = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertIn("service db", reaped.stdout.decode())
        self.assertEqual(self.noted.read_text(), "stop\n")
        self.assert_all_gone(named, said)

    def test_the_next_run_ends_it_as_well(self):
        tree = self.suite(self.service("db"))
        run, said, named = self.begin(tree, "--service", "db")
        self.kill(named, ("keeper", "host", "guard", "launcher", "own guard"))
        run.wait(PATIENCE_S)
        (self.work / "go").touch()
        self.assertEqual(self.ctest(tree).returncode, 0)
        self.assert_all_gone(named, said)

    def test_it_may_run_inside_a_test(self):
        command = f'"{HOLDFAST}" run --service db -- sh -c "echo port $HOLDFAST_SERVICE_DB_PORT"'
        tree = self.suite(self.service("db"), f"add_test(NAME inside COMMAND {command})\n")
        done = self.ctest(tree, "-V", "-R", "inside")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertRegex(done.text, r"port \d+")
        self.assertNotIn("left", done.text)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
