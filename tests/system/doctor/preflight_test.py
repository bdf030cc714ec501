"""[preflight] of holdfast.toml: what is looked at before the first test of each run."""

import socket

import own_locks
from doctor_case import on_silent_disk
from support import CTEST, HOLDFAST, ProjectCase, program, script_step

STOPPED = "holdfast: [preflight] is not met: no test runs\n"


class PreflightTest(ProjectCase):
    def setUp(self):
        super().setUp()
        (self.work / "project").mkdir()

    def toml(self, text):
        (self.work / "project/holdfast.toml").write_text(text)

    def tree(self, more=""):
        return self.project(f"add_test(NAME t COMMAND touch {self.work}/ran)\nadd_subdirectory(sub)\n" + more)

    def project(self, text, **how):  # pylint: disable=arguments-differ
        sub = self.work / "project/sub"
        sub.mkdir(exist_ok=True)
        (sub / "CMakeLists.txt").write_text(f"add_test(NAME below COMMAND touch {self.work}/ran-below)\n")
        return super().project(text, **how)

    def server(self):
        """A socket that listens until the test ends, and its port."""
        server = socket.socket()
        self.addCleanup(server.close)
        server.bind(("127.0.0.1", 0))
        server.listen()
        return server, server.getsockname()[1]

    def ran(self):
        return sorted(path.name for path in self.work.glob("ran*"))

    def assert_stopped(self, done, words):
        self.assertEqual(done.returncode, 8, done.text)
        self.assertEqual(self.ran(), [], done.text)
        self.assertEqual(done.text.count(words), 1, done.text)
        self.assertEqual(done.text.count(STOPPED), 1, done.text)

    def test_a_port_that_is_held_stops_the_run_before_its_first_test(self):
        server, port = self.server()
        self.toml(f"[preflight]\nports = [{port}]\n")
        tree = self.tree()
        words = f"holdfast: holdfast.toml:2, [preflight]: port {port} belongs to pid "
        self.assert_stopped(self.ctest(tree), words)
        self.assertEqual(self.runs(tree), [])
        # ctest in a directory below, and a script, begin their runs elsewhere.
        self.assert_stopped(self.ctest(tree / "sub"), words)
        server.close()
        done = self.ctest(tree)
        self.assertEqual((done.returncode, self.ran()), (0, ["ran", "ran-below"]), done.text)
        self.assertNotIn("preflight", done.text)

    def test_a_warning_is_one_line_and_the_tests_run(self):
        self.toml('[preflight.warn]\ncommands = ["sh", "no-such-command"]\ndisk = { "." = "1MiB" }\n')
        done = self.ctest(self.tree())
        self.assertEqual((done.returncode, self.ran()), (0, ["ran", "ran-below"]), done.text)
        said = [line for line in done.text.splitlines() if "preflight" in line]
        self.assertEqual(said, ['holdfast: holdfast.toml:2, [preflight.warn]: "no-such-command" is not in PATH, '
                                "expected a program"])

    def test_each_reason_is_said(self):
        self.toml('[preflight]\nsockets = ["no/socket"]\ncommands = ["no-such-command"]\n'
                  'disk = { "." = "9000000GiB" }\n')
        tree = self.tree()
        done = self.ctest(tree)
        self.assert_stopped(done, f"holdfast.toml:2, [preflight]: failed to connect to {tree}/no/socket: No such file ")
        self.assertIn('holdfast.toml:3, [preflight]: "no-such-command" is not in PATH', done.text)
        self.assertRegex(done.text, rf"holdfast.toml:4, \[preflight\]: {tree} has .* free, expected 8.5 PiB")

    def test_what_only_warns_does_not_let_a_run_begin_that_fails(self):
        self.toml('[preflight]\ncommands = ["no-such-command"]\n[preflight.warn]\ncommands = ["nor-this"]\n')
        done = self.ctest(self.tree())
        self.assert_stopped(done, '"no-such-command" is not in PATH')
        self.assertIn('[preflight.warn]: "nor-this" is not in PATH', done.text)

    def test_a_profile_replaces_what_it_names(self):
        self.toml('[preflight]\ncommands = ["no-such-command"]\n[profile.ci.preflight]\ncommands = []\n'
                  '[profile.ci.preflight.warn]\nsockets = ["no/socket"]\n')
        tree = self.tree()
        self.assert_stopped(self.ctest(tree), "no-such-command")
        done = self.ctest(tree, env=self.environment(HOLDFAST_PROFILE="ci"))
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn("holdfast.toml:6, [profile.ci.preflight.warn]: failed to connect to ", done.text)

    def test_a_script_looks_before_each_of_its_runs_and_gives_the_tree_back(self):
        needed = self.work / "needed"
        needed.write_text("#!/bin/sh\n")
        needed.chmod(0o755)
        self.toml(f'[preflight]\ncommands = ["{needed}"]\n')
        tree = self.tree()
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, f"""
ctest_test(RETURN_VALUE first)
file(REMOVE "{needed}")
execute_process(COMMAND rm -f "{self.work}/ran" "{self.work}/ran-below")
ctest_test(RETURN_VALUE second CAPTURE_CMAKE_ERROR error)
message(NOTICE "values: ${{first}} and ${{second}}/${{error}}")
execute_process(COMMAND "{HOLDFAST}" locks)
"""))
        done = self.ctest(self.work, "-S", script, "-V")
        self.assertRegex(done.text, r"values: 0 and (?!0/0)", done.text)
        self.assertEqual(done.text.count(STOPPED), 1, done.text)
        self.assertEqual(self.ran(), [], done.text)
        # The first run is on record as a whole one, and the second is not there.
        run, = self.runs(tree)
        self.assertTrue(self.records(run, "run_ended")[0]["complete"])

    def test_a_script_looks_once_before_the_tests_of_another_tree(self):
        tree = self.tree()
        (self.work / "other").mkdir()
        (self.work / "other/holdfast.toml").write_text('[preflight.warn]\ncommands = ["no-such-command"]\n')
        other = super().project(f"add_test(NAME t COMMAND touch {self.work}/ran-other)\n", name="other", build="other-build")
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, "ctest_test()") +
                          script_step(self.work / "other", other, "ctest_test()"))
        done = self.ctest(self.work, "-S", script, "-V")
        self.assertEqual((done.returncode, self.ran()), (0, ["ran", "ran-below", "ran-other"]), done.text)
        self.assertEqual(done.text.count("no-such-command"), 1, done.text)

    def test_what_an_earlier_run_of_a_script_had_is_ended_before_the_look(self):
        server, port = self.server()
        server.close()
        # Nobody knows that this service has the port.
        self.toml(f'[service.db]\ncommand = ["{program("small_server")}", "{port}"]\nready-output = "listening on"\n'
                  f"[preflight]\nports = [{port}]\n")
        tree = self.tree("set_tests_properties(t PROPERTIES HOLDFAST_SERVICES db)\n")
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, """
ctest_test(RETURN_VALUE first)
ctest_test(RETURN_VALUE second)
message(NOTICE "values: ${first} and ${second}")
"""))
        done = self.ctest(self.work, "-S", script, "-V")
        self.assertIn("values: 0 and 0\n", done.text)
        self.assertNotIn("preflight", done.text)

    def test_a_run_that_is_stopped_has_not_looked_at_tracked_files(self):
        self.toml('[profile.default]\ntracked-files = "report"\n[preflight]\ncommands = ["no-such-command"]\n')
        tree = self.tree()
        for words in (["init", "-q"], ["add", "."],
                      ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "x"]):
            made = self.finish("git", *words, cwd=self.work / "project")
            self.assertEqual(made.returncode, 0, made.stderr)
        self.assert_stopped(self.ctest(tree), "no-such-command")
        self.assertEqual(list((tree / ".holdfast").glob("tracked-files*")), [])

    def test_a_disk_that_does_not_answer_is_named(self):
        silent = self.work / "silent"
        words = on_silent_disk(self, silent)
        self.toml(f'[preflight]\ndisk = {{ "{silent}" = "1MiB", "." = "9000000GiB" }}\ncommands = ["{silent}/x"]\n')
        done = self.finish(*words, CTEST, cwd=self.tree())
        done.text = done.stdout.decode() + done.stderr.decode()
        self.assert_stopped(done, f"holdfast.toml:2, [preflight]: {silent} gave no answer within 5.0 s, "
                                  "expected 1.0 MiB free")
        # All that is beside it is looked at.
        self.assertIn(f"holdfast.toml:3, [preflight]: {silent}/x gave no answer within 5.0 s, expected a program", done.text)
        self.assertIn("free, expected 8.5 PiB", done.text)

    def test_a_disk_that_does_not_answer_is_only_told_where_that_is_wanted(self):
        silent = self.work / "silent"
        words = on_silent_disk(self, silent)
        self.toml(f'[preflight.warn]\nsockets = ["{silent}/s"]\n')
        done = self.finish(*words, CTEST, cwd=self.tree())
        text = done.stdout.decode() + done.stderr.decode()
        self.assertEqual((done.returncode, self.ran()), (0, ["ran", "ran-below"]), text)
        self.assertIn(f"holdfast.toml:2, [preflight.warn]: {silent}/s gave no answer within 5.0 s, "
                      "expected somebody who listens there", text)

    def test_a_stopped_script_keeps_the_tree_from_nobody(self):
        self.toml('[preflight]\ncommands = ["no-such-command"]\n')
        tree = self.tree()
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, f"""
ctest_test(CAPTURE_CMAKE_ERROR error)
file(WRITE "{self.work}/project/holdfast.toml" "")
execute_process(COMMAND "{program('exit_with')}" 0)
execute_process(COMMAND ${{CTEST_COMMAND}} --test-dir "{tree}" RESULT_VARIABLE other)
message(NOTICE "the other ended with ${{other}}")
"""))
        done = self.ctest(self.work, "-S", script, "-V")
        self.assertIn(STOPPED, done.text)
        self.assertIn("the other ended with 0", done.text)
        self.assertEqual(self.ran(), ["ran", "ran-below"])

    def test_what_a_run_inside_needs_was_looked_at_by_the_run_around_it(self):
        server, port = self.server()
        server.close()
        self.toml(f"[preflight]\nports = [{port}]\n")
        serve = f"import socket, subprocess, sys; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); " \
                "sys.exit(subprocess.call(sys.argv[1:]))"
        script = self.work / "serve.py"
        script.write_text(serve)
        tree = self.tree(f'add_test(NAME inner COMMAND python3 "{script}" ${{CMAKE_CTEST_COMMAND}} -R ^below$)\n')
        done = self.ctest(tree, "-R", "inner", "--output-on-failure")
        self.assertEqual((done.returncode, self.ran()), (0, ["ran-below"]), done.text)

    def test_a_port_of_a_service_that_is_kept_counts_as_free(self):
        server, port = self.server()
        server.close()
        self.toml(f'[service.db]\ncommand = ["{program("small_server")}", "{port}"]\nready-tcp = "127.0.0.1:{port}"\n'
                  f"[preflight]\nports = [{port}]\n")
        tree = self.tree()
        kept = self.finish(HOLDFAST, "service", "start", "db", "--tree", tree)
        self.addCleanup(self.finish, HOLDFAST, "service", "stop", "db", "--tree", tree)
        self.assertEqual(kept.returncode, 0, kept.stderr)
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)

    def test_a_port_whose_connection_just_ended_is_free(self):
        server, port = self.server()
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # this end keeps the port for a minute
            client.recv(1)
        server.close()
        self.toml(f"[preflight]\nports = [{port}]\n")
        done = self.ctest(self.tree())
        self.assertEqual(done.returncode, 0, done.text)

    def test_listings_and_disabled_runs_do_not_look(self):
        self.toml('[preflight]\ncommands = ["no-such-command"]\n')
        tree = self.tree()
        self.assertEqual(self.ctest(tree, "-N").returncode, 0)
        done = self.ctest(tree, env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual((done.returncode, self.ran()), (0, ["ran", "ran-below"]), done.text)
        self.assertNotIn("preflight", done.text)


if __name__ == "__main__":
    own_locks.main()
