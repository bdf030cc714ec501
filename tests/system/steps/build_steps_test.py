"""Compile and link steps run through the launcher, under Ninja and Make."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import own_locks
from building import FIND, GENERATORS, HEAD, BuildCase, cmdline, parent_of
from needs import WITHOUT_CALL
from support import CMAKE, LAUNCHER, PATIENCE_S, STAGE, program, wait_until

# Stands in for a slow compiler: it writes half of its output and then waits.
SLOW = """#!/usr/bin/env python3
import os, signal, sys
if "-o" in sys.argv and os.path.exists("@W@/slow"):
    with open(sys.argv[sys.argv.index("-o") + 1], "w") as out:
        out.write("half")
        out.flush()
        with open("@W@/compilers", "a") as pids:
            pids.write(f"{os.getpid()}\\n")
        signal.pause()
os.execvp(sys.argv[1], sys.argv[1:])
"""


def wait_for_writer(fifo):
    """A descriptor that writes into a FIFO, once somebody reads from it."""
    def opened():
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None

    return wait_until(opened)


class BuildStepsTest(BuildCase):
    def test_each_compile_and_link_is_recorded_and_a_second_build_does_nothing(self):
        for generator in GENERATORS:
            with self.subTest(generator):
                tree = self.configure(self.PROJECT, generator=generator, build=generator.split()[-1])
                self.assertEqual(self.build(tree).returncode, 0)
                steps = self.steps(tree)
                compiled = sorted(s["output"].rsplit("/", 1)[-1] for s in steps if s["kind"] == "compile")
                self.assertEqual(compiled, ["a.c.o", "b.c.o", "main.c.o"])
                linked = {s["target"] for s in steps if s["kind"] == "link"}
                self.assertEqual(linked, {"part", "app"})
                for step in steps:
                    self.assertEqual((step["outcome"], step["language"], step["attempts"]), ("passed", "C", 1))
                    self.assertGreater(step["wall_s"], 0)
                    self.assertGreater(step["max_rss_kb"], 0)
                self.assertNotIn("holdfast-launcher", (tree / "compile_commands.json").read_text())
                again = self.build(tree, *(["--", "-d", "explain"] if generator == "Ninja" else []))
                self.assertEqual(again.returncode, 0)
                self.assertNotIn("explain", again.text)
                self.assertEqual(len(self.steps(tree)), len(steps))

    def test_the_built_files_are_the_same_bytes(self):
        built = []
        for switch in ("ON", "OFF"):
            tree = self.configure(self.PROJECT, f"-DHOLDFAST_BUILD_STEPS={switch}")
            self.assertEqual(self.build(tree, "--clean-first").returncode, 0)
            built.append({str(f.relative_to(tree)): hashlib.sha256(f.read_bytes()).hexdigest()
                          for f in tree.rglob("*") if f.suffix in (".o", ".a") or f.name == "app"})
            steps = len(self.steps(tree))
            self.assertGreater(steps, 0)
        self.assertEqual(built[0], built[1])
        self.assertEqual(len(built[0]), 5)
        # With HOLDFAST_BUILD_STEPS off, nothing more is recorded.
        self.assertEqual(self.build(tree, "--clean-first").returncode, 0)
        self.assertEqual(len(self.steps(tree)), steps)

    def test_what_a_project_has_there_stays_behind_the_launcher(self):
        wrapper = self.work / "wrap.sh"
        wrapper.write_text(f'#!/bin/sh\necho "$1" >>"{self.work}/wrapped"\nshift\nexec "$@"\n')
        wrapper.chmod(0o755)
        text = (f'set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE "{wrapper} global")\n' + self.PROJECT +
                f'add_executable(own b.c main.c)\nset_property(TARGET own PROPERTY RULE_LAUNCH_COMPILE "{wrapper} target")\n'
                f'add_executable(same main.c)\nset_property(TARGET same PROPERTY RULE_LAUNCH_COMPILE "{wrapper} global")\n')
        for generator in GENERATORS:
            with self.subTest(generator):
                tree = self.configure(text, "-DCMAKE_C_COMPILER_LAUNCHER=env;INNER=1", generator=generator,
                                      build="chained-" + generator.split()[-1])
                (self.work / "wrapped").write_text("")
                done = self.build(tree, "--verbose")
                self.assertEqual(done.returncode, 0, done.text)
                said = (self.work / "wrapped").read_text().split()
                self.assertEqual((said.count("global"), said.count("target")), (4, 2))
                compiled = [s for s in self.steps(tree) if s["kind"] == "compile"]
                self.assertEqual(len(compiled), 6)
                for line in done.text.splitlines():
                    if "-c " in line and "--step=compile" in line:
                        self.assertLess(line.index("--step=compile"), line.index("wrap.sh"))
                        self.assertLess(line.index("wrap.sh"), line.index("INNER=1"))

    def test_the_launchers_of_ctest_see_the_command_itself(self):
        tree = self.configure("set(CTEST_USE_LAUNCHERS ON)\ninclude(CTest)\n" + self.PROJECT)
        done = self.build(tree, "--verbose")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertRegex(done.text, r'holdfast-launcher" --step=compile [^\n]* -- "[^"]*ctest" --launch ')
        self.assertEqual(len([s for s in self.steps(tree) if s["kind"] == "compile"]), 3)

    def test_a_sub_project_attaches_nothing(self):
        inner = self.work / "source/inner"
        inner.mkdir(parents=True)
        (inner / "CMakeLists.txt").write_text("project(inner C)\n" + FIND)
        tree = self.configure("add_executable(app main.c)\nadd_subdirectory(inner)\n")
        self.assertEqual(self.build(tree).returncode, 0)
        self.assertEqual(self.steps(tree), [])

    def test_a_failure_is_the_compilers_own(self):
        tree = self.configure(self.PROJECT)
        (self.work / "source/b.c").write_text("int b( {\n")
        failed = self.build(tree)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("b.c:1", failed.text)
        self.assertNotIn("holdfast:", failed.text)
        step, = [s for s in self.steps(tree) if s["outcome"] != "passed"]
        self.assertEqual((step["outcome"], step["exit_code"]), ("failed", 1))

    # --- Builds that are cut short -----------------------------------------------------------

    def slow_build(self, generator="Ninja", kind="COMPILER"):
        slow = self.work / "slow.py"
        slow.write_text(SLOW.replace("@W@", str(self.work)))
        slow.chmod(0o755)
        tree = self.configure(self.PROJECT, f"-DCMAKE_C_{kind}_LAUNCHER={sys.executable};-B;{slow}",
                              generator=generator, build=f"{kind}-{generator.split()[-1]}")
        self.assertEqual(self.build(tree).returncode, 0)
        for file in ("a", "b"):
            path = self.work / f"source/{file}.c"
            path.write_text(path.read_text() + "int more;\n")
        (self.work / "slow").touch()
        tool = ["ninja"] if generator == "Ninja" else ["make", "-j2"]
        begun = self.start(*tool, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        compilers = self.work / "compilers"
        expected = 2 if kind == "COMPILER" else 1
        wait_until(lambda: compilers.exists() and len(compilers.read_text().splitlines()) == expected, "the compilers")
        (self.work / "slow").unlink()
        return tree, begun, [int(p) for p in compilers.read_text().split()]

    def assert_nothing_half(self, tree, pids):
        def gone():
            return not any(os.path.exists(f"/proc/{pid}") and b"slow.py" in cmdline(pid) for pid in pids)
        wait_until(gone, "the end of the compilers")

        def is_half(file):
            # The file may vanish between two looks.
            with contextlib.suppress(FileNotFoundError):
                return file.read_bytes() == b"half"
            return False

        def are_whole():
            return not any(is_half(f) for f in (tree / "app", *tree.rglob("*.o")))
        wait_until(are_whole, "the end of half a file")
        self.assertEqual(self.build(tree).returncode, 0)
        self.assertEqual(self.finish(tree / "app").returncode, 0)

    def test_no_compiler_and_no_half_object_outlives_a_killed_build_tool(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                tree, ninja, pids = self.slow_build()
                ninja.send_signal(number)
                ninja.wait(PATIENCE_S)
                self.assert_nothing_half(tree, pids)
                (self.work / "compilers").unlink()

    def begin_after(self, *starter):
        """Runs `starter` with a command that becomes a step as soon as somebody writes into a FIFO."""
        waits, ran = self.work / "waits", self.work / "ran"
        for path in (waits, ran):
            path.unlink(missing_ok=True)
        os.mkfifo(waits)
        (self.work / ".holdfast/build").mkdir(parents=True)
        step = self.work / "step.sh"
        step.write_text(f'read line < {waits}\nexec {LAUNCHER} --step=compile --tree={self.work} -- touch {ran}\n')
        (self.work / "build.ninja").write_text(f"rule r\n  command = sh {step}\nbuild out: r\n")
        starter = self.start(*starter, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return starter, wait_for_writer(waits), ran

    def test_a_step_does_not_begin_when_its_build_tool_has_ended(self):
        ninja, waits, ran = self.begin_after("ninja")
        ninja.kill()
        ninja.wait(PATIENCE_S)
        with os.fdopen(waits, "w") as file:
            file.write("go\n")
        [step] = wait_until(lambda: self.steps(self.work))
        self.assertEqual(step["outcome"], "interrupted")
        self.assertIn("the build tool had ended before the step began", step["note"])
        self.assertFalse(ran.exists())

    def test_a_step_needs_no_build_tool(self):
        shell, waits, ran = self.begin_after("sh", "-c", f"sh {self.work}/step.sh; exit $?")
        with os.fdopen(waits, "w") as file:
            file.write("go\n")
        self.assertEqual(shell.wait(PATIENCE_S), 0)
        self.assertTrue(ran.exists())

    def test_a_build_tool_that_lives_and_cannot_be_watched_stops_no_step(self):
        done = self.finish(*WITHOUT_CALL, "EMFILE", "pidfd_open", LAUNCHER, "--step=compile", f"--tree={self.work}",
                           "--", "echo", "ran")
        self.assertEqual((done.returncode, done.stdout), (0, b"ran\n"), done.stderr)

    def test_a_killed_make_ends_what_its_makes_have_begun(self):
        # Three makes run one another, and cmake starts a link. None of them ends when the first
        # make does.
        for kind in ("COMPILER", "LINKER"):
            with self.subTest(kind):
                tree, make, pids = self.slow_build("Unix Makefiles", kind)
                make.kill()
                make.wait(PATIENCE_S)
                self.assert_nothing_half(tree, pids)
                cut_short = [s for s in self.steps(tree) if s["outcome"] == "interrupted"]
                self.assertEqual(len(cut_short), len(pids))
                for step in cut_short:
                    self.assertIn("interrupted: the build tool has ended; its process tree was ended", step["note"])
                (self.work / "compilers").unlink()

    def test_an_interrupt_is_reported_as_one(self):
        tree, ninja, pids = self.slow_build()
        ninja.send_signal(signal.SIGINT)
        # ninja's exit code when it is interrupted: an older ninja's, and a newer one's.
        self.assertIn(ninja.wait(PATIENCE_S), (2, 130))
        self.assert_nothing_half(tree, pids)

    def test_a_signal_is_how_the_step_ends_though_its_command_then_exits(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number):
                file = self.pid_file(number.name)
                step = self.start(LAUNCHER, "--step=compile", f"--tree={self.work}", "--",
                                  program("record_signals"), file, 1, stderr=subprocess.DEVNULL)
                self.announced(file)
                step.send_signal(number)
                self.assertEqual(step.wait(PATIENCE_S), -number)
                self.assertEqual(Path(f"{file}.signals").read_text().split(), [str(int(number)), "clean"])

    def test_a_killed_launcher_leaves_no_half_object(self):
        tree, ninja, pids = self.slow_build()
        for pid in pids:
            guard = parent_of(pid)
            os.kill(parent_of(guard), signal.SIGKILL)
        self.assertNotEqual(ninja.wait(PATIENCE_S), 0)
        self.assert_nothing_half(tree, pids)

    def test_what_called_setsid_is_left_alone_and_all_else_ends(self):
        pids = self.pid_file()
        script = (f'mkfifo {pids}.ready; exec 3<>{pids}.ready; '
                  f'setsid sh -c "echo \\$\\$ >>{pids}.daemon; echo >&3; exec sleep 3600" >/dev/null 2>&1 & '
                  f'sh -c "echo \\$\\$ >>{pids}.child; echo >&3; exec sleep 3600" >/dev/null 2>&1 & '
                  'read one <&3; read other <&3')
        done = self.finish(LAUNCHER, "--step=compile", f"--tree={self.work}", "--", "sh", "-c", script)
        daemon, child = (int(Path(f"{pids}.{who}").read_text()) for who in ("daemon", "child"))
        try:
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"left 1 process behind, ended: sleep", done.stderr)
            self.assertFalse(os.path.exists(f"/proc/{child}"))
            self.assertIn(b"sleep", cmdline(daemon))
        finally:
            os.kill(daemon, signal.SIGKILL)

    # --- Slots -------------------------------------------------------------------------------

    @own_locks.needed
    def test_two_trees_never_link_at_once_with_one_slot_and_a_killed_build_frees_it(self):
        linker = self.work / "linker.py"
        linker.write_text(f"""import os, signal, time
with open("{self.work}/links", "a") as log:
    log.write(f"{{os.getpid()}} begin {{time.monotonic_ns()}}\\n")
if os.environ.get("HANG_IN_LINK"): signal.pause()
with open("{self.work}/links", "a") as log:
    log.write(f"{{os.getpid()}} end {{time.monotonic_ns()}}\\n")
""")
        text = FIND + "".join(f"add_executable(app{i} main.c)\n" for i in range(4)) + (
            f'set_property(GLOBAL PROPERTY RULE_LAUNCH_LINK "{sys.executable} -B {linker} && ")\n')
        slots = "-DHOLDFAST_LINK_SLOTS=1"
        trees = [self.configure(text, slots, name=f"source{i}", build=f"tree{i}") for i in (0, 1)]
        first = self.start("ninja", cwd=trees[0], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=self.environment(HANG_IN_LINK="1"))
        log = self.work / "links"
        wait_until(lambda: log.exists() and "begin" in log.read_text(), "the first link")
        said = self.work / "said"
        with open(said, "wb") as stream:
            second = self.start("ninja", cwd=trees[1], stdout=subprocess.DEVNULL, stderr=stream)
        wait_until(lambda: b"waiting for lock holdfast-link-1" in said.read_bytes(), "the wait to be told")
        first.kill()
        first.wait()
        self.assertEqual(second.wait(PATIENCE_S), 0)
        third = self.start("ninja", cwd=trees[0], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual(third.wait(PATIENCE_S), 0)
        begun = None
        for line in log.read_text().splitlines():
            pid, what, _ = line.split()
            if what == "begin":
                begun = pid
            else:
                self.assertEqual(pid, begun)
        self.assertGreater(max(s["slot_wait_s"] for s in self.steps(trees[1])), 0)

    def test_wrong_words_are_one_line(self):
        for words, expected in (
                (["--step=make", "--", "true"], b'holdfast: --step "make": expected compile, link or custom\n'),
                (["--output=x", "--", "true"], b"holdfast: --output: expected after --step\n")):
            done = self.finish(LAUNCHER, *words)
            self.assertEqual((done.returncode, done.stderr), (125, expected))
        source = self.work / "wrong"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(HEAD + FIND)
        made = self.finish(CMAKE, "-S", source, "-B", self.work / "wrong-build", f"-DCMAKE_PREFIX_PATH={STAGE}",
                           "-DHOLDFAST_LINK_SLOTS=two")
        self.assertNotEqual(made.returncode, 0)
        self.assertIn(b'HOLDFAST_LINK_SLOTS is "two": expected a number from 1 to 1024', made.stderr)

    def test_disabled_it_is_the_command(self):
        done = self.finish(LAUNCHER, "--step=compile", f"--tree={self.work}", "--", "sh", "-c", "echo $PPID",
                           env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(int(done.stdout), os.getpid())


if __name__ == "__main__":
    own_locks.main()
