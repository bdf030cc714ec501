"""Custom commands of a build run through the launcher if the project asks for it, and have
timeouts."""

import signal
import subprocess
import unittest

from building import BUILD_BOUND_S, FIND, GENERATORS, HEAD, BuildCase
from support import CMAKE, PATIENCE_S, STAGE, is_alive, process, wait_until
from terminal import TerminalCase

# Writes its pid and its child's to a file, notes that it was told to end, and prints on both
# streams.
HANGS = """#!/bin/sh
trap 'echo gently >>"@W@/ended"; exit 3' TERM
sh -c 'trap "" TERM; echo $$ >>"@W@/tree.pids"; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &
echo $$ >>"@W@/tree.pids"
echo to the file
echo to the file, too >&2
while :; do sleep 0.1; done
"""

# Names those of its first descriptors that are a terminal, asks for a line, and stays.
ASKS = """#!/bin/sh
for fd in 0 1 2; do test -t $fd && echo "$fd is a terminal"; done
read line
echo "it was told $line"
echo $$ >>"@W@/asks.pids"
exec sleep 3600
"""


class CustomCase(BuildCase):
    def script(self, name, text):
        file = self.work / name
        file.write_text(text.replace("@W@", str(self.work)))
        file.chmod(0o755)
        return file

    def customs(self, tree):
        return [s for s in self.steps(tree) if s["kind"] == "custom"]


class CustomStepsTest(CustomCase):
    def test_only_a_directory_that_asks_and_those_below_it(self):
        for inner in ("asks/below", "asks/not", "quiet"):
            (self.work / "source" / inner).mkdir(parents=True)
        (self.work / "source/asks/CMakeLists.txt").write_text("""
set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_STEPS ON)
add_custom_command(OUTPUT made.txt COMMAND cmake -E touch made.txt COMMAND cmake -E true)
add_custom_target(asks ALL DEPENDS made.txt)
add_subdirectory(below)
add_subdirectory(not)
""")
        one = "add_custom_target({0} ALL COMMAND cmake -E echo {0})\n"
        (self.work / "source/asks/below/CMakeLists.txt").write_text(one.format("below"))
        (self.work / "source/asks/not/CMakeLists.txt").write_text(
            "set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_STEPS OFF)\n" + one.format("nothing"))
        (self.work / "source/quiet/CMakeLists.txt").write_text(one.format("quiet"))
        text = FIND + "enable_testing()\nadd_subdirectory(asks)\nadd_subdirectory(quiet)\n" + one.format("top")
        for generator in GENERATORS:
            with self.subTest(generator):
                tree = self.configure(text, generator=generator, build=generator.split()[-1])
                done = self.build(tree, "--verbose")
                self.assertEqual(done.returncode, 0, done.text)
                outputs = sorted(s["output"].rsplit("/", 1)[-1] for s in self.customs(tree))
                self.assertEqual(outputs, ["below", "made.txt", "made.txt"])
                self.assertEqual({s["program"] for s in self.customs(tree)}, {"cmake"})
                if generator == "Ninja":
                    again = self.build(tree, "--", "-d", "explain", "asks/made.txt")
                    self.assertNotIn("explain", again.text)
                # CMake's own targets are not steps of the project.
                words = (["ninja", "asks/test", "asks/rebuild_cache"] if generator == "Ninja" else
                         ["make", "-C", "asks", "test", "rebuild_cache"])
                own = self.finish(*words, cwd=tree, bound=BUILD_BOUND_S)
                self.assertEqual(own.returncode, 0, own.stdout + own.stderr)
                self.assertIn(b"No tests were found", own.stdout + own.stderr)
                self.assertEqual(len(self.customs(tree)), 3)

    def test_what_the_project_has_there_comes_behind(self):
        wrapper = self.script("wrap.sh", '#!/bin/sh\necho "$1" >>"@W@/wrapped"\nshift\nexec "$@"\n')
        (self.work / "source/sub").mkdir(parents=True)
        (self.work / "source/sub/CMakeLists.txt").write_text("""
set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_TIMEOUT 5m)
add_custom_command(OUTPUT made.txt COMMAND cmake -E touch made.txt)
add_custom_target(asks ALL DEPENDS made.txt)
""")
        text = (f'set_property(GLOBAL PROPERTY RULE_LAUNCH_CUSTOM "{wrapper} global")\n' + FIND +
                "add_subdirectory(sub)\nadd_custom_target(other ALL COMMAND cmake -E true)\n")
        for generator in GENERATORS:
            with self.subTest(generator):
                (self.work / "wrapped").write_text("")
                tree = self.configure(text, generator=generator, build=generator.split()[-1])
                done = self.build(tree, "--verbose")
                self.assertEqual(done.returncode, 0, done.text)
                self.assertEqual((self.work / "wrapped").read_text().split(), ["global", "global"])
                self.assertRegex(done.text, r"--step=custom [^\n]*--timeout=5m -- \S*wrap.sh global ")
                step, = self.customs(tree)
                self.assertEqual(step["outcome"], "passed")

    def test_a_target_with_makefiles_and_one_line_with_ninja(self):
        text = (FIND + "add_custom_target(asks ALL COMMAND cmake -E true)\n"
                "add_custom_target(other ALL COMMAND cmake -E true)\n"
                "set_property(TARGET asks PROPERTY HOLDFAST_CUSTOM_STEPS ON)\n")
        tree = self.configure(text, generator="Unix Makefiles")
        self.assertEqual(self.build(tree).returncode, 0)
        self.assertEqual([s["output"].rsplit("/", 1)[-1] for s in self.customs(tree)], ["asks"])
        made = self.finish(CMAKE, "-G", "Ninja", "-S", self.work / "source", "-B", self.work / "ninja",
                           f"-DCMAKE_PREFIX_PATH={STAGE}", bound=BUILD_BOUND_S)
        said = [line for line in made.stdout.decode().splitlines() if "asks" in line]
        self.assertEqual(said, ["-- Holdfast: target asks asks for its custom commands: with Ninja its "
                                "directory must (docs/guide/build-steps.md)"])

    # --- Timeouts ----------------------------------------------------------------------------

    def hanging(self, timeout, generator="Ninja"):
        for file in ("tree.pids", "ended"):
            (self.work / file).unlink(missing_ok=True)
        hangs = self.script("hangs.sh", HANGS)
        limit = f"HOLDFAST_CUSTOM_TIMEOUT {timeout}" if timeout else "HOLDFAST_CUSTOM_STEPS ON"
        return self.configure(
            FIND + f"set_property(DIRECTORY PROPERTY {limit})\n"
            f"add_custom_command(OUTPUT out.txt COMMAND {hangs} > out.txt 2>&1)\n"
            "add_custom_target(gen ALL DEPENDS out.txt)\n", generator=generator,
            build=generator.split()[-1])

    def test_one_that_takes_too_long_ends_with_its_whole_tree_and_the_build_fails(self):
        for generator in GENERATORS:
            with self.subTest(generator):
                tree = self.hanging("2s", generator)
                done = self.build(tree)
                self.assertNotEqual(done.returncode, 0)
                said = [line for line in done.text.splitlines() if "holdfast:" in line]
                self.assertEqual(said, ['holdfast: "custom out.txt" timed out after 2.0 s; its process tree was ended'])
                self.assertEqual((self.work / "ended").read_text(), "gently\n")
                self.assert_gone([one for one in self.announced(self.work / "tree.pids") if one])
                # The command's own file holds no byte of Holdfast's.
                if generator == "Ninja":  # make removes the output of a command that failed
                    printed = (tree / "out.txt").read_text()
                    self.assertTrue(printed.startswith("to the file\nto the file, too\n"), printed)
                    self.assertNotIn("holdfast", printed)
                step, = self.customs(tree)
                self.assertEqual((step["outcome"], step["exit_code"]), ("timed_out", 3))
                self.assertGreaterEqual(step["wall_s"], 2)

    def test_an_interrupt_is_reported_as_one_and_ends_it(self):
        tree = self.hanging("")
        ninja = self.start("ninja", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        processes = self.announced(self.work / "tree.pids", 2)
        ninja.send_signal(signal.SIGINT)
        # ninja's exit code when it is interrupted: an older ninja's, and a newer one's.
        self.assertIn(ninja.wait(PATIENCE_S), (2, 130))
        self.assert_gone(processes)

    def test_a_killed_ninja_leaves_nothing_of_it(self):
        tree = self.hanging("")
        ninja = self.start("ninja", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        processes = self.announced(self.work / "tree.pids", 2)
        ninja.kill()
        ninja.wait()
        self.assert_gone(processes)

    def test_what_one_leaves_behind_is_told_outside_of_its_output(self):
        leaves = self.script("leaves.sh", '#!/bin/sh\nsleep 3600 </dev/null >/dev/null 2>&1 &\n'
                                          'echo $! >"@W@/left.pids"\necho made\n')
        tree = self.configure(FIND + "set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_STEPS ON)\n"
                              f"add_custom_command(OUTPUT out.txt COMMAND {leaves} > out.txt 2>&1)\n"
                              "add_custom_target(gen ALL DEPENDS out.txt)\n")
        done = self.build(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual((tree / "out.txt").read_text(), "made\n")
        self.assertEqual(done.text.count('holdfast: "custom out.txt" left 1 process behind, ended: sleep'), 1)
        left, = self.read_pids(self.work / "left.pids")
        wait_until(lambda: not (process(left) and is_alive(process(left))), "the end of what was left")

    def test_a_wrong_timeout_is_one_line(self):
        source = self.work / "wrong"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            HEAD + FIND + "set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_TIMEOUT soon)\n")
        made = self.finish(CMAKE, "-S", source, "-B", self.work / "wrong-build", f"-DCMAKE_PREFIX_PATH={STAGE}",
                           bound=BUILD_BOUND_S)
        self.assertNotEqual(made.returncode, 0)
        said = " ".join(made.stderr.decode().split())
        self.assertIn(f'HOLDFAST_CUSTOM_TIMEOUT of DIRECTORY {source} is "soon": expected a length of time '
                      "such as 90, 500ms or 2m", said)


class ConsoleTest(CustomCase, TerminalCase):
    """Ninja's console pool."""

    def test_a_command_that_uses_the_terminal_has_it_and_ctrl_c_ends_it(self):
        asks = self.script("asks.sh", ASKS)
        tree = self.configure(FIND + "set_property(DIRECTORY PROPERTY HOLDFAST_CUSTOM_STEPS ON)\n"
                              f"add_custom_target(asks ALL COMMAND {asks} USES_TERMINAL)\n")
        terminal = self.open("ninja", "-C", tree)
        terminal.expect("0 is a terminal\n1 is a terminal\n2 is a terminal\n")
        terminal.type("a word\n")
        terminal.expect("it was told a word\n")
        asking, = self.announced(self.work / "asks.pids")
        terminal.type("\x03")
        # ninja's exit code when it is interrupted: an older ninja's, and a newer one's.
        self.assertIn(terminal.wait(), (2, 130))
        self.assert_gone([asking])
        step, = wait_until(lambda: self.customs(tree), "the step's record")
        self.assertEqual(step["outcome"], "interrupted")


if __name__ == "__main__":
    unittest.main()
