"""CMake itself instruments the tree: the launcher goes next to the compilers, behind `ctest
--instrument`.

That needs CMake 4.3. With an older one, the projects here say that it is 4.3, and put a stand-in
for `ctest --instrument` where CMake puts the real one: into the global RULE_LAUNCH_*, at the end of
the configure step."""

import json
import os
import signal
import subprocess
import unittest

from building import BUILD_BOUND_S, FIND, GENERATORS, BuildCase
from support import CMAKE, CTEST, HOLDFAST, STAGE, ctest_version, verdicts, wait_until

INSTRUMENTS = ctest_version() >= (4, 3)

# It stays the parent of the command, as the real one does.
STAND_IN = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
echo "$*" >>"@W@/instrumented"
"$@"
"""
PRETEND = """
set(CMAKE_VERSION 4.3.0)
foreach(kind IN ITEMS COMPILE LINK CUSTOM)
  set_property(GLOBAL PROPERTY RULE_LAUNCH_${kind} "@W@/ctest --instrument --")
endforeach()
"""
PROJECT = """
enable_language(CXX)
file(WRITE ${CMAKE_BINARY_DIR}/c.cpp "int main() { return 0; }")
add_library(part STATIC a.c b.c)
add_library(head INTERFACE)
add_executable(app main.c)
target_link_libraries(app part head)
add_executable(plus ${CMAKE_BINARY_DIR}/c.cpp)
add_custom_target(custom ALL COMMAND cmake -E true)
set_property(TARGET custom PROPERTY HOLDFAST_CUSTOM_STEPS ON)
set_property(TARGET plus PROPERTY CXX_COMPILER_LAUNCHER "")
set_property(TARGET part PROPERTY C_COMPILER_LAUNCHER "env;INNER=a b")
set_property(TARGET app PROPERTY C_LINKER_LAUNCHER "env;INNER=1")
"""


class InstrumentedBuildTest(BuildCase):
    def stand_in(self):
        file = self.work / "ctest"
        file.write_text(STAND_IN.replace("@W@", str(self.work)))
        file.chmod(0o755)

    def instrumented(self, text, *options, generator="Ninja", query="query", build="build"):
        if INSTRUMENTS and query == "query/generated":  # CMake empties that directory
            text = "cmake_instrumentation(API_VERSION 1 DATA_VERSION 1)\n" + text
        else:
            queries = self.work / build / ".cmake/instrumentation/v1" / query
            queries.mkdir(parents=True)
            (queries / "own.json").write_text('{"version": 1}')
        if not INSTRUMENTS:
            self.stand_in()
            text = PRETEND.replace("@W@", str(self.work)) + text
        return self.configure(FIND + text, *options, generator=generator, build=build)

    def take_commands(self, tree):
        """The commands that the instrumentation has run since the last call."""
        if not INSTRUMENTS:
            log = self.work / "instrumented"
            commands = log.read_text().splitlines()
            log.unlink()
            return commands
        commands = []
        for kind in ("compile", "link", "custom"):
            for file in (tree / ".cmake/instrumentation/v1/data").glob(f"{kind}-*.json"):
                commands.append(json.loads(file.read_text())["command"].replace('"', ""))
                file.unlink()
        return commands

    def test_compilers_and_linkers_run_through_it_inside_of_the_instrumentation(self):
        for generator, query in zip(GENERATORS, ("query", "query/generated")):
            with self.subTest(generator):
                tree = self.instrumented(PROJECT, generator=generator, query=query, build=generator.split()[-1])
                done = self.build(tree)
                self.assertEqual(done.returncode, 0, done.text)
                steps = {s["output"].rsplit("/", 1)[-1]: s for s in self.steps(tree)}
                self.assertEqual({name: (s["kind"], s["target"], s["language"]) for name, s in steps.items()},
                                 {"a.c.o": ("compile", "part", "C"), "b.c.o": ("compile", "part", "C"),
                                  "main.c.o": ("compile", "app", "C"), "app": ("link", "app", "C"),
                                  "c.cpp.o": ("compile", "plus", "CXX"), "plus": ("link", "plus", "CXX")})
                commands = self.take_commands(tree)
                through = [c for c in commands if "holdfast-launcher --step=" in c]
                self.assertEqual(len(through), 6)
                # Only the instrumentation sees archive steps and custom commands.
                self.assertGreater(len(commands), 6)
                part = [c for c in through if "a.c.o" in c]
                self.assertRegex(part[0], r"-launcher --step=compile .*--language=C -- env INNER=a b \S*cc ")
                app, = [c for c in through if "--step=link" in c and "--target=app" in c]
                self.assertRegex(app, r" -- env INNER=1 \S*cc ")
                self.assertNotIn("holdfast-launcher", (tree / "compile_commands.json").read_text())
                again = self.build(tree, *(["--", "-d", "explain"] if generator == "Ninja" else []))
                self.assertNotIn("holdfast-launcher", again.text)
                # A custom target is never up to date.
                self.assertEqual([c for c in self.take_commands(tree) if "holdfast-launcher" in c], [])

    def test_the_users_query_counts_and_without_one_it_is_the_rules(self):
        home = self.work / "home"
        text = FIND + "set(CMAKE_VERSION 4.3.0)\nadd_executable(app main.c)\n"
        source = self.configure(text, build="first").parent / "source"
        for number, (variables, place) in enumerate((
                ({"HOME": home}, ".config/cmake"), ({"XDG_CONFIG_HOME": home / "x"}, "x/cmake"),
                ({"CMAKE_CONFIG_DIR": home / "c"}, "c"), ({"HOME": home / "none"}, ""))):
            with self.subTest(place):
                if place:
                    queries = home / place / "instrumentation/v1/query"
                    queries.mkdir(parents=True)
                    (queries / "users.json").write_text('{"version": 1}')
                environment = self.environment(HOME=str(home / "none"))
                environment.pop("XDG_CONFIG_HOME", None)
                environment.update({name: str(path) for name, path in variables.items()})
                tree = self.work / f"tree{number}"
                made = self.finish(CMAKE, "-G", "Ninja", "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}",
                                   bound=BUILD_BOUND_S, env=environment)
                self.assertEqual(made.returncode, 0, made.stderr)
                self.assertEqual(b"CMake's instrumentation is on" in made.stdout, bool(place))
                rules = (tree / "CMakeFiles/rules.ninja").read_text()
                self.assertEqual("--output=" in rules, not place)  # only rules expand it
                self.assertEqual(self.build(tree).returncode, 0)
                self.assertEqual({s["kind"] for s in self.steps(tree)}, {"compile", "link"})

    def test_slots_by_pattern_are_for_the_object_that_the_command_names(self):
        says = self.work / "says.sh"
        says.write_text(f'#!/bin/sh\necho $("{HOLDFAST}" locks | grep -c "tree {self.work}/") "$@" >>"{self.work}/held"\n'
                        'exec "$@"\n')
        says.chmod(0o755)
        tree = self.instrumented("add_library(two OBJECT a.c b.c)\n"
                                 f'set_property(TARGET two PROPERTY C_COMPILER_LAUNCHER "{says}")\n',
                                 "-DHOLDFAST_COMPILE_SLOTS=*/a.c.o=1")
        self.assertEqual(self.build(tree, "-j1").returncode, 0)
        held = {("a.c.o" if "a.c.o" in line else "b.c.o"): line.split()[0]
                for line in (self.work / "held").read_text().splitlines()}
        self.assertEqual(held, {"a.c.o": "1", "b.c.o": "0"})

    @unittest.skipUnless(INSTRUMENTS, "CMake notes tests from 4.3 on")
    def test_what_it_notes_of_tests_is_as_without_holdfast(self):
        text = ("enable_testing()\nadd_test(NAME passes COMMAND cmake -E true)\n"
                "add_test(NAME fails COMMAND sh -c \"exit 3\")\nadd_test(NAME crashes COMMAND sh -c \"kill -SEGV $$\")\n"
                "add_test(NAME inverted COMMAND cmake -E false)\n"
                "set_tests_properties(inverted PROPERTIES WILL_FAIL ON)\n")
        noted = {}
        for name, find in (("attached", FIND), ("plain", "")):
            queries = self.work / name / ".cmake/instrumentation/v1/query"
            queries.mkdir(parents=True)
            (queries / "own.json").write_text('{"version": 1}')
            tree = self.configure(find + text, build=name)
            ran = self.finish(CTEST, "-j2", cwd=tree)
            noted[name] = {test["testName"]: test for test in (
                json.loads(file.read_text()) for file in tree.glob(".cmake/instrumentation/v1/data/test-*.json"))}
            noted[name + " verdicts"] = verdicts(ran.stdout.decode())
        self.assertEqual(noted["attached verdicts"], noted["plain verdicts"])
        self.assertEqual(sorted(noted["plain"]), ["crashes", "fails", "inverted", "passes"])
        for name, plain in noted["plain"].items():
            attached = noted["attached"][name]
            self.assertEqual({key: attached[key] for key in ("result", "role")},
                             {key: plain[key] for key in ("result", "role")}, name)
            self.assertIn("holdfast-launcher", attached["command"])
            self.assertTrue(attached["command"].endswith(plain["command"].partition(" ")[2]), attached["command"])

    @unittest.skipIf(INSTRUMENTS, "this CMake is none, whatever it says")
    def test_an_older_cmake_has_no_instrumentation(self):
        tree = self.instrumented(PROJECT.replace("enable_language", "set(CMAKE_VERSION 4.2.9)\nenable_language"))
        self.assertEqual(self.build(tree).returncode, 0)
        self.assertIn("part", {s["target"] for s in self.steps(tree) if s["kind"] == "link"})

    def test_a_killed_ninja_ends_the_compiler_behind_the_instrumentation(self):
        slow = self.work / "slow.sh"
        slow.write_text(f'#!/bin/sh\necho $$ >>"{self.work}/slow.pids"\necho half >"$(echo "$*" | '
                        'sed "s/.*-o \\([^ ]*\\).*/\\1/")"\nwhile :; do sleep 0.1; done\n')
        slow.chmod(0o755)
        tree = self.instrumented("add_library(one OBJECT a.c)\n"
                                 f'set_property(TARGET one PROPERTY C_COMPILER_LAUNCHER "{slow}")\n')
        ninja = self.start("ninja", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        compilers = self.announced(self.work / "slow.pids")
        wait_until(lambda: list(tree.rglob("a.c.o")), "half an object")
        os.kill(ninja.pid, signal.SIGKILL)
        ninja.wait()
        self.assert_gone(compilers)
        wait_until(lambda: not list(tree.rglob("a.c.o")), "the end of half an object")


if __name__ == "__main__":
    unittest.main()
