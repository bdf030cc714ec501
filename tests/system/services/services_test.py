"""HOLDFAST_SERVICES: tests that share a live process, through ctest."""

import contextlib
import json
import os
import signal
import socket
import unittest

from processes import is_alive, keepers_of, parent_of, process
from support import CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, program, verdicts, wait_until
from wire import message, packet

# Our server listens on a port that the kernel chooses, and prints it.
SERVER = f"""
[service.db]
command = ["{program("small_server")}", "0"]
ready-output = "listening on (?P<port>[0-9]+)"
health-tcp = "127.0.0.1:{{port}}"
health-timeout = "1s"
grace = "1s"
"""


class ServicesTest(ProjectCase):
    def suite(self, services, *tests, more=""):
        """A project with the tests (name, uses, command of sh)."""
        text = "".join(self.scripted_test(name, f'HOLDFAST_SERVICES "{uses}"' if uses else "", command)
                       for name, uses, command in tests)
        tree = self.project(text + more)
        (self.work / "project/holdfast.toml").write_text(services)
        return tree

    def events(self, tree):
        """What the journal says of services: event, generation, tests that used it."""
        run, = self.runs(tree)
        return [(one["event"], f'{one["service"]}#{one["generation"]}',
                 one.get("users", [])) for one in self.records(run, "service")]

    def report(self, tree):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def ended(self, tree):
        run, = self.runs(tree)
        return {one["test"]: one for one in self.records(run, "attempt_ended")}

    def test_tests_share_one_and_are_told_where_it_is(self):
        told = 'env | grep ^HOLDFAST_SERVICE_ | sort >"$0.out"'
        tree = self.suite(SERVER, ("one", "db", told), ("two", "db", told), ("none", "", told))
        done = self.ctest(tree, "-j2")
        self.assertEqual(done.returncode, 0, done.text)
        run, = self.runs(tree)
        for name in ("one", "two"):
            seen = dict(line.split("=", 1) for line in (self.work / f"{name}.sh.out").read_text().splitlines())
            self.assertEqual(seen["HOLDFAST_SERVICE_DB_GENERATION"], "1")
            self.assertEqual(seen["HOLDFAST_SERVICE_DB_PORT"], seen["HOLDFAST_SERVICE_DB_PORTS"])
            with open(seen["HOLDFAST_SERVICE_DB_LOG"], encoding="utf-8") as log:
                self.assertEqual(log.read(), f'listening on {seen["HOLDFAST_SERVICE_DB_PORT"]}\n')
            self.assertEqual(set(seen), {f"HOLDFAST_SERVICE_DB_{word}" for word in (
                "PORT", "PORTS", "GENERATION", "LOG", "PID")})
        self.assertEqual((self.work / "none.sh.out").read_text(), "")
        self.assertEqual(self.events(tree), [("started", "db#1", []), ("ready", "db#1", [])])
        self.assertEqual(self.ended(tree)["one"]["services"], ["db#1"])
        self.assertNotIn("services", self.ended(tree)["none"])
        self.assertEqual([path.name for path in (tree / ".holdfast/runs").glob("*/services/*")], ["db-1.log"])
        self.assert_nothing_left()

    def test_who_uses_none_and_speaks_of_them_does_no_harm(self):
        """A program that speaks to the keeper as a launcher does, and has asked for nothing."""
        wait = f'touch "{self.work}/on"; while [ ! -e "{self.work}/go" ]; do sleep 0.02; done'
        tree = self.suite(SERVER, ("one", "db", wait))
        begun = self.start(CTEST, cwd=tree, stdout=-1, stderr=-2)
        wait_until((self.work / "on").exists, "the test")
        path, = (USER_DIRECTORY / "keepers").glob(f"{begun.pid}-*")
        answers = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as another:
            another.settimeout(PATIENCE_S)
            another.connect(str(path))
            for kind in ("red", "services", "waiting"):
                another.send(packet(kind))
            # The first one has no answer.
            for _ in range(2):
                answers.append(message(another.recv(4096)))
            odd = [packet("nonsense"), packet("attempt"), packet("tree"), packet("farewell", [("came_out", "odd")]),
                   packet("again", [("scratch", "odd")]), b"4:from1:x"]
            for one in odd:
                another.send(one)
                kind, fields = message(another.recv(4096))
                self.assertEqual(kind, "refused", one)
                self.assertIn("underst", dict(fields)["why"])
            # These have no answer either.
            another.send(packet("waits", [("what", "odd")]))
            another.send(packet("say", [("repeat", "odd")]))
        (self.work / "go").touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual(answers, [("services", [("why", "services are asked for by who needs none")]),
                                   ("waiting", [("why", "")])])
        self.assertEqual(begun.returncode, 0, out.decode())
        self.assertIn("holdfast: the field repeat of a say is not understood\n", out.decode())
        self.assertIn("1 test through Holdfast: 1 passed", out.decode())
        self.assertEqual(self.ended(tree)["one"]["services"], ["db#1"])
        self.assert_nothing_left()

    def test_one_that_a_test_killed_is_there_again_for_the_next(self):
        kill = 'kill -9 "$HOLDFAST_SERVICE_DB_PID"'
        look = 'test "$HOLDFAST_SERVICE_DB_GENERATION" = 2'
        tree = self.suite(SERVER, ("killer", "db:exclusive", kill), ("next", "db", look),
                          more="set_tests_properties(next PROPERTIES DEPENDS killer)")
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn(("died", "db#1", ["killer"]), self.events(tree))
        self.assertIn('service db was lost (it was killed by SIGKILL), used by "killer" alone', done.text)
        self.assert_nothing_left()

    def test_a_stopped_one_is_replaced_and_its_culprit_is_named(self):
        tree = self.suite(SERVER, ("stopper", "db", 'kill -STOP "$HOLDFAST_SERVICE_DB_PID"'), ("next", "db", "true"),
                          more="set_tests_properties(next PROPERTIES DEPENDS stopper)")
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn(("died", "db#1", ["stopper"]), self.events(tree))
        self.assertEqual(self.ended(tree)["next"]["services"], ["db#2"])
        log = next((tree / ".holdfast/runs").glob("*/services/db-1.log")).read_text()
        self.assertIn("small_server", log)  # its stacks
        self.assert_nothing_left()

    def test_one_that_is_stopped_while_nobody_uses_it_is_replaced(self):
        """The check after its last user counts for a tenth of a second, and for no longer."""
        checks = self.work / "checks"
        server = SERVER.replace("health-tcp", f'health-command = ["sh", "-c", "echo >>{checks}"]\n#')
        count = f"$(wc -l <{checks})"
        tree = self.suite(server,
                          ("user", "db", f'cd {self.work}; echo "$HOLDFAST_SERVICE_DB_PID" >pid; touch checks; '
                                         f'echo "{count}" >before'),
                          ("other", "", f'cd {self.work}; while [ "{count}" = "$(cat before)" ]; do sleep 0.01; done; '
                                        'kill -STOP "$(cat pid)"; sleep 0.15'),
                          ("next", "db", "true"),
                          more="set_tests_properties(other PROPERTIES DEPENDS user)\n"
                               "set_tests_properties(next PROPERTIES DEPENDS other)\n")
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn(("died", "db#1", []), self.events(tree))
        self.assertEqual(self.ended(tree)["next"]["services"], ["db#2"])
        self.assert_nothing_left()

    def broken_meanwhile(self, services, waiter, until, *tests):
        """`waiter` also waits for another service, long after `uses` has left db. When the file `until` is there,
        `stopper` stops db, and lets `waiter` go on."""
        uses = f'cd {self.work}; {self.until("begun")}; echo "$HOLDFAST_SERVICE_DB_PID" >pid; mv pid db.pid'
        stop = f'cd {self.work}; {self.until(until)}; sleep 0.5; kill -STOP "$(cat db.pid)"; touch go'
        tree = self.suite(SERVER + services, *tests, ("uses", "db", uses), ("stopper", "", stop),
                          ("waiter", waiter, "true"),
                          more="set_tests_properties(waiter PROPERTIES DEPENDS uses)")
        done = self.ctest(tree, "-j4")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn("db#2", self.ended(tree)["waiter"]["services"])
        self.assertIn(("died", "db#1", []), self.events(tree), "the innocent must not be blamed")
        self.assert_nothing_left()

    def until(self, name):
        return f'while [ ! -e "{self.work}/{name}" ]; do sleep 0.01; done'

    def test_it_is_checked_after_a_wait_for_the_tests_that_use_another(self):
        other = '[service.other]\ncommand = ["sleep", "1000"]\n'
        self.broken_meanwhile(other, "db;other:exclusive", "db.pid",
                              ("holds", "other:exclusive", f'touch "{self.work}/begun"; {self.until("go")}'))

    def test_it_is_checked_after_a_wait_for_the_start_of_another(self):
        (self.work / "begun").touch()
        begins = f'touch {self.work}/starts; {self.until("go").replace(chr(34), "")}; touch {self.work}/up; exec sleep 1000'
        other = f"""
[service.other]
command = ["sh", "-c", '{begins}']
ready-command = ["test", "-e", "{self.work}/up"]
"""
        self.broken_meanwhile(other, "db;other", "starts")

    def test_the_wait_for_it_is_no_part_of_the_limit(self):
        slow = SERVER.replace(f'"{program("small_server")}", "0"', f'"sh", "-c", "sleep 4; exec {program("small_server")} 0"')
        self.assertNotEqual(slow, SERVER)
        override = '[[override]]\ntest = "^told$"\nservices = ["db"]\n'
        limit = "set_tests_properties(own PROPERTIES TIMEOUT 1 RESOURCE_LOCK lock)\n" \
                "set_tests_properties(ours PROPERTIES HOLDFAST_TIMEOUT 1)\n" \
                "set_tests_properties(told hangs PROPERTIES TIMEOUT 1)\n"
        tree = self.suite(slow + override, ("own", "db", "true"), ("ours", "db", "true"), ("told", "", "true"),
                          ("hangs", "db", "sleep 60"), more="set(HOLDFAST_TIMEOUT_MARGIN 1)\n" + limit)
        done = self.ctest(tree, "-j4", "-V")
        self.assertEqual({name: one["outcome"] for name, one in self.ended(tree).items()}, {
            "own": "passed", "ours": "passed", "told": "passed", "hangs": "timed_out"}, done.text)
        self.assertEqual(verdicts(done.text), {name: "Passed" for name in ("own", "ours", "told")} | {
            "hangs": verdicts(done.text)["hangs"]})
        self.assertIn("***Timeout", verdicts(done.text)["hangs"])
        self.assertRegex(done.text, r"1: holdfast: lock lock, service db after [4-9]\.\d s\n")
        self.assertRegex(done.text, r"3: holdfast: service db after [4-9]\.\d s\n")
        self.assert_nothing_left()

    def test_red_bystanders_are_told_from_others(self):
        # All three hold the service when the killer strikes.
        wait = 'touch "$0.here"; while [ ! -e go ]; do sleep 0.01; done; '
        kill = 'while [ ! -e red.sh.here ] || [ ! -e green.sh.here ]; do sleep 0.01; done; ' \
               'kill -9 "$HOLDFAST_SERVICE_DB_PID"; touch go'
        tree = self.suite(SERVER, ("red", "db", f"cd {self.work}; {wait} exit 1"),
                          ("green", "db", f"cd {self.work}; {wait} exit 0"),
                          ("killer", "db", f"cd {self.work}; {kill}"), ("plain", "", "exit 1"))
        done = self.ctest(tree, "-j4")
        self.assertNotEqual(done.returncode, 0)
        flags = {name: one.get("flags", []) for name, one in self.ended(tree).items()}
        self.assertEqual(flags, {"red": ["service_lost"], "green": [], "killer": [], "plain": []})
        died, = [users for event, _, users in self.events(tree) if event == "died"]
        self.assertEqual(set(died), {"red", "green", "killer"})

    def test_reports_say_what_became_of_it(self):
        kill = 'kill -9 "$HOLDFAST_SERVICE_DB_PID"'
        tree = self.suite(SERVER, ("killer", "db", kill), ("next", "db", "true"), ("last", "db", kill),
                          more="set_tests_properties(next PROPERTIES DEPENDS killer)\n"
                               "set_tests_properties(last PROPERTIES DEPENDS next)")
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn("holdfast: service db died during killer (alone); generation 2 from then on\n", done.text)
        self.assertIn("holdfast: service db died during last (alone); no test needed it from then on\n", done.text)
        report = self.report(tree)
        db, = report["services"]
        self.assertLess(db.pop("started"), db.pop("ended"))
        self.assertEqual(db, {"name": "db", "instance": 0, "generation": 2, "outcome": "died", "deaths": [
            {"generation": 1, "users": ["killer"]}, {"generation": 2, "users": ["last"]}]})
        used = {test["name"]: test["attempts"][0] for test in report["tests"]}
        self.assertEqual(used["next"]["services"], [{"name": "db", "generation": 2}])
        self.assertGreater(used["next"]["service_wait_s"], 0)

    def suite_of_bystanders(self, rule):
        """Each killer strikes when its bystanders have the generation. A bystander is red if it is lost."""
        tests = []
        for n in ("1", "2"):
            for one in ("a", "b"):
                stand = f'cd {self.work}; pid=$HOLDFAST_SERVICE_DB_PID; touch {n}.{one}.here; ' \
                        f'while [ ! -e {n}.struck ]; do sleep 0.01; done; kill -0 $pid'
                tests.append((f"{n}.{one}", "db", stand))
            kill = f'cd {self.work}; while [ ! -e {n}.a.here ] || [ ! -e {n}.b.here ]; do sleep 0.01; done; ' \
                   f'kill -9 "$HOLDFAST_SERVICE_DB_PID"; ' \
                   f'while kill -0 "$HOLDFAST_SERVICE_DB_PID" 2>&-; do sleep 0.01; done; touch {n}.struck'
            tests.append((f"{n}.killer", "db", kill))
        retry = "".join(f'set_tests_properties({name} PROPERTIES HOLDFAST_RETRY "{rule}")\n'
                        for name, _, _ in tests if rule)
        # The second killer comes when all is over for the first, so that it hits nobody's second attempt.
        later = "".join(f"set_tests_properties(2.{one} PROPERTIES DEPENDS \"1.a;1.b;1.killer\")\n"
                        for one in ("a", "b", "killer"))
        return self.suite(SERVER, *tests, more=retry + later)

    def test_without_the_rule_each_red_bystander_has_the_flag(self):
        tree = self.suite_of_bystanders("")
        done = self.ctest(tree, "-j4")
        self.assertNotEqual(done.returncode, 0)
        red = {name: one["flags"] for name, one in self.ended(tree).items() if one["outcome"] == "failed"}
        self.assertEqual(red, {name: ["service_lost"] for name in ("1.a", "1.b", "2.a", "2.b")})

    def test_with_the_rule_no_bystander_ends_red(self):
        tree = self.suite_of_bystanders("service=1")
        done = self.ctest(tree, "-j4")
        self.assertEqual(done.returncode, 0, done.text)
        run, = self.runs(tree)
        attempts = {}
        for one in self.records(run, "attempt_ended"):
            attempts.setdefault(one["test"], []).append(one)
        for name in ("1.a", "1.b", "2.a", "2.b"):
            first, second = attempts[name]
            self.assertEqual(first["flags"], ["service_lost"])
            self.assertEqual(first["retry"], "tried again at once (service=1: 1 of 1)")
            self.assertEqual(second["flags"], ["flaky"])
            self.assertEqual(int(second["services"][0][3:]), int(first["services"][0][3:]) + 1)
        self.assertEqual(len(attempts["1.killer"]), 1)

    def test_a_failure_that_only_the_output_tells_counts_too(self):
        script = 'test "$HOLDFAST_SERVICE_DB_GENERATION" = 1 || exit 0; kill -9 "$HOLDFAST_SERVICE_DB_PID"; echo no db'
        more = 'set_tests_properties(one PROPERTIES HOLDFAST_RETRY "service=1" FAIL_REGULAR_EXPRESSION "no db")\n'
        tree = self.suite(SERVER, ("one", "db", script), more=more)
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(self.ended(tree)["one"]["services"], ["db#2"])

    def test_the_rule_is_for_no_other_failure_and_no_missing_service(self):
        never = SERVER + """
[service.never]
command = ["false"]
ready-tcp = "127.0.0.1:1"
"""
        more = "".join(f'set_tests_properties({name} PROPERTIES HOLDFAST_RETRY "service=2")\n'
                       for name in ("red", "none", "killer"))
        # The rule holds for the killer, too: it is one of the users.
        kill = 'kill -9 "$HOLDFAST_SERVICE_DB_PID"; exit 1'
        tree = self.suite(never, ("red", "db", "exit 1"), ("none", "never", "true"), ("killer", "db", kill), more=more)
        self.assertNotEqual(self.ctest(tree).returncode, 0)
        run, = self.runs(tree)
        tests = [one["test"] for one in self.records(run, "attempt_ended")]
        self.assertEqual({name: tests.count(name) for name in tests}, {"red": 1, "none": 1, "killer": 3})
        last = self.ended(tree)["killer"]
        self.assertEqual(last["retry"], "not tried again: service=2: 2 further attempts are spent")

    def test_what_cannot_be_had_fails_its_tests_at_once_and_no_others(self):
        services = """
[service.never]
command = ["sleep", "1000"]
ready-tcp = "127.0.0.1:1"
start-timeout = "300ms"
[service.dies]
command = ["sh", "-c", "seq 20; exit 3"]
ready-tcp = "127.0.0.1:2"
"""
        tree = self.suite(services, ("never1", "never", "true"), ("never2", "never", "true"), ("dies", "dies", "true"),
                          ("other", "", "true"), ("odd", "nobody", "true"))
        done = self.ctest(tree, "--output-on-failure")
        ended = self.ended(tree)
        self.assertEqual({name: one["outcome"] for name, one in ended.items()}, {
            "never1": "service_unavailable", "never2": "service_unavailable", "dies": "service_unavailable",
            "other": "passed", "odd": "internal_error"}, done.text)
        never = '"never1": service never is not available: it was not ready within 0.3 s: nobody listens on port 1'
        self.assertEqual(ended["never1"]["note"], never)
        self.assertLess(ended["never2"].get("service_wait_s", 0), 0.1)
        self.assertEqual(ended["dies"]["note"], '"dies": service dies is not available: it ended with exit code 3')
        self.assertIn("".join(f"holdfast: its output: {n}\n" for n in range(11, 21)), done.text)
        self.assertNotIn("its output: 10", done.text)
        self.assertEqual(ended["odd"]["note"], '"odd": HOLDFAST_SERVICES "nobody": expected never or dies')
        self.assert_nothing_left()

    def ctest_with_a_user(self, tree):
        """Begins a run whose test `user` uses the service. Returns ctest and the server."""
        ctest = self.start(CTEST, cwd=tree)
        wait_until((self.work / "user.sh.here").exists, "the test")
        return ctest, process(int((self.work / "user.sh.pid").read_text()))

    def test_it_ends_with_ctest_whoever_is_killed(self):
        for victims in (["ctest"], ["keeper"], ["host"], ["host", "guard"], ["keeper", "host", "guard"],
                        ["ctest", "keeper", "host", "guard"]):
            with self.subTest(victims=victims):
                self.work.joinpath("user.sh.here").unlink(missing_ok=True)
                self.work.joinpath("go").unlink(missing_ok=True)
                wait = f'echo "$HOLDFAST_SERVICE_DB_PID" >"$0.pid"; touch "$0.here"; ' \
               f'while [ ! -e {self.work}/go ]; do sleep 0.01; done'
                tree = self.suite(SERVER, ("user", "db", wait))
                ctest, server = self.ctest_with_a_user(tree)
                guard = parent_of(server)
                host = parent_of(guard)
                keeper = parent_of(host)
                self.assertEqual([keeper], keepers_of(tree))
                named = {"ctest": process(ctest.pid), "keeper": keeper, "host": host, "guard": guard}
                for victim in victims:
                    with contextlib.suppress(ProcessLookupError):  # ctest's death ends the others
                        os.kill(named[victim].pid, signal.SIGKILL)
                (self.work / "go").touch()
                ctest.wait(30)
                if {"keeper", "host", "guard"} <= set(victims):
                    # Nobody is left who could end it, but for the next run.
                    (self.work / "user.sh").write_text("exit 0\n")
                    self.ctest(tree)
                self.assert_gone([server, guard, host])
                self.assert_nothing_left()

    def test_it_ends_with_ctest_if_its_guard_is_stopped(self):
        of = 'parent_of() { read -r _ _ _ parent _ <"/proc/$1/stat"; echo "$parent"; }\n' \
             'guard=$(parent_of "$HOLDFAST_SERVICE_DB_PID")\nkill -STOP "$guard"\n'
        for more in ("", 'kill -9 "$(parent_of "$guard")"'):
            with self.subTest(more):
                tree = self.suite(SERVER, ("stopper", "db", of + more))
                self.assertEqual(self.ctest(tree).returncode, 0)
                self.assert_nothing_left()

    def test_without_the_keeper_no_test_runs_bare(self):
        wait = f'echo "$HOLDFAST_SERVICE_DB_PID" >"$0.pid"; touch "$0.here"; ' \
               f'while [ ! -e {self.work}/go ]; do sleep 0.01; done'
        tree = self.suite(SERVER, ("user", "db", wait), ("later", "db", "true"),
                          more="set_tests_properties(later PROPERTIES DEPENDS user)")
        ctest, server = self.ctest_with_a_user(tree)
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(keeper), "the keeper's end")
        self.assertTrue(is_alive(server))
        (self.work / "go").touch()
        self.assertNotEqual(ctest.wait(30), 0)
        self.assert_gone([server])
        log = (tree / "Testing/Temporary/LastTest.log").read_text()
        self.assertIn('"later": service db unavailable: there is no keeper that could start it', log)
        self.assertNotIn('"user":', log)


if __name__ == "__main__":
    unittest.main()
