"""holdfast_add_service(): services that a project's CMakeLists.txt declares, through ctest."""

import os
import pwd
import re
import unittest
from pathlib import Path

from support import CMAKE, CTEST, STAGE, ProjectCase, program, script_step

READY = 'READY_OUTPUT "listening on (?P<port>[0-9]+)"'


class DeclaredServicesTest(ProjectCase):
    def server(self, name="server"):
        """A server that writes down its arguments and where it runs."""
        script = self.work / f"{name}.sh"
        script.write_text('for one in "$@"; do printf "<%s>\\n" "$one"; done >"$0.arguments"\n'
                          'pwd >"$0.directory"; env >"$0.environment"\n'
                          f'exec {program("small_server")} 0\n')
        return script

    def user(self, name, uses, command="true"):
        return self.scripted_test(name, f'HOLDFAST_SERVICES "{uses}"', command)

    def configure(self, tree, *arguments):
        return self.finish(CMAKE, "-S", self.work / "project", "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}", *arguments)

    def notes(self, tree):
        return {one["test"]: one.get("note") for one in self.records(self.runs(tree)[-1], "attempt_ended")}

    def test_a_test_gets_it_in_a_subdirectory_too(self):
        script = self.server()
        (self.work / "project/sub").mkdir(parents=True)
        (self.work / "project/sub/CMakeLists.txt").write_text(
            f'holdfast_add_service(db COMMAND sh "{script}" {READY} HEALTH_TCP "127.0.0.1:{{port}}" '
            'ENVIRONMENT "WORD=a \\"b\\" c" "LATE=$<1:late>")\n')
        tree = self.project("add_subdirectory(sub)\n" + self.user("one", "db", 'test -n "$HOLDFAST_SERVICE_DB_PORT"'))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual((self.work / "server.sh.directory").read_text(), f"{tree}/sub\n")
        environment = (self.work / "server.sh.environment").read_text().splitlines()
        self.assertIn('WORD=a "b" c', environment)
        self.assertIn("LATE=late", environment)
        self.assert_nothing_left()

    def sources(self, **texts):
        """Subprojects, by their name: a directory with the CMakeLists.txt of a project of its own."""
        (self.work / "project").mkdir(exist_ok=True)
        for name, text in texts.items():
            (self.work / "project" / name).mkdir()
            (self.work / "project" / name / "CMakeLists.txt").write_text(
                f"cmake_minimum_required(VERSION 3.25)\nproject({name} NONE)\nfind_package(Holdfast REQUIRED)\n{text}")

    def declared(self, name):
        """A service that leaves a file with its name when it starts."""
        command = f"echo {name} >\"$1\"; exec {program('small_server')} 0"
        return (f"holdfast_add_service({name} COMMAND sh -c [=[{command}]=] sh \"{self.work}/{name}.began\" {READY} "
                f'HEALTH_TCP "127.0.0.1:{{port}}")\n')

    def test_projects_of_one_tree_use_one_anothers(self):
        look = 'test -n "$HOLDFAST_SERVICE_{0}_PORT" && test -n "$HOLDFAST_SERVICE_{1}_PORT"'
        self.sources(left=self.declared("in_left") + self.user("left", "in_top;in_right", look.format("IN_TOP", "IN_RIGHT")),
                     right=self.declared("in_right") + self.user("right", "in_left", look.format("IN_LEFT", "IN_LEFT")),
                     fetched=self.declared("in_fetched") + self.user("fetched", "in_top;in_fetched",
                                                                     look.format("IN_TOP", "IN_FETCHED")))
        tree = self.project(f"""
add_subdirectory(left)
include(FetchContent)
FetchContent_Declare(fetched SOURCE_DIR "${{CMAKE_CURRENT_SOURCE_DIR}}/fetched")
FetchContent_MakeAvailable(fetched)
add_subdirectory(right)
""" + self.declared("in_top") + self.user("top", "in_left;in_fetched", look.format("IN_LEFT", "IN_FETCHED")))
        names = ("in_top", "in_left", "in_right", "in_fetched")
        for directory, needed in ((tree, names), (tree / "left", names[:1] + names[2:3])):
            done = self.ctest(directory)
            self.assertEqual(done.returncode, 0, done.text)
            self.assertEqual({name for name in names if (self.work / f"{name}.began").exists()}, set(needed))
            for name in needed:
                (self.work / f"{name}.began").unlink()
        self.assert_nothing_left()

    def test_one_name_in_two_projects_is_an_error_that_names_both_files(self):
        self.sources(left=self.declared("db"), right=self.declared("db"))
        self.project("")
        lists = self.work / "project/CMakeLists.txt"
        lists.write_text(lists.read_text() + "add_subdirectory(left)\nadd_subdirectory(right)\n")
        made = self.configure(self.work / "bad")
        self.assertNotEqual(made.returncode, 0)
        self.assertIn("holdfast_add_service(db): found a second service of that name in "
                      f"{self.work}/project/right/CMakeLists.txt, expected one; "
                      f"{self.work}/project/left/CMakeLists.txt has the first",
                      " ".join(made.stderr.decode().split()))

    def test_arguments_arrive_as_they_are(self):
        script = self.server()
        tree = self.project(f"""
holdfast_add_service(db COMMAND sh "{script}" "a;b" "" "it's \\"q\\"" "x>y, z" [=[c:\\]=] "[" "]" "'''" "tab	and
line" "#" "$<JOIN:one;two,;>" "$<$<CONFIG:None>:never>" "$<1:o'>" {READY})
""" + self.user("one", "db"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual((self.work / "server.sh.arguments").read_text(), "".join(f"<{one}>\n" for one in (
            "a;b", "", "it's \"q\"", "x>y, z", "c:\\", "[", "]", "'''", "tab\tand\nline", "#", "one", "two", "o'")))

    def test_an_executable_target_stands_for_its_program(self):
        script = self.server()
        script.write_text("#!/bin/sh\n" + script.read_text())
        script.chmod(0o755)
        tree = self.project(f"""
add_executable(the_server IMPORTED)
set_target_properties(the_server PROPERTIES IMPORTED_LOCATION "{script}")
holdfast_add_service(db COMMAND the_server {READY})
""" + self.user("one", "db"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)

    def test_each_configuration_has_its_own(self):
        script = self.server()
        tree = self.project("", build="unused").parent / "multi"
        lists = self.work / "project/CMakeLists.txt"
        one = self.work / "one.sh"
        one.write_text("exit 0\n")
        # This form of add_test() is for every configuration, even if ctest has none.
        lists.write_text(lists.read_text() + f"""
holdfast_add_service(db COMMAND sh "{script}" $<CONFIG> {READY})
add_test(one sh "{one}")
set_tests_properties(one PROPERTIES HOLDFAST_SERVICES db)
""")
        made = self.configure(tree, "-G", "Ninja Multi-Config", "-DCMAKE_CONFIGURATION_TYPES=Debug;Release")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        for said in ("Debug", "release"):
            done = self.ctest(tree, "-C", said)
            self.assertEqual(done.returncode, 0, done.text)
            self.assertEqual((self.work / "server.sh.arguments").read_text(), f"<{said.capitalize()}>\n")
        for options, found in (((), "no `ctest -C`"), (("-C", "Fast"), "`ctest -C Fast`")):
            done = self.ctest(tree, *options)
            self.assertEqual(done.returncode, 8, done.text)
            self.assertEqual(self.notes(tree), {
                "one": f'"one": services are declared for each configuration: found {found}, '
                       "expected Debug or Release"})
        # A script may go on with another configuration, and the same keeper.
        steps = "".join(f"set(CTEST_CONFIGURATION_TYPE {one})\nctest_test(RETURN_VALUE code)\n"
                        f'file(READ "{script}.arguments" text)\nmessage("${{code}} ${{text}}")\n'
                        for one in ("Debug", "Release"))
        step = self.work / "step.cmake"
        step.write_text(script_step(self.work / "project", tree, steps))
        done = self.finish(CTEST, "-V", "-S", step, cwd=self.work)
        said = [line for line in (done.stdout + done.stderr).decode().splitlines() if line.startswith("0 <")]
        self.assertEqual(said, ["0 <Debug>", "0 <Release>"], done.stdout + done.stderr)

    def test_a_tree_of_one_configuration_needs_none(self):
        text = f'holdfast_add_service(db COMMAND sh "{self.server()}" $<CONFIG> {READY})\n' + self.user("one", "db")
        tree = self.project(text)
        for kind in ("Debug", "Release", ""):
            self.assertEqual(self.configure(tree, f"-DCMAKE_BUILD_TYPE={kind}").returncode, 0)
            for options in ((), ("-C", "Other")):
                done = self.ctest(tree, *options)
                self.assertEqual(done.returncode, 0, done.text)
            self.assertEqual((self.work / "server.sh.arguments").read_text(), f"<{kind}>\n" if kind else "")

    def test_one_that_is_declared_no_longer_is_not_there(self):
        text = f'holdfast_add_service(db COMMAND sh "{self.server()}" {READY})\n'
        tree = self.project(text + self.user("one", "db"))
        self.assertEqual(self.ctest(tree).returncode, 0)
        self.project(self.user("one", "db"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8, done.text)
        self.assertIn("expected no service, as none is declared", self.notes(tree)["one"])

    def test_both_ways_to_declare_go_together(self):
        tree = self.project(f'holdfast_add_service(db COMMAND sh "{self.server()}" {READY} DEPENDS disk)\n'
                            + self.user("one", "db"))
        toml = self.work / "project/holdfast.toml"
        toml.write_text('[service.disk]\ncommand = ["sleep", "60"]\n')
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        toml.write_text('[service.disk]\ncommand = ["sleep", "60"]\n[service.db]\ncommand = ["sleep", "60"]\n')
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8, done.text)
        self.assertEqual(self.notes(tree)["one"], (
            f'"one": {self.work}/project/CMakeLists.txt, holdfast_add_service(db): found a second service "db", '
            "expected one; holdfast.toml:3, [service.db] has the first"))

    def test_a_bad_value_names_the_file_with_the_call(self):
        tree = self.project('holdfast_add_service(db COMMAND true GRACE soon)\n' + self.user("one", "db"))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8, done.text)
        self.assertEqual(self.notes(tree)["one"], (
            f'"one": {self.work}/project/CMakeLists.txt: grace in holdfast_add_service(db): found "soon", '
            'expected a duration such as 30, 1.5, "500ms", "5s" or "2m"'))

    def test_one_line_says_where_it_is_not_started(self):
        declaration = f'holdfast_add_service(db COMMAND sh "{self.server()}" {READY})\n'
        line = "holdfast: HOLDFAST_DISABLE is set: services are not started\n"
        disabled = self.environment(HOLDFAST_DISABLE="1")
        checker = self.work / "valgrind"  # ctest knows it by its name
        checker.write_text("#!/bin/sh\n")
        checker.chmod(0o755)
        for text, toml, says in ((declaration, "", True), ("", '[service.db]\ncommand = ["x"]\n', True),
                                 ("", "# [service.db]\n", False)):
            (self.work / "project").mkdir(exist_ok=True)
            (self.work / "project/holdfast.toml").write_text(toml)
            tree = self.project(text + self.user("one", "db"))
            done = self.ctest(tree, env=disabled)
            self.assertEqual((done.returncode, done.text.count(line)), (0, int(says)), done.text)
            for options in (("-N",), ("--show-only=json-v1",)):
                self.assertNotIn("holdfast:", self.ctest(tree, *options, env=disabled).text)
            done = self.ctest(tree, "-T", "memcheck", "--overwrite", f"MemoryCheckCommand={checker}",
                              "--overwrite", f"BuildDirectory={tree}")
            self.assertEqual("holdfast: a memory check runs the tests without Holdfast: services are not started\n"
                             in done.text, says, done.text)

    def test_a_bad_call_ends_the_configure_step(self):
        self.project("")
        lists = self.work / "project/CMakeLists.txt"
        head = lists.read_text()
        for call, said in {
            "a/b COMMAND x": "(a/b): expected a name of letters",
            "db": "found no COMMAND",
            "db COMMAND": "COMMAND has no value",
            "db COMMAND x READY_TCP": "READY_TCP has no value",
            "db x": 'found "x", expected a keyword',
            "db COMMAND x EAGER y": 'found "y", expected a keyword',
            "db COMMAND x GRACE 1s 2s": 'found "2s" after GRACE and its value',
            "db COMMAND x GRACE 1s GRACE 2s": "found GRACE twice",
            "db COMMAND x PORTS two": 'found "two" for PORTS, expected a number',
            "db COMMAND x ENVIRONMENT y": 'found "y" in ENVIRONMENT, expected NAME=value',
            "db COMMAND x ENVIRONMENT A=1 A=2": "found A twice in ENVIRONMENT",
            "db COMMAND x \"$<1:a>'''\"": "found ''' beside a generator expression",
            "db COMMAND x)\nholdfast_add_service(db COMMAND y": "found a second service of that name",
        }.items():
            with self.subTest(call):
                lists.write_text(head + f"holdfast_add_service({call})\n")
                made = self.configure(self.work / "bad")
                self.assertNotEqual(made.returncode, 0)
                self.assertIn(" ".join(said.split()), " ".join(made.stderr.decode().split()))


class KeywordsTest(ProjectCase):
    """Each key of holdfast.toml is a keyword of holdfast_add_service()."""

    SOURCES = Path(__file__).resolve().parents[3]

    def test_they_are_those_of_holdfast_toml(self):
        keys = re.findall(r'HOLDFAST_SERVICE_KEY\([\w.]+, "([a-z-]+)"', (self.SOURCES / "launcher/values/service_keys.def").read_text())
        self.assertGreater(len(keys), 20)
        code = (self.SOURCES / "ctest-integration/services.cmake").read_text()
        usage, rest = code.split("#]=", 1)
        keywords = re.search(r"set\(keywords ([^)]*)\)", rest).group(1).split()
        self.assertEqual(sorted(keywords), sorted(key.upper().replace("-", "_") for key in keys))
        shown = re.search(r"holdfast_add_service\(<name>.*?\n\n", usage, re.DOTALL).group()
        self.assertEqual([word for word in keywords if not re.search(rf"\b{word}\b", shown)], [])

    def note(self, text):
        return f"sh -c [=[echo {text} >>\"$1\"]=] sh \"{self.work}/notes\""

    def test_all_of_them_work_together(self):
        server = program("small_server")
        place = 'PORTS 1 READY_TCP "127.0.0.1:{port}" GRACE 2s'
        user = pwd.getpwuid(os.getuid()).pw_name
        (self.work / "there").mkdir()
        text = f"""
holdfast_add_service(db COMMAND "{server}" {{port}} on-int interrupted {place} EAGER DEPENDS disk
  HEALTH_TCP "localhost:{{port}}" HEALTH_TIMEOUT 4s START_TIMEOUT 20s PORT_TIMEOUT 1m MAX_RESTARTS 1 USER {user}
  INIT_COMMAND {self.note("init")} RESET_COMMAND {self.note("reset")} STOP_COMMAND {self.note("stop")} STOP_SIGNAL SIGINT)
holdfast_add_service(disk COMMAND sh -c [=[pwd >"$WHERE"; echo $$ >"$WHERE.pid"; exec sleep 1000]=] READY_COMMAND test -e "{self.work}/where.pid"
  HEALTH_COMMAND test -e "{self.work}/where.pid" WORKING_DIRECTORY "{self.work}/there" ENVIRONMENT "WHERE={self.work}/where" GRACE 1s)
holdfast_add_service(many COMMAND "{server}" {{port}} {place} INSTANCES 2)
holdfast_add_service(back COMMAND sh -c [=["{server}" $HOLDFAST_PORT </dev/null >/dev/null 2>&1 &]=] {place} FORKING)
holdfast_add_service(loud COMMAND sh -c [=[yes | head -c 3000000; exec "{server}" $HOLDFAST_PORT]=] LOG_LIMIT 1MiB
  PORTS 1 READY_OUTPUT "listening on (?P<port>[0-9]+)" GRACE 1s)
holdfast_add_service(never COMMAND sleep 1000 READY_HTTP "http://127.0.0.1:3/" HEALTH_HTTP "http://127.0.0.1:3/health" START_TIMEOUT 1s)
holdfast_add_service(nowhere COMMAND sleep 1000 READY_UNIX "{{dir}}/socket" HEALTH_UNIX "{{dir}}/socket" START_TIMEOUT 1s)
"""
        uses = [(f"use{n}", "db:exclusive", f"echo use >>\"{self.work}/notes\"" + ("; kill -9 $HOLDFAST_SERVICE_DB_PID" if n == 3 else ""))
                for n in range(1, 5)]
        # Each of these waits for the other.
        meet = "touch met{}; while [ ! -e met{} ]; do sleep 0.01; done"
        others = [("left", "many:exclusive", meet.format(1, 2)), ("right", "many:exclusive", meet.format(2, 1)),
                  ("back", "back", 'kill -0 "$HOLDFAST_SERVICE_BACK_PID"'), ("loud", "loud", "true"),
                  ("never", "never", "true"), ("nowhere", "nowhere", "true")]
        text += "".join(self.scripted_test(name, f"HOLDFAST_SERVICES {services}", command, place=self.work)
                        for name, services, command in uses + others)
        text += "".join(f"set_tests_properties(use{n} PROPERTIES DEPENDS use{n - 1})\n" for n in range(2, 5))
        tree = self.project(text)
        declared = "".join(file.read_text() for file in (tree / ".holdfast/services").rglob("*.toml"))
        keys = re.findall(r"^([a-z-]+)[. ]", declared, re.MULTILINE)
        done = self.ctest(tree, "-j8")
        ended = {one["test"]: one for one in self.records(self.runs(tree)[-1], "attempt_ended")}
        self.assertEqual({name: one["outcome"] for name, one in ended.items() if one["outcome"] != "passed"},
                         {"never": "service_unavailable", "nowhere": "service_unavailable"}, done.text)
        for name in ("never", "nowhere"):
            self.assertIn("it was not ready within 1.0 s", ended[name]["note"])
        # The reset after use3 may begin before the death is seen.
        self.assertRegex(" ".join((self.work / "notes").read_text().split()),
                         "^init use reset use reset use (reset )?stop init use stop$")
        self.assertEqual((self.work / "where").read_text(), f"{self.work}/there\n")
        logs = self.runs(tree)[-1] / "services"
        self.assertIn("interrupted", (logs / "db-2.log").read_text())
        self.assertIn(b"bytes left out", (logs / "loud-1.log").read_bytes())
        # Nothing was left out of this test.
        keywords = re.search(r"set\(keywords ([^)]*)\)", (STAGE / "lib/cmake/Holdfast/services.cmake").read_text()).group(1).split()
        self.assertEqual({key.upper().replace("-", "_") for key in keys} - {"DECLARED_IN", "DIRECTORY"}, set(keywords))
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
