"""`holdfast doctor`: who holds locks and ports, and what earlier runs left."""

import json
import os
import signal
import socket
from pathlib import Path

import own_locks
from doctor_case import OF_THE_MACHINE, DoctorCase, free_port
from forsaken import Forsaken, kill_at_once
from needs import need
from processes import parent_of, state_of
from support import CTEST, HOLDFAST, PATIENCE_S, keepers_of, name_of, process, program, wait_until


class LocksTest(DoctorCase):
    def test_a_lock_that_is_held_and_a_holder_that_is_stopped(self):
        name = self.lock_name()
        tree = self.project(f"add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_LOCKS {name}@user)\n")
        holder = self.start(HOLDFAST, "run", "--lock", f"{name}@user", "--", program("linger"), self.pid_file())
        self.announced(self.pid_file())
        found = self.look(tree, code=0)
        self.assert_only(found, "lock_held", rf'^the lock {name}@user is held by ".*" \(pid {holder.pid}.*"t" wants it$',
                         severity="worth_knowing")
        os.kill(holder.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(holder.pid) == "T", "the holder to stop")
        self.assert_only(self.look(tree), "holder_stopped", "which is stopped",
                         command=f"^kill -CONT {holder.pid}$")
        # Nobody knows what tests of these trees want, but the lock is not one of theirs alone.
        empty = self.project("", name="empty", build="empty-build")
        self.assertEqual(set(self.look(empty, code=0)) - OF_THE_MACHINE, {"no_tests"}, self.said["findings"])
        own = self.start(HOLDFAST, "run", "--lock", f"{name}@build", "--", program("linger"), self.pid_file("own"), cwd=empty)
        self.announced(self.pid_file("own"))
        self.assertEqual(self.assert_found(self.look(empty, code=0), "lock_held", rf"^the lock {name}@build .*\(pid {own.pid}",
                                           severity="worth_knowing"), {"no_tests"})
        self.toml("x = 1\n", name="empty")
        self.assertEqual(self.assert_found(self.look(empty), "lock_held", rf"^the lock {name}@build .*\(pid {own.pid}",
                                           severity="worth_knowing"), {"no_tests", "settings_refused"})
        os.kill(holder.pid, signal.SIGCONT)
        # The project has a lock of that name, too, which a test wants beside the other.
        self.start(HOLDFAST, "run", "--lock", f"{name}@project", "--", program("linger"), self.pid_file("project"), cwd=tree)
        self.announced(self.pid_file("project"))
        self.project(f'add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_LOCKS "{name}@user;{name}")\n')
        self.look(tree, code=0)
        self.assertEqual(sorted(one["what"].split()[2] for one in self.said["findings"] if one["finding"] == "lock_held"),
                         [f"{name}@project", f"{name}@user"])
        # A lock that no test of the tree wants is no finding.
        other = self.project(name="other", build="other-build")
        self.assertEqual(set(self.look(other, code=0)) - OF_THE_MACHINE, set())

    def test_a_run_that_goes_on(self):
        tree = self.project(f"add_test(NAME w COMMAND @P@/linger {self.pid_file()})\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        self.assert_only(self.look(tree, code=0), "tree_taken", rf'"{CTEST}" \(pid {ctest.pid}\)$',
                         severity="worth_knowing")
        self.assertIn("what dead runs left: a run is going on in the tree", self.said["not_looked_at"])
        self.assertEqual(len([one for one in self.said["findings"] if one["finding"] == "tree_taken"]), 1)
        other = self.project(name="other", build="other-build")
        self.assertEqual(set(self.look(other, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])

    def test_each_of_two_runs_that_go_on(self):
        tree = self.project("".join(f"add_test(NAME {name} COMMAND @P@/linger {self.pid_file(name)})\n" for name in "vw"))
        runs = []
        for name in "vw":
            runs.append(self.start(CTEST, "-R", f"^{name}$", cwd=tree, stdout=-3, stderr=-3))
            self.announced(self.pid_file(name))
        self.look(tree, code=0)
        taken = sorted(one["what"] for one in self.said["findings"] if one["finding"] == "tree_taken")
        self.assertEqual(taken, [f'a run is going on in the tree: "{CTEST} -R ^{name}$" (pid {run.pid})'
                                 for name, run in zip("vw", runs)])

    def test_a_port_that_somebody_has(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = server.getsockname()[1]
            self.toml(f'[service.db]\ncommand = ["sh"]\nready-tcp = "127.0.0.1:{port}"\n')
            self.assert_only(self.look(self.project()), "port_taken",
                             rf"^service db cannot start: port {port} belongs to pid {os.getpid()} \(",
                             command=rf"sport = :{port}")

    def test_the_port_of_a_service_that_is_kept_is_no_finding(self):
        port = free_port()
        self.toml(f'[service.db]\ncommand = ["{program("small_server")}", "{port}"]\nready-tcp = "127.0.0.1:{port}"\n'
                  f"[preflight]\nports = [{port}]\n")
        tree = self.project()
        kept = self.finish(HOLDFAST, "service", "start", "db", "--tree", tree)
        self.assertEqual(kept.returncode, 0, kept.stderr)
        self.addCleanup(self.finish, HOLDFAST, "service", "stop", "db", "--tree", tree)
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])
        # Another tree waits for it.
        self.toml(f'[service.web]\ncommand = ["sh"]\nready-tcp = "127.0.0.1:{port}"\n', name="other")
        other = self.project(name="other", build="other-build")
        self.assert_only(self.look(other, code=0), "port_in_use", f"^service web wants port {port}, which ",
                         severity="worth_knowing")

    def test_no_ports_to_choose_from(self):
        need(self, ["unshare", "-n", "sysctl", "-w", "net.ipv4.ip_local_port_range=1025 65535"],
             "no network namespace to be had")
        tree = self.project("add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_PORTS 2)\n")
        inside = ["unshare", "-n", "sh", "-c",
                  'sysctl -qw net.ipv4.ip_local_port_range="1025 65535" && exec "$@"', "sh"]
        self.assert_only(self.look(tree, before=inside), "no_ports", "^Holdfast has 1 port to choose from")


class LeftoversTest(Forsaken, DoctorCase):
    @own_locks.needed  # any keeper that starts meanwhile removes the socket
    def test_what_a_killed_run_left(self):
        tree = self.project(self.forsaken(ways=("plain",)))
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        left = self.announced(self.pid_file(), 2)
        kill_at_once(process(ctest.pid), *keepers_of(tree), *self.pair_of(ctest))
        ctest.wait(PATIENCE_S)
        run, = self.runs(tree)
        markers = run / "scratch/1/.markers"
        markers.mkdir(parents=True, exist_ok=True)
        (markers / "exit-17").write_text("")
        found = self.look(tree)
        others = self.assert_found(found, "process_left", rf'\(pid \d+\) is still running, left by "hides" of run {run.name}$',
                                   command=f"^holdfast reap --tree {tree}$")
        self.assertEqual(others, {"run_died", "socket_stale", "markers_left"})
        self.assertEqual({int(one["what"].split("(pid ")[1].split(")")[0]) for one in self.said["findings"]
                          if one["finding"] == "process_left"}, {one.pid for one in left})
        self.assertIn(f"run {run.name} died, 1 attempt without an end", found["run_died"]["what"])
        self.assertIn(str(markers), found["markers_left"]["what"])
        # It only looked.
        self.assertEqual(self.records(run, "run_ended"), [])
        self.assertTrue(all(Path(f"/proc/{one.pid}").exists() for one in left))
        # What it advises helps.
        self.assertEqual(self.finish(HOLDFAST, "reap", "--tree", tree).returncode, 0)
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, {"markers_left"})

    def test_a_daemon_that_was_let_go(self):
        tree = self.project(f"""add_test(NAME daemon COMMAND @P@/leave_child {self.pid_file()} 0 quiet)
set_tests_properties(daemon PROPERTIES HOLDFAST_ON_LEAK ignore)""")
        self.assertEqual(self.ctest(tree).returncode, 0)
        self.announced(self.pid_file())
        self.assert_only(self.look(tree, code=0), "process_let_go", 'left by "daemon" of run .*, which may leave it$',
                         severity="worth_knowing")

    @own_locks.needed  # any keeper that starts meanwhile removes the socket
    def test_a_service_whose_stop_command_nobody_ran(self):
        servers, stopped = self.pid_file("servers"), self.work / "stopped"
        self.toml(f'[service.db]\ncommand = ["{program("linger")}", "{servers}"]\nstop-command = ["touch", "{stopped}"]\n')
        tree = self.project(f"add_test(NAME use COMMAND @P@/linger {self.pid_file()})\n"
                            "set_tests_properties(use PROPERTIES HOLDFAST_SERVICES db)\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        server, = self.announced(servers)
        kill_at_once(*{process(ctest.pid), *keepers_of(tree), *self.pair_of(ctest), *self.ancestors(server.pid)})
        ctest.wait(PATIENCE_S)
        run, = self.runs(tree)
        self.assert_found(self.look(tree), "stop_command_left", f"^a service of run {run.name} was not stopped: ",
                          command=f"^holdfast reap --tree {tree}$")
        self.assertFalse(stopped.exists())
        self.assertEqual(self.finish(HOLDFAST, "reap", "--tree", tree).returncode, 0)
        self.assertTrue(stopped.exists())
        self.assertEqual(set(self.look(tree, code=0)) - OF_THE_MACHINE, set(), self.said["findings"])

    def test_a_kept_service_that_lost_its_host(self):
        self.toml(f'[service.db]\ncommand = ["{program("linger")}", "{self.pid_file()}"]\n')
        tree = self.project()
        kept = self.finish(HOLDFAST, "service", "start", "db", "--tree", tree)
        self.assertEqual(kept.returncode, 0, kept.stderr)
        server, = self.announced(self.pid_file())
        hosts = self.ancestors(server.pid)
        kill_at_once(*hosts)
        found = self.look(tree)
        self.assert_found(found, "service_lost", "^service db was started by hand, and its supervisor is gone$",
                          command=f"^holdfast service restart db --tree {tree}$")
        self.finish(HOLDFAST, "service", "stop", "db", "--tree", tree)
        self.finish(HOLDFAST, "reap", "--tree", tree)

    @staticmethod
    def ancestors(pid):
        """The processes of Holdfast above."""
        found = []
        above = parent_of(process(pid))
        while above and name_of(above.pid).startswith("holdfast"):
            found.append(above)
            above = parent_of(above)
        return found

    def test_a_run_that_began_later_than_now(self):
        tree = self.project()
        for _ in range(2):
            self.assertEqual(self.ctest(tree).returncode, 0)
        run = self.runs(tree)[-1]
        journal = run / "journal.jsonl"
        lines = journal.read_text().splitlines()
        first = json.loads(lines[0])
        first["at"] += 86400
        journal.write_text("\n".join([json.dumps(first)] + lines[1:]) + "\n")
        self.assert_only(self.look(tree), "run_from_future", rf"^run {run.name} began .* later than now")


if __name__ == "__main__":
    own_locks.main()
