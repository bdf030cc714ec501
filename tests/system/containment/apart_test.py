"""Tests that do not meet: a network of its own (netns), a /tmp of its own (tmp)."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from contained import NOBODY, Contained, own_cgroup, trouble_with
from needs import need
from processes import children_of
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, USER_DIRECTORY, ProjectCase, SystemCase, keepers_of, program,
                     wait_until)

# A test sees the sockets of the machine's displays in its own /tmp.
LS = "ls -A -I .X11-unix"

# Holds the port, or the name of an abstract socket, until the file `go` is there.
HOLD = """
import os, socket, sys, time
if sys.argv[1].isdigit():
    s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    if os.path.exists("/proc/net/if_inet6"):
        six = socket.create_server(("::1", int(sys.argv[1])), family=socket.AF_INET6)
        socket.create_connection(("::1", int(sys.argv[1]))).close()
else:
    s = socket.socket(socket.AF_UNIX)
    s.bind("\\0" + sys.argv[1])
open(sys.argv[2], "w").close()
until = time.monotonic() + 30
while not os.path.exists(sys.argv[3]) and time.monotonic() < until:
    time.sleep(0.01)
"""


class ApartCase(Contained, SystemCase):
    def alone(self, kind, words, *command, **how):
        return self.finish(*words, LAUNCHER, "--containment", kind, *how.pop("options", ()), "--", *command, **how)


class NetworkTest(ApartCase):
    def test_two_tests_have_the_same_port_and_the_same_abstract_socket(self):
        for words in self.each_user("netns"):
            for what in ("23456", f"holdfast-{os.getpid()}"):
                self.fresh()
                self.work.chmod(0o777)
                (self.work / "hold.py").write_text(HOLD)
                go = self.work / "go"
                begun = [self.start(*words, LAUNCHER, "--containment", "netns", "--", "python3",
                                    self.work / "hold.py", what, self.work / f"has{i}", go) for i in range(2)]
                wait_until(lambda: all((self.work / f"has{i}").exists() for i in range(2)), "both to have it")
                go.touch()
                self.assertEqual([one.wait(PATIENCE_S) for one in begun], [0, 0])

    def test_nothing_of_the_machines_network_is_there(self):
        for words in self.each_user("netns"):
            seen = self.alone("netns", words, "sh", "-c",
                              "ls /sys/class/net; tail -n +3 /proc/net/dev | cut -d: -f1; "
                              "ls -d /sys/devices/virtual/net/*; test -e /sys/kernel; cat /proc/self/mounts")
            self.assertEqual(seen.returncode, 0, seen.stderr)
            lines = seen.stdout.decode().splitlines()
            self.assertEqual(lines[:3], ["lo", "    lo", "/sys/devices/virtual/net/lo"])

    def test_what_is_mounted_below_sys_stays(self):
        outside = sorted(line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()
                         if line.split()[1].startswith("/sys/"))
        for words in self.each_user("netns"):
            seen = self.alone("netns", words, "cat", "/proc/self/mounts").stdout.decode()
            inside = [line.split()[1] for line in seen.splitlines() if line.split()[1].startswith("/sys/")]
            own = {"/sys/class/net", "/sys/devices/virtual/net"}
            self.assertEqual(sorted(one for one in inside if one not in own), outside)


class TmpTest(ApartCase):
    SHOW = f'for d in /tmp /var/tmp /dev/shm; do stat -c "%n %a %U" $d; {LS} $d; done'

    def test_its_directories_are_empty_and_anybody_may_write_there(self):
        for words in self.each_user("tmp"):
            seen = self.alone("tmp", words, "sh", "-c", self.SHOW)
            self.assertEqual(seen.returncode, 0, seen.stderr)
            user = subprocess.run([*words, "id", "-un"], check=True, capture_output=True).stdout.decode().strip()
            own = f"holdfast-{NOBODY if words else os.geteuid()}"
            self.assertEqual(seen.stdout.decode().splitlines(),
                             [f"/tmp 1777 {user}", own, f"/var/tmp 1777 {user}", f"/dev/shm 1777 {user}"])

    def assert_no_scratch_of(self, ran):
        scratch = ran.stdout.decode().strip()
        self.assertIn("/scratch/", scratch)
        self.assertFalse(os.path.lexists(scratch) or os.path.lexists(f"{scratch}.tmp"), scratch)

    def test_what_it_leaves_there_goes_when_it_passes_and_stays_when_it_fails(self):
        for words in self.each_user("tmp"):
            leave = "echo $HOLDFAST_TMPDIR; for d in /tmp /var/tmp /dev/shm; do mkdir $d/sub; echo $d > $d/sub/file; done; exit "
            passed = self.alone("tmp", words, "sh", "-c", leave + "0")
            self.assertEqual((passed.returncode, passed.stderr), (0, b""))
            self.assert_no_scratch_of(passed)
            failed = self.alone("tmp", words, "sh", "-c", leave + "3")
            self.assertEqual(failed.returncode, 3)
            kept = Path(re.fullmatch(r'holdfast: "sh": its scratch directory is kept: (\S+)\n',
                                     failed.stderr.decode())[1])
            tmp = (kept / ".tmp").resolve()
            self.assertEqual(tmp, Path(f"{kept}.tmp"))
            files = {str(one.relative_to(tmp)): one.read_text() for one in tmp.rglob("file")}
            self.assertEqual(files, {"tmp/sub/file": "/tmp\n", "var-tmp/sub/file": "/var/tmp\n",
                                     "dev-shm/sub/file": "/dev/shm\n"})
            subprocess.run(["rm", "-r", kept, tmp], check=True)
            empty = self.alone("tmp", words, "sh", "-c", "echo $HOLDFAST_TMPDIR; exit 3")
            self.assertEqual((empty.returncode, empty.stderr), (3, b""))
            self.assert_no_scratch_of(empty)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to make a file that nobody removes")
    def test_what_cannot_be_removed_does_not_meet_the_next_test(self):
        self.need("tmp")
        made = self.finish("sh", "-c", f"touch {self.work}/x && chattr +i {self.work}/x && chattr -i {self.work}/x")
        if made.returncode:
            self.skipTest("this file system has no chattr +i")
        kept = self.alone("tmp", [], "sh", "-c", "touch /tmp/x && chattr +i /tmp/x")
        self.assertEqual(kept.returncode, 0)
        path = re.search(r"is kept: .*?(/\S+/scratch/[0-9-]+)", kept.stderr.decode())[1]
        self.finish("chattr", "-i", f"{path}/.tmp/tmp/x")
        self.assertTrue(os.path.exists(f"{path}/.tmp/tmp/x"), kept.stderr)
        subprocess.run(["rm", "-r", path, f"{path}.tmp"], check=True)

    def test_what_it_needs_is_there(self):
        """Its program, its working directory, TMPDIR, the agent's socket, and what holdfast.toml names."""
        for words in self.each_user("tmp"):
            place = Path(subprocess.run(["mktemp", "-d", "/tmp/holdfast-test-apart-XXXXXX"], check=True,
                                        capture_output=True).stdout.decode().strip())
            self.addCleanup(subprocess.run, ["rm", "-rf", place], check=True)
            place.chmod(0o777)
            for one in ("bin", "here", "tmpdir", "agent", "named", "other"):
                (place / one).mkdir()
                (place / one).chmod(0o777)
            (place / "link").symlink_to(place / "named")
            tool = place / "bin/tool"
            tool.write_text("#!/bin/sh\nls " + str(place) + "; pwd; touch $TMPDIR/x link-is || exit 1; "
                            f"touch {place}/link/through; cat {place}/bin/beside\n")
            tool.chmod(0o755)
            (place / "bin/beside").write_text("beside\n")
            (place / "holdfast.toml").write_text(
                f'[profile.default]\ncontainment = "tmp"\npassthrough = ["{place}/link", "{place}/none"]\n')
            ran = self.finish(*words, HOLDFAST, "run", "--config", place / "holdfast.toml", "--", tool,
                              cwd=place / "here", env=self.environment(
                                  TMPDIR=str(place / "tmpdir"), SSH_AUTH_SOCK=str(place / "agent/sock")))
            self.assertEqual((ran.returncode, ran.stderr), (0, b""), ran.stdout)
            self.assertEqual(ran.stdout.decode().splitlines(),
                             ["agent", "bin", "here", "link", "named", "tmpdir", str(place / "here"), "beside"])
            self.assertEqual({str(p.relative_to(place)) for p in place.rglob("*") if p.is_file()},
                             {"bin/tool", "bin/beside", "holdfast.toml", "tmpdir/x", "here/link-is", "named/through"})

    def test_a_program_right_in_tmp_does_not_bring_tmp_along(self):
        tool = Path(f"/tmp/holdfast-test-tool-{os.getpid()}")
        tool.write_text(f"#!/bin/sh\n{LS} /tmp\n")
        tool.chmod(0o755)
        self.addCleanup(tool.unlink)
        seen = self.alone("tmp", [], tool)
        self.assertEqual((seen.returncode, seen.stderr), (0, b""))
        self.assertEqual(set(seen.stdout.decode().split()), {USER_DIRECTORY.name, tool.name})

    def test_a_program_is_found_by_any_path(self):
        place = Path(f"/tmp/holdfast-test-place-{os.getpid()}")
        self.addCleanup(subprocess.run, ["rm", "-rf", place], check=True)
        (place / "sub").mkdir(parents=True)
        for name in ("prog", "sub/prog"):
            (place / name).write_text("#!/bin/sh\nexit 7\n")
            (place / name).chmod(0o755)
        for where, word in ((place, "./prog"), (place, "sub/prog"), (place / "sub", "../prog"), ("/tmp", f"{place.name}/prog"),
                            ("/", f"/tmp//{place.name}/prog"), ("/", f"tmp/{place.name}/sub/../prog")):
            seen = self.alone("tmp", [], word, cwd=where)
            self.assertEqual((seen.returncode, seen.stderr), (7, b""), word)

    def test_a_tmpdir_that_the_settings_give_is_there(self):
        place = Path(f"/tmp/holdfast-test-tmpdir-{os.getpid()}")
        place.mkdir()
        self.addCleanup(subprocess.run, ["rm", "-rf", place], check=True)
        without = {name: value for name, value in self.environment().items() if name != "TMPDIR"}
        seen = self.alone("tmp", [], "sh", "-c", "touch $TMPDIR/x", options=["--default-env", f"TMPDIR={place}"],
                          env=without)
        self.assertEqual((seen.returncode, seen.stderr), (0, b""))
        self.assertTrue((place / "x").exists())

    def test_tmp_itself_is_never_passed_through(self):
        for tmpdir in ("/tmp", "/tmp/", "//tmp", "/tmp/.", "/var/../tmp/"):
            seen = self.alone("tmp", [], "sh", "-c", f"{LS} /tmp",
                              env=self.environment(TMPDIR=tmpdir, SSH_AUTH_SOCK="/tmp/sock"))
            self.assertEqual((seen.stdout.decode().split(), seen.stderr), ([USER_DIRECTORY.name], b""), tmpdir)

    def test_in_tmp_itself_it_starts_in_its_own(self):
        seen = self.alone("tmp", [], "sh", "-c", f"pwd; touch here; {LS} /tmp", cwd="/tmp")
        self.assertEqual(seen.stdout.decode().split(), ["/tmp", "here", USER_DIRECTORY.name])
        self.assertFalse(os.path.exists("/tmp/here"))

    def test_its_locks_are_those_outside(self):
        """Who is inside waits for who is outside, and the other way round."""
        for words in self.each_user("tmp"):
            inside = [*words, LAUNCHER, "--containment", "tmp", "--"]
            for holds, waits in (words, inside), (inside, words):
                self.fresh()
                self.work.chmod(0o777)
                name, has, go, done, log = self.lock_name(), *(self.work / one for one in ("has", "go", "done", "log"))
                run = [HOLDFAST, "run", "--lock", f"{name}@user", "--"]
                holder = self.start(*holds, *run, "sh", "-c",
                                    f"touch {has}; until test -e {go}; do sleep 0.02; done; touch {done}")
                wait_until(has.exists, "the holder")
                with open(log, "wb") as stream:
                    waiter = self.start(*waits, *run, "test", "-e", done, stderr=stream)
                wait_until(lambda log=log: b"waiting for lock" in log.read_bytes(), "the other to wait")
                go.touch()
                self.assertEqual([one.wait(PATIENCE_S) for one in (holder, waiter)], [0, 0])
                shutil.rmtree(f"/tmp/holdfast-{NOBODY if words else os.geteuid()}/locks/user/{name}")

    def test_what_lives_on_keeps_its_tmp(self):
        for words in self.each_user("tmp"):
            self.fresh()
            self.work.chmod(0o777)
            go = self.work / "go"
            stay = (f"(exec >/dev/null 2>&1 </dev/null; while ! test -e {go}; do sleep 0.05; done; "
                    f"cp /tmp/kept {self.work}/copied) & echo text > /tmp/kept")
            ran = self.alone("tmp", words, "sh", "-c", stay, options=["--on-leak", "ignore"])
            self.assertEqual(ran.returncode, 0, ran.stderr)
            kept = Path(re.search(r"is kept: (\S+)", ran.stderr.decode())[1])
            go.touch()
            wait_until(lambda: (self.work / "copied").exists() and (self.work / "copied").read_text(), "the copy")
            self.assertEqual((self.work / "copied").read_text(), "text\n")
            subprocess.run(["rm", "-rf", kept, f"{kept}.tmp"], check=True)


class RunTest(Contained, ProjectCase):
    def test_from_inside_the_runs_outside_are_seen(self):
        """The sockets of their keepers are below /tmp."""
        self.need("tmp")
        self.settings("tmp")
        other = self.project(f"add_test(NAME stays COMMAND @P@/linger {self.pid_file()})\n", "other", "other-build")
        tree = self.project(self.scripted_test("asks", "", f'exec "{HOLDFAST}" status --json > "{self.work}/said"'))
        begun = self.start(CTEST, cwd=other, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.read_pids(self.pid_file()), "the other run")
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        runs = {run["tree"]: [test["test"] for test in run["tests"]]
                for run in json.loads((self.work / "said").read_text())["runs"]}
        self.assertEqual((runs[str(tree)], runs[str(other)]), (["asks"], ["stays"]))
        begun.terminate()
        begun.wait(PATIENCE_S)
        self.assert_nothing_left()


class SweptTest(Contained, ProjectCase):
    """What ends with nobody to tidy up is removed by a later run, but never while it is in use."""

    def another_run(self, *before):
        tree = self.project("add_test(NAME t COMMAND true)\n")
        self.assertEqual(self.finish(*before, CTEST, cwd=tree).returncode, 0)
        wait_until(lambda: not keepers_of(self.work / "build"), "the keeper to end")

    def test_the_tmp_of_a_living_command_stays(self):
        self.need("tmp")
        go = self.work / "go"
        begun = self.start(LAUNCHER, "--containment", "tmp", "--scratch", "keep-failed", "--", "sh", "-c",
                           f'rm -r "$HOLDFAST_TMPDIR"; echo > /tmp/x; touch {self.work}/here; '
                           f"until test -e {go}; do sleep 0.02; done; test -e /tmp/x && touch /tmp/y")
        wait_until((self.work / "here").exists, "the command")
        self.another_run()
        go.touch()
        self.assertEqual(begun.wait(PATIENCE_S), 0)

    def test_the_tmp_of_what_a_killed_launcher_left_stays_until_it_ends(self):
        self.stays_until_it_ends()

    def test_it_stays_though_a_run_in_another_pid_namespace_does_not_see_who_uses_it(self):
        namespace = ["unshare", "--pid", "--fork", "--mount-proc"]
        need(self, [*namespace, "true"], "no PID namespace to be had")
        self.stays_until_it_ends(*namespace)

    def stays_until_it_ends(self, *before):
        self.need("tmp")
        go, tmp = self.work / "go", self.work / "tmp"
        begun = self.start(LAUNCHER, "--containment", "tmp", "--scratch", "keep-failed", "--", "sh", "-c",
                           f'trap "" HUP TERM; echo > /tmp/x; echo $HOLDFAST_TMPDIR.tmp > {tmp}; '
                           f"until test -e {go}; do sleep 0.02; done; test -e /tmp/x && touch {self.work}/fine")
        where = Path(wait_until(lambda: tmp.exists() and tmp.read_text().strip(), "the command"))
        for pid in (*children_of(begun.pid), begun.pid):
            os.kill(pid, signal.SIGKILL)
        begun.wait(PATIENCE_S)
        self.another_run(*before)
        go.touch()
        wait_until((self.work / "fine").exists, "the command to end well")
        self.assert_nothing_left()
        self.another_run()
        self.assertFalse(where.exists())

    def test_the_tmp_of_a_process_that_lived_on_goes_when_it_has_ended_and_left_no_file(self):
        self.need("tmp")
        go = self.work / "go"
        stay = f"(exec >/dev/null 2>&1 </dev/null; until test -e {go}; do sleep 0.02; done) & "
        places = {}
        for what in ("mkdir /tmp/sub", "touch /tmp/empty", "ln -s nowhere /tmp/link"):
            ran = self.finish(LAUNCHER, "--containment", "tmp", "--on-leak", "ignore", "--", "sh", "-c", stay + what)
            places[what] = Path(re.search(r"is kept: (\S+)", ran.stderr.decode())[1])
            self.addCleanup(subprocess.run, ["rm", "-rf", places[what], f"{places[what]}.tmp"], check=True)
        self.another_run()
        for what, kept in places.items():
            self.assertTrue(os.path.lexists(kept / ".tmp/tmp" / what.rpartition("/")[2]), what)
        go.touch()
        self.assert_nothing_left()
        self.another_run()
        kept = places.pop("mkdir /tmp/sub")
        self.assertFalse(os.path.lexists(kept) or os.path.lexists(f"{kept}.tmp"), kept)
        for what, kept in places.items():
            self.assertTrue(os.path.lexists(kept / ".tmp/tmp" / what.rpartition("/")[2]), what)


class KeptTest(Contained, ProjectCase):
    """What stays of a test's /tmp when its run is over."""

    def kept_tmps(self, tree):
        """{test: its /tmp}, of the attempts that name a scratch directory."""
        ended = self.records(self.runs(tree)[-1], "attempt_ended")
        return {r["test"]: Path(r["scratch"]) / ".tmp/tmp" for r in ended if "scratch" in r}

    def test_empty_files_stay_too(self):
        self.need("tmp")
        self.settings("tmp")
        tree = self.project('add_test(NAME t COMMAND sh -c "touch /tmp/app.lock; mkdir /tmp/empty; exit 1")\n')
        self.assertEqual(self.ctest(tree).returncode, 8)
        self.assert_nothing_left()
        left = set(os.listdir(self.kept_tmps(tree)["t"]))
        self.assertEqual(left - {USER_DIRECTORY.name, ".X11-unix"}, {"app.lock", "empty"})

    def test_what_lives_on_after_the_run_keeps_it(self):
        self.need("tmp")
        self.settings("tmp", more='on-leak = "ignore"\n')
        go, done = self.work / "go", self.work / "done"
        stay = (f"exec >/dev/null 2>&1 </dev/null 3>&- 9>&-; while ! test -e {go}; do sleep 0.02; done; "
                f"touch /tmp/late && ls -d {self.work}/build > /tmp/late && cp /tmp/late {done}.new && mv {done}.new {done}")
        tree = self.project(self.scripted_test("t", "", f"({stay}) &\nexit 0"))
        self.assertEqual(self.ctest(tree).returncode, 0)
        wait_until(lambda: not keepers_of(tree), "the keeper to end")
        go.touch()
        wait_until(done.exists, "the process to find its /tmp and the tree")

    def test_without_room_for_the_link_it_goes_to_no_other_test(self):
        self.need("tmp")
        self.settings("tmp")
        tree = self.project(self.scripted_test("a", "", "rm -r $HOLDFAST_TMPDIR; echo a > /tmp/a; exit 1")
                            + self.scripted_test("b", "DEPENDS a", "test ! -e /tmp/a && echo b > /tmp/b; exit 1"))
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 8)
        self.assertIn("/.tmp, a link to ", ran.text)
        kept = self.kept_tmps(tree)
        self.assertEqual(Path(f"{kept['a'].parent.parent}.tmp/tmp/a").read_text(), "a\n")
        self.assertEqual((kept["b"] / "b").read_text(), "b\n")


class MissingTest(Contained, ProjectCase):
    """If the machine does not allow it, tests run without, or not at all: as containment-missing says."""

    def without(self, what="net"):
        forbid = f'echo 0 >/proc/sys/user/max_{what}_namespaces && exec "$@"'
        words = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", forbid, "sh"]
        if self.finish(*words, "true").returncode:
            self.skipTest("needs a user namespace, to forbid network namespaces in it")
        return words

    def test_it_is_said_and_it_runs(self):
        ended = self.finish(*self.without(), LAUNCHER, "--containment", "tmp,netns", "--", program("exit_with"), 3)
        self.assertEqual(ended.returncode, 3)
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(b'ignoring containment = "netns,tmp": failed to make namespaces: ', ended.stderr)

    def test_it_does_not_run_if_that_is_to_fail(self):
        ran = self.work / "ran"
        ended = self.finish(*self.without(), LAUNCHER, "--containment", "netns", "--containment-missing", "fail",
                            "--", "touch", ran)
        self.assertEqual(ended.returncode, 125)
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(b'not allowed here: containment = "netns": failed to make namespaces: ', ended.stderr)
        self.assertFalse(ran.exists())

    @unittest.skipUnless(shutil.which("strace"), "strace makes pidfd_open(2) fail")
    def test_what_cannot_watch_processes_does_not_run_it_without(self):
        for missing, code, text in (("warn", 3, b"running the command by itself"),
                                    ("fail", 125, b"the command is not run without its containment")):
            ended = self.finish("strace", "-qq", "-o", "/dev/null", "-e", "inject=pidfd_open:error=ENOSYS", LAUNCHER,
                                "--containment", "netns", "--containment-missing", missing, "--", program("exit_with"), 3)
            if ended.returncode == 1 and b"ptrace" in ended.stderr.lower():
                self.skipTest("strace may not trace here")
            self.assertEqual(ended.returncode, code, ended.stderr)
            self.assertIn(text, ended.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, for a cgroup that nobody enters")
    def test_a_cgroup_that_it_cannot_enter_is_missing_too(self):
        self.need("cgroup")
        place = own_cgroup() / f"holdfast-test-{os.getpid()}"
        inside = f'mkdir {place} && echo $$ > {place}/cgroup.procs && mkdir {place}/x && echo threaded > {place}/x/cgroup.type'
        self.addCleanup(subprocess.run, ["sh", "-c", f"rmdir {place}/x; rmdir {place}"], stderr=subprocess.DEVNULL, check=False)
        for missing, code in (("warn", 3), ("fail", 125)):
            ended = self.finish("sh", "-c", f'{inside} && "$@"; code=$?; echo $$ > {place.parent}/cgroup.procs; '
                                f"rmdir {place}/x {place}; exit $code", "sh", LAUNCHER, "--containment", "cgroup",
                                "--containment-missing", missing, "--", program("exit_with"), 3)
            if b"exit_with" in ended.stderr or ended.returncode not in (3, 125):
                self.skipTest(f"no threaded cgroups here: {ended.stderr}")
            self.assertEqual(ended.returncode, code, ended.stderr)
            self.assertIn(b'containment = "cgroup": failed to put a test into its cgroup: ', ended.stderr)

    def test_in_a_run_it_is_said_once_or_every_test_fails(self):
        for missing in ("warn", "fail"):
            self.fresh()
            self.settings("netns", more=f'containment-missing = "{missing}"\n')
            tree = self.project("foreach(i RANGE 4)\nadd_test(NAME t${i} COMMAND @P@/exit_with 0)\nendforeach()\n")
            ran = self.finish(*self.without(), CTEST, cwd=tree, stderr=subprocess.STDOUT)
            if missing == "warn":
                self.assertEqual(ran.returncode, 0, ran.stdout)
                self.assertEqual(ran.stdout.count(b"ignoring containment"), 1, ran.stdout)
            else:
                self.assertEqual(ran.returncode, 8, ran.stdout)
                outcomes = [r["outcome"] for r in self.records(self.runs(tree)[-1], "attempt_ended")]
                self.assertEqual(outcomes, ["internal_error"] * 5)


class SuiteTest(Contained, ProjectCase):
    """A suite that fights over a port and over names in /tmp, with ctest -j."""

    TESTS = """
foreach(i RANGE 11)
  add_test(NAME port${i} COMMAND python3 -c "import socket, time
s = socket.create_server(('127.0.0.1', 23457)); time.sleep(0.2)")
  add_test(NAME file${i} COMMAND sh -c "mkdir /tmp/@NAME@ && sleep 0.2 && rmdir /tmp/@NAME@")
endforeach()
"""

    def suite(self):
        name = f"holdfast-test-fixed-{os.getpid()}"
        self.addCleanup(subprocess.run, ["rm", "-rf", f"/tmp/{name}"], check=True)
        return self.project(self.TESTS.replace("@NAME@", name))

    def test_it_is_red_without_and_green_with(self):
        self.need("netns,tmp")
        red = self.ctest(self.suite(), "-j8")
        self.assertEqual(red.returncode, 8, red.text)
        self.settings("netns,tmp")
        for _ in range(3):
            green = self.ctest(self.work / "build", "-j8")
            self.assertEqual(green.returncode, 0, green.text)

    def test_a_property_does_it_too(self):
        self.need("netns,tmp")
        source = self.TESTS.replace("endforeach", "  set_tests_properties(port${i} file${i} PROPERTIES "
                                                  'HOLDFAST_CONTAINMENT "netns;tmp")\nendforeach')
        name = f"holdfast-test-fixed-{os.getpid()}"
        tree = self.project(source.replace("@NAME@", name))
        green = self.ctest(tree, "-j8")
        self.assertEqual(green.returncode, 0, green.text)

    def test_a_containment_that_is_none_is_refused(self):
        tree = self.project('add_test(NAME t COMMAND true)\n'
                            'set_tests_properties(t PROPERTIES HOLDFAST_CONTAINMENT "netns,jail")\n')
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 8, ran.text)
        self.assertIn('HOLDFAST_CONTAINMENT "jail": expected none, or some of cgroup, pidns, netns and tmp',
                      ran.text.replace("netns,jail", "jail"))

    def test_a_failed_test_names_its_tmp_in_every_report(self):
        self.need("tmp")
        self.settings("tmp")
        tree = self.project('add_test(NAME t COMMAND sh -c "echo x > /tmp/left; exit 1")\n')
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 8)
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual((Path(ended["scratch"]) / ".tmp/tmp/left").read_text(), "x\n")
        for form in ("text", "json", "junit", "html"):
            report = self.finish(HOLDFAST, "report", "--format", form, cwd=tree)
            self.assertIn(ended["scratch"].encode(), report.stdout, form)


if __name__ == "__main__":
    unittest.main()
