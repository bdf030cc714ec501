"""stdin, stdout and stderr are what they would be without Holdfast. Projects compare whole outputs:
a test's output has not one byte of Holdfast's."""

import hashlib
import itertools
import os
import subprocess
import unittest

from support import PATIENCE_S, SUPERVISORS, ProjectCase, SystemCase, program


class StdioTest(SystemCase):
    def test_not_one_byte_of_ours_in_the_normal_case(self):
        for by in self.each_supervisor():
            for code in (0, 1):
                ended = self.finish(*self.supervised(program("exit_with"), code, by=by))
                self.assertEqual((ended.stdout, ended.stderr, ended.returncode), (b"", b"", code))

    def test_one_pipe_stays_one_in_order(self):
        begun = self.start(*self.supervised(program("mix_streams"), 2000), stdout=-1,
                           stderr=subprocess.STDOUT)
        out, _ = begun.communicate(timeout=PATIENCE_S)
        expected = "".join(f"{'out' if i % 2 == 0 else 'err'} {i}\n" for i in range(2000))
        self.assertEqual(out.decode(), expected)

    def test_two_stay_two_each_in_order(self):
        ended = self.finish(*self.supervised(program("mix_streams"), 2000))
        self.assertEqual(ended.stdout.decode(), "".join(f"out {i}\n" for i in range(0, 2000, 2)))
        self.assertEqual(ended.stderr.decode(), "".join(f"err {i}\n" for i in range(1, 2000, 2)))

    def test_closed_ones_stay_closed_and_no_line_of_ours_gets_into_a_lock(self):
        name = self.lock_name()
        script = f'ls /proc/$$/fd >"{self.work}/open"; exec "{program("linger")}" "{self.pid_file()}"'
        for by, closed in itertools.product(SUPERVISORS, ((0,), (1,), (2,), (1, 2), (0, 1, 2))):
            def close(numbers=closed):
                for number in numbers:
                    os.close(number)
            # It lives until its limit, so its stacks are shown before it is ended.
            begun = self.start(*self.supervised("sh", "-c", script, by=by, options=[
                "--lock", f"{name}@user", "--timeout", "500ms", "--grace", "0"]), preexec_fn=close)
            self.assertEqual(begun.wait(PATIENCE_S), 124)
            seen = (self.work / "open").read_text()
            alone = self.start("sh", "-c", script.replace("exec", "true"), preexec_fn=close)
            self.assertEqual(alone.wait(PATIENCE_S), 0)
            self.assertEqual(seen, (self.work / "open").read_text(), (by, closed))
            record = self.lock_file(name).read_bytes().rstrip(b"\0").splitlines()
            self.assertEqual((record[0], record[-2:]), (b"v=1", [b"test=sh", b"tree="]), (by, closed))

    def test_any_bytes_of_any_size_pass_both_ways(self):
        data = os.urandom(1 << 20) * 8
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised("cat", by=by), input=data)
            self.assertEqual(hashlib.sha256(ended.stdout).digest(), hashlib.sha256(data).digest())
            self.assertEqual((ended.stderr, ended.returncode), (b"", 0))

    def test_the_end_of_stdin_is_passed_on(self):
        ended = self.finish(*self.supervised("wc", "-c"), input=b"")
        self.assertEqual(ended.stdout.strip(), b"0")

    def test_stdin_is_the_same_open_file(self):
        file = self.work / "lines"
        file.write_text("one\ntwo\nthree\n")
        with open(file, "rb") as stream:
            words = " ".join(f'"{w}"' for w in self.supervised("head", "-c", "4"))
            ended = self.finish("sh", "-c", f"{words}; cat", stdin=stream)
        # The next reader gets what the test did not read.
        self.assertEqual(ended.stdout, b"one\ntwo\nthree\n")

    def test_a_reader_that_leaves_ends_the_test_by_sigpipe_as_the_bare_command(self):
        words = " ".join(f'"{w}"' for w in self.supervised("yes"))
        ended = self.finish("bash", "-c", f"{words} | head -1; echo ${{PIPESTATUS[0]}}")
        self.assertEqual(ended.stdout, b"y\n141\n")

    def test_closed_descriptors_stay_closed(self):
        for close in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            words = " ".join(f'"{w}"' for w in self.supervised(
                "sh", "-c", f'ls /proc/self/fd > "{self.work}/fds" 2>/dev/null; exit 3'))
            # ls itself opens two: its output and the directory. The others are the shell's.
            ended = self.finish("sh", "-c", f"{words} {close}")
            self.assertEqual(ended.returncode, 3, close)


class CtestTest(ProjectCase):
    def test_a_tests_output_under_ctest_is_what_it_is_without_us(self):
        for attached in (False, True):
            tree = self.project("""
add_test(NAME mixed COMMAND @P@/mix_streams 200)
add_test(NAME leak COMMAND @P@/leave_child ${CMAKE_CURRENT_BINARY_DIR}/x.pids 0 quiet)
add_test(NAME fails COMMAND sh -c "echo said; exit 3")
add_test(NAME silent COMMAND true)
""", attached=attached, build=f"build-{attached}")
            # ctest's own stderr has the line about the leak.
            ran = self.ctest(tree, "-V")
            out = [line for line in ran.stdout.decode().splitlines() if line[:3] in (
                "1: ", "2: ", "3: ", "4: ") and not line[3:].startswith(("Test ", "Working", " "))]
            if attached:
                self.assertEqual(out, plain)
                self.assertIn(b'"leak" left 1 process behind', ran.stderr)
                self.assertIn(str(self.work / "build-True"), ran.text)
            plain = [line for line in out if not line.startswith(("1: Environment", "2: Env"))]
        self.assertEqual(len(plain), 201)

    def test_the_environment_ctest_lists_is_the_only_place_that_names_us(self):
        tree = self.project('add_test(NAME says COMMAND sh -c "echo out; echo err >&2")')
        ran = self.ctest(tree, "-VV", stderr=subprocess.PIPE)
        log = (tree / "Testing/Temporary/LastTest.log").read_text()
        said = log.partition("Output:\n")[2].partition("<end of output>")[0].splitlines()[1:]
        self.assertEqual(said, ["out", "err"])
        self.assertEqual(ran.stderr, b"")


if __name__ == "__main__":
    unittest.main()
