"""The test sees the same surroundings as it would without Holdfast.

ctest gives a test its own session, process group and terminal, and whatever descriptors it has."""

import json
import os
import re
import resource
import signal
import unittest

from support import (INSIDE, LAUNCHER, SUPERVISORS, PROGRAMS, ProjectCase, SystemCase, not_inside, program)


# Variables that Holdfast sets if the user has not.
DIAGNOSTICS = ("PYTHONFAULTHANDLER=", "RUST_BACKTRACE=", "UBSAN_OPTIONS=")
# All variables that Holdfast promises to set; it must set no others.
OURS = {"HOLDFAST_TEST_NAME", "HOLDFAST_ATTEMPT", "HOLDFAST_ATTEMPT_ID", "HOLDFAST_RUN_ID",
        "HOLDFAST_TMPDIR", "HOLDFAST_MARKER_DIR", "HOLDFAST_HELD"}


def not_ours(env):
    return [e for e in env if not e.startswith(("HOLDFAST_", *DIAGNOSTICS))]


def limits(text):
    # The soft limit of file locks, which the kernel does not use, is the attempt's tag.
    return [line for line in text.splitlines() if not line.startswith("Max file locks")]


def shown(ended):
    seen = json.loads(ended.stdout)
    seen["limits"] = limits(seen["limits"])
    # These differ from process to process; SigQ counts the signals of all of the user's processes.
    for key in ("pid", "ppid", "SigQ"):
        seen.pop(key)
    if "pidns" in INSIDE.split(","):
        # They are outside of its namespace, so both are 0 there.
        for key in ("pgid", "sid"):
            seen.pop(key)
    return seen


class EnvironmentTest(SystemCase):
    def both(self, *arguments, **how):
        """What show_self sees without Holdfast, and by each supervisor."""
        bare = self.finish(program("show_self"), *arguments, **how)
        seen = [shown(bare)]
        for words in SUPERVISORS.values():
            ended = self.finish(*words, "--", program("show_self"), *arguments, **how)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""))
            seen.append(shown(ended))
        return seen

    def assert_the_same(self, *arguments, **how):
        bare, *others = self.both(*arguments, **how)
        for other in others:
            env = not_ours(other.pop("env"))
            own = not_ours(bare["env"])
            self.assertEqual(env, own)
            self.assertEqual({**other, "env": own, "fds": self.plain(other)},
                             {**bare, "env": own, "fds": self.plain(bare)})
        return bare

    @staticmethod
    def plain(seen):
        # Each start has pipes of its own, which differ only in their numbers.
        return {fd: target.split(":")[0] for fd, target in seen["fds"].items()}

    def test_nothing_else_than_the_environment_differs(self):
        self.assert_the_same()

    def test_arguments_arrive_unchanged(self):
        odd = ["", " leading", "trailing ", "a;b", "[[ ]]", "]==]", "$HOME", "`id`", '"', "'", "\\",
               "end\\", "new\nline", "\t", "--", "--help", "-x", "=", "é", "\x01", "*", "a" * 100_000]
        bare, *others = self.both(*odd)
        for other in others:
            self.assertEqual(other["argv"], bare["argv"])

    def test_variables_are_these_and_no_others(self):
        ended = self.finish(LAUNCHER, "--name", "the name", "--", program("show_self"), env=self.environment(
            HOLDFAST_ATTACH_NOT="1", HOLDFAST_P_TIMEOUT="9", HOLDFAST_PROFILE="ci", EMPTY="", ODD="a=b\n"))
        env = json.loads(ended.stdout)["env"]
        ours = {e.partition("=")[0] for e in env if e.startswith("HOLDFAST_")}
        self.assertLessEqual(ours, OURS | {"HOLDFAST_PROFILE"})
        self.assertLessEqual({"HOLDFAST_ATTEMPT", "HOLDFAST_ATTEMPT_ID", "HOLDFAST_PROFILE",
                              "HOLDFAST_RUN_ID", "HOLDFAST_TEST_NAME"}, ours)
        self.assertIn("HOLDFAST_TEST_NAME=the name", env)
        self.assertIn("HOLDFAST_ATTEMPT=1", env)
        self.assertIn("EMPTY=", env)
        self.assertIn("ODD=a=b\n", env)

    def test_blocked_and_ignored_signals_stay_so(self):
        def odd():
            for number in (signal.SIGUSR1, signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGUSR2, signal.SIGCHLD])
        seen = self.assert_the_same(preexec_fn=odd, restore_signals=False)
        ignored = int(seen["SigIgn"], 16)
        for number in (signal.SIGUSR1, signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE):
            self.assertTrue(ignored >> (number - 1) & 1)

    def test_they_stay_so_for_a_test_that_holdfast_exec_has_taken_over(self):
        def odd():
            for number in (signal.SIGUSR1, signal.SIGCHLD, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGUSR2, signal.SIGCHLD])
        show = ["grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"]
        bare = self.finish(*show, preexec_fn=odd, restore_signals=False)
        self.assertEqual(bare.stdout.count(b"\n"), 2)
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(*show, by=by, options=["--retry", "any=1"]), preexec_fn=odd,
                                restore_signals=False)
            self.assertEqual(ended.stdout, bare.stdout, ended.stderr)

    def test_an_ignored_sigchld_or_blocked_sigalrm_breaks_neither_waiting_nor_timeouts(self):
        def odd():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("exit_with"), 7, by=by), preexec_fn=odd)
            self.assertEqual(ended.returncode, 7)
            ended = self.finish(*self.supervised(program("linger"), self.pid_file(), by=by, options=[
                "--timeout", "200ms", "--grace", "200ms"]), preexec_fn=odd)
            self.assertEqual(ended.returncode, 124)

    def test_limits_priority_umask_and_affinity_are_the_callers(self):
        def odd():
            os.nice(3)
            os.umask(0o027)
            os.sched_setaffinity(0, {0})
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
            resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 8 << 20))
        self.assert_the_same(preexec_fn=odd)

    def test_inherited_descriptors_pass_and_none_of_ours_does(self):
        read, write = os.pipe()
        try:
            bare, *others = self.both(pass_fds=(read, write))
            for other in others:
                self.assertEqual(sorted(other["fds"]), sorted(bare["fds"]))
                self.assertEqual(other["fds"][str(write)], bare["fds"][str(write)])
        finally:
            os.close(read)
            os.close(write)

    def test_a_thousand_inherited_descriptors_pass(self):
        fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(1000)]
        try:
            for by in self.each_supervisor():
                ended = self.finish(*self.supervised(program("show_self"), by=by), pass_fds=fds)
                self.assertEqual((ended.returncode, ended.stderr), (0, b""))
                self.assertLessEqual({str(fd) for fd in fds}, set(json.loads(ended.stdout)["fds"]))
        finally:
            for fd in fds:
                os.close(fd)

    @not_inside("cgroup,pidns,netns,tmp", "a containment needs descriptors of its own")
    def test_a_low_limit_of_open_files_is_enough(self):
        def low():
            resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
        name = self.lock_name()
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("exit_with"), 3, options=["--lock", name], by=by),
                                preexec_fn=low)
            self.assertEqual((ended.returncode, ended.stderr), (3, b""))

    def test_a_deleted_working_directory_is_no_trouble(self):
        gone = self.work / "gone"
        for by in self.each_supervisor():
            gone.mkdir()
            words = " ".join(f'"{w}"' for w in self.supervised(program("exit_with"), 4, by=by))
            ended = self.finish("sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec {words}')
            self.assertEqual((ended.returncode, ended.stderr), (4, b""))

    @not_inside("pidns", "these are outside of its namespace")
    def test_a_session_leaders_child_stays_in_group_and_session(self):
        ended = self.finish(LAUNCHER, "--", program("show_self"), start_new_session=True)
        seen = json.loads(ended.stdout)
        self.assertEqual((seen["pgid"], seen["sid"]), (self.begun[-1].pid,) * 2)
        self.assertNotEqual(seen["pid"], seen["pgid"])

    def test_setsid_is_as_red_as_without_us(self):
        for command, code in ((["setsid", "false"], 1), (["setsid", "true"], 0)):
            self.assertEqual(self.finish(*self.supervised(*command)).returncode, code)
        python = "import os; os.setsid()"
        self.assertEqual(self.finish(*self.supervised("python3", "-c", python)).returncode, 0)


class CtestTest(ProjectCase):
    PROPERTIES = """
set_tests_properties(show PROPERTIES
  ENVIRONMENT "A=1;B=two words"
  ENVIRONMENT_MODIFICATION "C=set:3;PATH=path_list_append:/odd;B=string_append:!"
  WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/dir
  PROCESSORS 1 PROCESSOR_AFFINITY ON
  RESOURCE_GROUPS "2,gpus:1")
"""

    def test_properties_reach_the_test_as_without_us(self):
        spec = self.work / "resources.json"
        spec.write_text(json.dumps({"version": {"major": 1, "minor": 0}, "local": [
            {"gpus": [{"id": "0", "slots": 1}, {"id": "1", "slots": 1}]}]}))
        seen = {}
        for attached in (False, True):
            tree = self.project(
                "file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/dir)\n"
                f"add_test(NAME show COMMAND sh -c \"{PROGRAMS}/show_self 'x y' '' ';' > "
                "${CMAKE_CURRENT_BINARY_DIR}/seen\")\n" + self.PROPERTIES,
                attached=attached, build=f"b{int(attached)}")
            ran = self.ctest(tree, "--resource-spec-file", spec)
            self.assertEqual(ran.returncode, 0, ran.text)
            text = (tree / "seen").read_text().replace(str(tree), "TREE")
            one = json.loads(text)
            for key in ("pid", "ppid", "pgid", "sid", "SigQ"):
                one.pop(key)
            one["env"] = sorted(not_ours(one["env"]))
            one["limits"] = limits(one["limits"])
            # From 4.3 on, the name of ctest's log has random digits.
            one["fds"] = {fd: re.sub(r"\.tmp[0-9a-f]+$", ".tmp", target.split(":")[0])
                          for fd, target in one["fds"].items()}
            seen[attached] = one
        self.assertEqual(seen[True], seen[False])
        self.assertIn("CTEST_RESOURCE_GROUP_COUNT=2", seen[True]["env"])
        self.assertIn("B=two words!", seen[True]["env"])

    @not_inside("pidns", "these are outside of its namespace")
    def test_the_test_is_in_ctests_group_and_session(self):
        tree = self.project("add_test(NAME show COMMAND sh -c \"@P@/show_self > seen\")\n")
        self.ctest(tree, start_new_session=True)
        seen = json.loads((tree / "seen").read_text())
        self.assertEqual((seen["pgid"], seen["sid"]), (self.begun[-1].pid,) * 2)

    def test_names_and_arguments_with_odd_characters(self):
        tree = self.project("""
add_test(NAME [==[ name "with" [[odd]] $things ]==] COMMAND @P@/show_self "" "a;b" "[[" "]]" [=[end\\]=] "$x" "
")
""")
        ran = self.ctest(tree, "-V")
        self.assertEqual(ran.returncode, 0, ran.text)
        line = next(text for text in ran.text.splitlines() if text.startswith('1: {"argv"'))
        seen = json.loads(line[3:])
        self.assertEqual(seen["argv"][1:], ["", "a;b", "[[", "]]", "end\\", "$x", "\n"])
        self.assertIn('HOLDFAST_TEST_NAME= name "with" [[odd]] $things ', seen["env"])


if __name__ == "__main__":
    unittest.main()
