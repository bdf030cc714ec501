"""A process that other tests need lives until the run ends, and no longer. Often a FIXTURES_SETUP
test starts a server in the background."""

import os
import signal
import unittest

from support import CTEST, PATIENCE_S, PROGRAMS, ProjectCase, keepers_of, process, processes_with, wait_until


class FixturesTest(ProjectCase):
    def tree_with_server(self, relation, later=""):
        file = self.pid_file()
        (self.work / "use.sh").write_text(f'kill -0 $(cat "{file}")\n')
        return self.project(f"""
add_test(NAME server.start COMMAND @P@/leave_child {file} 0 quiet)
add_test(NAME use COMMAND sh {self.work}/use.sh)
{relation}
{later}
""")

    def assert_server_served_and_ended(self, tree):
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        # By the time ctest has ended, `holdfast end` has waited for the end of such processes.
        self.assertEqual([p for p in self.read_pids(self.pid_file()) if process(p)], [])
        wait_until(lambda: not processes_with(self.cookie), "guard and keeper to end")
        self.assertNotIn("left 1 process behind", ran.text)

    def test_a_server_of_a_fixture_lives_until_the_run_ends(self):
        self.assert_server_served_and_ended(self.tree_with_server("""
set_tests_properties(server.start PROPERTIES FIXTURES_SETUP server)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED server)"""))

    def test_a_server_that_closes_what_it_inherited_a_moment_later_lives_too(self):
        file = self.pid_file()
        (self.work / "start.sh").write_text(
            f'(sleep 0.6; exec >/dev/null 2>&1; exec @P@/linger "{file}") &\n'
            .replace("@P@", str(PROGRAMS)))
        (self.work / "use.sh").write_text(f'for i in $(seq 500); do [ -s "{file}" ] && exit 0; sleep 0.01; done; exit 1\n')
        tree = self.project(f"""
add_test(NAME server.start COMMAND sh {self.work}/start.sh)
add_test(NAME use COMMAND sh {self.work}/use.sh)
set_tests_properties(server.start PROPERTIES FIXTURES_SETUP server)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED server)""")
        self.assert_server_served_and_ended(tree)

    def test_a_server_of_a_test_named_in_a_depends_lives_until_the_run_ends(self):
        self.assert_server_served_and_ended(self.tree_with_server(
            "set_tests_properties(use PROPERTIES DEPENDS server.start)"))

    def test_a_hidden_server_is_ended_too(self):
        file = self.pid_file()
        tree = self.project(f"""
add_test(NAME server.start COMMAND @P@/vanish {file})
add_test(NAME use COMMAND @P@/exit_with 0)
set_tests_properties(use PROPERTIES DEPENDS server.start)""")
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertEqual([p for p in self.read_pids(file) if process(p)], [])

    def test_a_servers_end_without_ctest_is_the_runs(self):
        tree = self.tree_with_server(
            "set_tests_properties(server.start PROPERTIES FIXTURES_SETUP server)",
            f"""add_test(NAME long COMMAND @P@/linger {self.work}/long.pids)
set_tests_properties(long PROPERTIES FIXTURES_REQUIRED server)""")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        server, = self.announced(self.pid_file())
        self.announced(self.work / "long.pids")
        ctest.kill()
        ctest.wait()
        self.assert_gone([server])
        self.assert_nothing_left()

    def test_a_killed_keeper_is_not_the_end_of_the_run(self):
        hold = self.work / "hold.pids"
        tree = self.tree_with_server("""
set_tests_properties(server.start PROPERTIES FIXTURES_SETUP server)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED server DEPENDS hold)""", f"""
add_test(NAME hold COMMAND @P@/close_output {hold})
set_tests_properties(hold PROPERTIES FIXTURES_REQUIRED server WILL_FAIL ON)""")
        ctest = self.start(CTEST, "--output-on-failure", cwd=tree, stdout=-1, stderr=-2)
        self.announced(hold)
        server, = self.announced(self.pid_file())
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        (self.work / "hold.pids.go").touch()
        out, _ = ctest.communicate(timeout=PATIENCE_S)
        self.assertEqual(ctest.returncode, 0, out.decode())
        self.assert_gone([server])
        self.assert_nothing_left()

    def test_a_kept_server_holds_no_lock(self):
        name = self.lock_name()
        file = self.pid_file()
        tree = self.project(f"""
add_test(NAME server.start COMMAND @P@/leave_child {file} 0 quiet)
set_tests_properties(server.start PROPERTIES FIXTURES_SETUP s RESOURCE_LOCK {name})
add_test(NAME use COMMAND @P@/exit_with 0)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED s RESOURCE_LOCK {name})""")
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertNotIn("waiting", ran.text)


if __name__ == "__main__":
    unittest.main()
