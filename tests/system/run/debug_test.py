"""`holdfast debug` starts a test under a debugger, as ctest would start it."""

import json
import re
import shutil
import unittest

from support import CMAKE, CTEST, HOLDFAST, PATIENCE_S, STAGE, ProjectCase, is_alive, no_keeper_of, program, wait_until
from terminal import Terminal

GDB = shutil.which("gdb")
SERVER = program("small_server")
PROMPT = r"\(gdb\) $"
# A run, and a debugger, have these in another way. ctest sets some for its tests.
OWN = ("HOLDFAST_ATTEMPT_ID", "HOLDFAST_RUN_ID", "HOLDFAST_TMPDIR", "HOLDFAST_MARKER_DIR", "HOLDFAST_PORT",
       "HOLDFAST_PORTS", "HOLDFAST_HELD", "TEST_PREMATURE_EXIT_FILE", "DASHBOARD_TEST_FROM_CTEST",
       "CTEST_INTERACTIVE_DEBUG_MODE", "OUT", "_", "SHLVL", "OLDPWD", "PWD")


@unittest.skipUnless(GDB, "gdb is not installed")
class DebugTest(ProjectCase):
    def debug(self, tree, *words, **how):
        how.setdefault("cwd", tree)
        ended = self.finish(HOLDFAST, "debug", *words, **how)
        ended.text = ended.stdout.decode() + ended.stderr.decode()
        return ended

    def batch(self, tree, test, *options, commands=("run",), **how):
        words = [word for command in commands for word in ("-ex", command)]
        return self.debug(tree, test, *options, "--", "-nx", "-batch", *words, **how)

    def on_terminal(self, tree, test):
        terminal = Terminal([HOLDFAST, "debug", test, "--", "-nx"], tree,
                            self.environment(TERM="dumb", DEBUGINFOD_URLS="", INPUTRC="/dev/null"))
        self.addCleanup(terminal.close)
        terminal.expect(PROMPT)
        return terminal

    def settings(self, text):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(text)

    def holders(self, lock):
        shown = json.loads(self.finish(HOLDFAST, "locks", "--json").stdout)["locks"]
        return [(one["scope"], holder["test"]) for one in shown if one["name"] == lock
                for holder in one["holders"]]

    @staticmethod
    def variables(file):
        pairs = [entry.partition("=") for entry in file.read_text().split("\0") if entry]
        return {name: value for name, _, value in pairs}

    def test_environment_directory_and_arguments_are_those_of_the_test(self):
        there = self.work / "there"
        (there / "inner").mkdir(parents=True)
        tree = self.project(f"""
add_test(NAME "the test" COMMAND sh -c [==[cat /proc/self/environ >$OUT; for a; do echo "<$a>"; done; pwd]==] sh "a  b" "" [==['"$x]==])
set_tests_properties("the test" PROPERTIES WORKING_DIRECTORY {there}/inner HOLDFAST_PORTS 2
  ENVIRONMENT [==[A=1;B=x y 'z';PYTHONPATH=/none;LD_LIBRARY_PATH=/nowhere]==]
  ENVIRONMENT_MODIFICATION "PATH=path_list_append:/none;C=unset:;A=string_append:2")
""")
        for name in ("ctest", "debug"):
            (self.work / name).touch()
        settings = {"C": "3"}
        ran = self.ctest(tree, "-V", env=self.environment(OUT=str(self.work / "ctest"), **settings))
        self.assertEqual(ran.returncode, 0, ran.text)
        done = self.batch(tree, "the test", env=self.environment(OUT=str(self.work / "debug"), **settings))
        self.assertIn(f"<a  b>\n<>\n<'\"$x>\n{there}/inner\n", done.text)
        then, now = (self.variables(self.work / name) for name in ("ctest", "debug"))
        self.assertEqual({k: v for k, v in now.items() if k not in OWN},
                         {k: v for k, v in then.items() if k not in OWN})
        self.assertEqual((now["A"], now["B"], now["LD_LIBRARY_PATH"]), ("12", "x y 'z'", "/nowhere"))
        self.assertRegex(now["HOLDFAST_PORTS"], r"^\d+;\d+$")
        self.assertIn("HOLDFAST_TMPDIR", now)

    def test_ctrl_c_is_the_debuggers_and_quit_ends_everything(self):
        lock = self.lock_name()
        tree = self.project(f"""
add_test(NAME t COMMAND @P@/linger {self.pid_file()})
set_tests_properties(t PROPERTIES RESOURCE_LOCK {lock} TIMEOUT 60 WORKING_DIRECTORY /)
""")
        terminal = self.on_terminal(tree, "t")
        self.assertEqual(self.holders(lock), [("project", "t")])
        # Whoever wants the lock waits for the person who debugs.
        ctest = self.start(CTEST, cwd=tree, stdout=-1, stderr=-2)
        terminal.type("run\n")
        test, = self.announced(self.pid_file())
        terminal.type("\x03")
        terminal.expect("SIGINT")
        terminal.expect(PROMPT)
        self.assertTrue(is_alive(test))
        # At the prompt it is the debugger's, too.
        terminal.type("\x03")
        terminal.expect("Quit")
        terminal.expect(PROMPT)
        terminal.type("info inferiors\n")
        terminal.expect(str(test.pid))
        terminal.expect(PROMPT)
        terminal.type("kill\n")
        terminal.expect("y or n")
        terminal.type("y\n")
        terminal.expect(PROMPT)
        self.assertEqual(self.holders(lock), [("project", "t")])
        terminal.type("run\n")
        again = self.announced(self.pid_file(), 2)[1]
        terminal.type("\x03")
        terminal.expect(PROMPT)
        terminal.type("quit\n")
        terminal.expect("y or n")
        terminal.type("y\n")
        self.assertEqual(terminal.wait(), 0)
        self.assert_gone([test, again])
        # Now the run has the lock.
        self.announced(self.pid_file(), 3)
        ctest.kill()
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assert_nothing_left()

    def test_no_limit_and_no_further_attempt(self):
        noted = self.work / "noted"
        self.settings('[profile.default]\ntimeout = "100ms"\nretry = "any=3"\n')
        tree = self.project(f"""
add_test(NAME t COMMAND sh -c "sleep 0.5; echo x >>{noted}; exit 3")
set_tests_properties(t PROPERTIES TIMEOUT 0.2 HOLDFAST_TIMEOUT 0.1 HOLDFAST_RETRY any=2)
""")
        done = self.batch(tree, "t")
        self.assertIn("exited with code 03", done.text)
        self.assertEqual((done.returncode, "timed out" in done.text), (0, False), done.text)
        self.assertEqual(noted.read_text(), "x\n")

    def test_services_of_the_test(self):
        self.settings(f'[service.db]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\n'
                      'ready-tcp = "127.0.0.1:{port}"\ngrace = "1s"\n')
        tree = self.project("""
add_test(NAME t COMMAND sh -c "env | grep ^HOLDFAST_SERVICE_DB_")
set_tests_properties(t PROPERTIES HOLDFAST_SERVICES db)
add_test(NAME none COMMAND true)
set_tests_properties(none PROPERTIES HOLDFAST_SERVICES odd)
""")
        done = self.batch(tree, "t")
        self.assertRegex(done.text, r"HOLDFAST_SERVICE_DB_PORT=\d+\n")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        refused = self.batch(tree, "none")
        self.assertEqual(refused.returncode, 125)
        self.assertIn("HOLDFAST_SERVICES", refused.text)

    def test_a_script_is_its_interpreters_and_fixtures_are_named(self):
        script = self.work / "script"
        script.write_text("#!/bin/sh -u\necho \"script $1\"\n")
        script.chmod(0o755)
        tree = self.project(f"""
add_test(NAME s COMMAND {script} one)
add_test(NAME sh COMMAND sh -c "echo two")
add_test(NAME "set(up)" COMMAND true)
add_test(NAME other COMMAND true)
set_tests_properties("set(up)" PROPERTIES FIXTURES_SETUP F)
set_tests_properties(s PROPERTIES FIXTURES_REQUIRED F)
""")
        done = self.batch(tree, "s")
        self.assertIn("script one\n", done.text)
        self.assertIn(f"holdfast: {script} is a script: gdb gets its interpreter /bin/sh\n", done.text)
        told = re.search(r"holdfast: its fixtures are not set up here \(F\): (ctest .*) does it\n", done.text)
        ran = self.finish("sh", "-c", told[1].replace("ctest", CTEST, 1))
        self.assertRegex(ran.stdout.decode(), r"(?s)set\(up\) .*100% tests passed, 0 tests failed out of 1")
        self.assertRegex(self.batch(tree, "sh").text, r"holdfast: gdb gets /\S*sh, which runs the test\n")

    def test_a_case_of_a_batch(self):
        tree = self.project("""
add_test(NAME ends COMMAND @P@/case_ends --gtest_filter=Ends.*)
add_test(NAME all COMMAND @P@/case_ends)
set_tests_properties(ends all PROPERTIES HOLDFAST_ISOLATION process)
""")
        # Who quits in the middle has not made the program exit too early.
        one = self.batch(tree, "Ends.pass", commands=("break Ends_pass_Test::TestBody", "run", "bt 1", "kill"))
        self.assertIn("#0  ", one.text)
        self.assertNotIn("holdfast: ", one.text)
        self.assertEqual(one.returncode, 0, one.text)
        one = self.batch(tree, "Ends.pass")
        self.assertIn("Note: Google Test filter = Ends.pass\n", one.text)
        self.assertIn("[  PASSED  ] 1 test.", one.text)
        # Only the record of a run knows to which batch this one belongs.
        self.assertEqual(self.debug(tree, "Other.none").returncode, 2)

    def test_a_case_that_only_the_record_of_a_run_has_in_a_batch(self):
        tree = self.project("""
add_test(NAME other COMMAND @P@/case_ends --gtest_filter=Nothing.*)
add_test(NAME all COMMAND @P@/case_ends --gtest_filter=E*s.pass)
set_tests_properties(other all PROPERTIES HOLDFAST_ISOLATION process)
""")
        self.assertEqual(self.debug(tree, "Ends.pass").returncode, 2)
        self.ctest(tree)
        one = self.batch(tree, "Ends.pass")
        self.assertIn("Note: Google Test filter = Ends.pass\n", one.text)
        self.assertEqual(self.debug(tree, "Ends.passes").returncode, 2)

    def test_the_first_debugger_that_is_installed(self):
        tree = self.project("add_test(NAME t COMMAND /bin/true one)\n")
        path = self.work / "path"
        path.mkdir()
        env = self.environment(PATH=str(path))

        def words_of(*options):
            done = self.debug(tree, "t", *options, "--", "extra", env=env)
            self.assertEqual(done.returncode, 0, done.text)
            return done.stdout.decode()
        for name in ("rr", "lldb"):
            (path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
            (path / name).chmod(0o755)
            rest = {"rr": "record extra", "lldb": "extra --"}[name]
            self.assertEqual(words_of(), f"{name} {rest} /bin/true one\n")
        self.assertEqual(words_of("--debugger", "rr"), "rr record extra /bin/true one\n")
        env["HOLDFAST_PROFILE"] = "ci"
        done = self.debug(tree, "t", env=env)
        self.assertEqual((done.returncode, done.stdout), (0, b"lldb -- /bin/true one\n"))
        self.assertIn('ignoring the profile "ci": there is no ', done.stderr.decode())

    def test_a_configuration_that_the_tree_does_not_have(self):
        self.project(f"""
holdfast_add_service(db COMMAND {SERVER} {{port}} $<CONFIG> PORTS 1 READY_TCP 127.0.0.1:{{port}} GRACE 1s)
add_test(NAME t COMMAND sh -c "env | grep ^HOLDFAST_SERVICE_DB_")
set_tests_properties(t PROPERTIES HOLDFAST_SERVICES db)
""")
        tree = self.work / "several"
        made = self.finish(CMAKE, "-S", self.work / "project", "-B", tree, "-G", "Ninja Multi-Config",
                           "-DCMAKE_CONFIGURATION_TYPES=Debug;Checked", f"-DCMAKE_PREFIX_PATH={STAGE}")
        self.assertEqual(made.returncode, 0, made.stderr)
        for words, where in (((), ""), (("-C", "Odd"), ' in configuration "Odd"')):
            ended = self.debug(tree, "t", *words)
            self.assertEqual((ended.returncode, ended.text),
                             (2, f'holdfast: {tree} has no test "t"{where}: expected --config Checked or Debug\n'))
        done = self.batch(tree, "t", "-C", "checked")
        self.assertRegex(done.text, r"HOLDFAST_SERVICE_DB_PORT=\d+\n")
        self.assertIn("exited normally", done.text)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")

    def test_what_is_not_there_is_said_in_one_line(self):
        tree = self.project("add_test(NAME first_test COMMAND true)\nadd_test(NAME gone COMMAND /nowhere/x)\n"
                            "add_test(NAME nowhere COMMAND true WORKING_DIRECTORY /no/where)\n")
        empty = self.work / "empty"
        empty.mkdir()
        for words, path, line in (
                (["firsttest"], None, 'has no test "firsttest": did you mean "first_test"?'),
                (["quite another"], None, 'has no test "quite another"'),
                (["gone"], None, '"gone": ctest finds no program for it: expected one, or --config CFG'),
                (["nowhere"], None, "failed to enter /no/where: No such file or directory"),
                (["first_test", "run"], None, '"run": expected -- before words for the debugger (see holdfast --help)'),
                (["first_test", "run", "--", "-batch"], None,
                 '"run": expected -- before words for the debugger (see holdfast --help)'),
                (["first_test", "--debugger", "odd"], None, '--debugger "odd": expected gdb, lldb or rr'),
                (["first_test"], empty, "no debugger in PATH: expected gdb, lldb or rr"),
                (["first_test", "--debugger", "rr"], empty, "no debugger in PATH: expected rr"),
                (["first_test", "--tree", self.work], None, "expected a build tree")):
            with self.subTest(words=words):
                env = self.environment(**({"PATH": str(path)} if path else {}))
                ended = self.debug(tree, *words, env=env)
                self.assertEqual((ended.returncode, ended.stdout), (2, b""), ended.text)
                self.assert_our_lines(ended.stderr, 1)
                self.assertTrue(ended.stderr.decode().endswith(line + "\n"), ended.text)


if __name__ == "__main__":
    unittest.main()
