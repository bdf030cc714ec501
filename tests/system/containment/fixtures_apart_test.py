"""Tests that fixtures connect share their containment."""

import os
import signal
import subprocess
import unittest
from pathlib import Path

from contained import Contained
from processes import children_of
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, ProjectCase, keepers_of, program, verdicts, wait_until)


class FixturesTest(Contained, ProjectCase):
    """Tests that fixtures connect share their network and their /tmp."""

    # Two sets with the same port and the same file, each with a server that its set-up leaves.
    TESTS = """
foreach(set IN ITEMS a b)
  add_test(NAME ${set}.start COMMAND sh -c "echo ${set} > /tmp/which; exec 3>&-; \
python3 @SERVER@ 23458 ${set} & until test -e /tmp/up; do sleep 0.02; done")
  add_test(NAME ${set}.use1 COMMAND python3 @ASK@ 23458 ${set})
  add_test(NAME ${set}.use2 COMMAND python3 @ASK@ 23458 ${set})
  add_test(NAME ${set}.stop COMMAND python3 @ASK@ 23458 ${set})
  set_tests_properties(${set}.start PROPERTIES FIXTURES_SETUP ${set})
  set_tests_properties(${set}.use1 ${set}.use2 PROPERTIES FIXTURES_REQUIRED ${set})
  set_tests_properties(${set}.stop PROPERTIES FIXTURES_CLEANUP ${set})
endforeach()
add_test(NAME apart COMMAND sh -c "! test -e /tmp/which")
set_tests_properties(apart PROPERTIES DEPENDS a.start)
"""
    SERVER = """
import os, socket, sys
devnull = os.open(os.devnull, os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(devnull, fd)
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open("/tmp/up", "w").close()
while True:
    c, _ = s.accept()
    c.sendall(sys.argv[2].encode())
    c.close()
"""
    ASK = """
import socket, sys
answer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10).recv(9).decode()
sys.exit(answer != sys.argv[2] or open("/tmp/which").read().strip() != sys.argv[2])
"""

    def suite(self, more="", tests=None):
        for name, text in (("server.py", self.SERVER), ("ask.py", self.ASK)):
            (self.work / name).write_text(text)
        text = (tests or self.TESTS).replace("@SERVER@", str(self.work / "server.py"))
        return self.project(text.replace("@ASK@", str(self.work / "ask.py")) + more)

    def test_sets_do_not_meet_and_members_do(self):
        for kind in ("netns,tmp", "cgroup,pidns,netns,tmp"):
            for words in self.each_user(kind):
                self.fresh()
                self.settings(kind)
                tree = self.suite()
                if words:
                    self.finish("chown", "-R", "nobody", self.work)
                for arguments in (["-j1"], ["-j8"], ["-j8", "-R", "use1"]):
                    ran = self.finish(*words, CTEST, *arguments, cwd=tree, stderr=subprocess.STDOUT)
                    self.assertEqual(ran.returncode, 0, f"{kind}: {ran.stdout}")
                    self.assertNotIn(b"ignoring containment", ran.stdout, kind)
                    self.assert_nothing_left()
                self.assertEqual(list((tree / ".holdfast").glob("fixtures-*")), [])
                self.assertEqual(list((tree / ".holdfast/runs").glob("*/scratch/*")), [])

    def test_a_property_connects_tests_that_ctest_has_read_before_too(self):
        self.need("netns,tmp")
        names = " ".join(f"{s}.{t}" for s in "ab" for t in ("start", "use1", "use2", "stop"))
        tree = self.suite(f'set_tests_properties({names} apart PROPERTIES HOLDFAST_CONTAINMENT "netns,tmp")\n')
        ran = self.ctest(tree, "-j8")
        self.assertEqual(ran.returncode, 0, ran.text)

    def test_a_test_with_two_fixtures_connects_their_sets(self):
        self.need("netns,tmp")
        self.settings("netns,tmp")
        tree = self.suite(tests="""
add_test(NAME one COMMAND sh -c "echo 1 > /tmp/one")
add_test(NAME two COMMAND sh -c "echo 2 > /tmp/two")
add_test(NAME both COMMAND sh -c "cat /tmp/one /tmp/two")
set_tests_properties(one PROPERTIES FIXTURES_SETUP one)
set_tests_properties(two PROPERTIES FIXTURES_SETUP two)
set_tests_properties(both PROPERTIES FIXTURES_REQUIRED "one;two")
""")
        ran = self.ctest(tree, "-j8")
        self.assertEqual(ran.returncode, 0, ran.text)

    def test_a_clean_up_of_one_fixture_leaves_the_others_alone(self):
        """The set has a clean-up, and a server that no test stops."""
        self.need("netns,tmp")
        self.settings("netns,tmp")
        tree = self.suite(tests="""
add_test(NAME a.start COMMAND true)
add_test(NAME a.stop COMMAND true)
add_test(NAME b.start COMMAND sh -c "echo b > /tmp/which; exec 3>&-; \
python3 @SERVER@ 23458 b & until test -e /tmp/up; do sleep 0.02; done")
add_test(NAME both COMMAND python3 @ASK@ 23458 b)
add_test(NAME late COMMAND python3 @ASK@ 23458 b)
set_tests_properties(a.start PROPERTIES FIXTURES_SETUP a)
set_tests_properties(a.stop PROPERTIES FIXTURES_CLEANUP a)
set_tests_properties(b.start PROPERTIES FIXTURES_SETUP b)
set_tests_properties(both PROPERTIES FIXTURES_REQUIRED "a;b")
set_tests_properties(late PROPERTIES FIXTURES_REQUIRED b DEPENDS a.stop)
""")
        ran = self.ctest(tree, "-j4")
        self.assertEqual(ran.returncode, 0, ran.text)

    def test_a_retry_keeps_it(self):
        self.need("netns,tmp")
        self.settings("netns,tmp")
        tree = self.suite(tests="""
add_test(NAME start COMMAND sh -c "echo 1 > /tmp/which; exec 3>&-; \
python3 @SERVER@ 23458 1 & until test -e /tmp/up; do sleep 0.02; done")
add_test(NAME use COMMAND sh -c "mkdir /tmp/first && exit 1; python3 @ASK@ 23458 1")
set_tests_properties(start PROPERTIES FIXTURES_SETUP f)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED f HOLDFAST_RETRY any=1)
""")
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertEqual(len(self.records(self.runs(tree)[-1], "attempt_ended")), 3)

    def test_a_red_member_names_the_tmp_of_its_set(self):
        self.need("tmp")
        self.settings("tmp")
        tree = self.suite(tests="""
add_test(NAME start COMMAND sh -c "echo 1 > /tmp/one")
add_test(NAME use COMMAND sh -c "echo 2 > /tmp/two; exit 1")
set_tests_properties(start PROPERTIES FIXTURES_SETUP f)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED f)
""")
        self.assertEqual(self.ctest(tree).returncode, 8)
        red, = [r for r in self.records(self.runs(tree)[-1], "attempt_ended") if r["outcome"] == "failed"]
        tmp = Path(red["scratch"]) / ".tmp/tmp"
        self.assertEqual([(tmp / one).read_text() for one in ("one", "two")], ["1\n", "2\n"])

    # `use` has the properties @HOW@ and leaves a file.
    ONE_SET = """
add_test(NAME start COMMAND sh -c "echo 1 > /tmp/one")
add_test(NAME use COMMAND sh -c "echo 2 > /tmp/two; @COMMAND@")
set_tests_properties(start PROPERTIES FIXTURES_SETUP f)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED f @HOW@)
"""

    def test_its_tmp_stays_as_the_settings_say(self):
        self.need("tmp")
        for scratch, how, command, stays in (("keep-failed", "WILL_FAIL ON", "exit 1", True),
                                             ("keep-failed", "HOLDFAST_RETRY any=1", "mkdir /tmp/once && exit 1; exit 0", True),
                                             ("keep-failed", "", "exit 0", False),
                                             ("remove", "", "exit 1", False), ("keep", "", "exit 0", True)):
            with self.subTest(scratch=scratch, command=command):
                self.fresh()
                self.settings("tmp", more=f'scratch = "{scratch}"\n')
                tree = self.suite(tests=self.ONE_SET.replace("@HOW@", how).replace("@COMMAND@", command))
                self.ctest(tree)
                self.assert_nothing_left()
                ended = self.records(self.runs(tree)[-1], "attempt_ended")
                links = [Path(r["scratch"]) / ".tmp/tmp/two" for r in ended if r["test"] == "use" and "scratch" in r]
                self.assertEqual([link.read_text() for link in links[:1]], ["2\n"] if stays else [])
                directories = list((tree / ".holdfast/runs").glob("*/scratch/fixtures-*"))
                self.assertEqual(len(directories), stays)

    def test_its_tmp_stays_if_a_launcher_is_killed(self):
        self.need("tmp")
        waits = f"echo > {self.work}/here; while true; do sleep 0.02; done"
        for guard_too in (True, False):
            with self.subTest(guard_too=guard_too):
                self.fresh()
                self.settings("tmp")
                tree = self.suite(tests=self.ONE_SET.replace("@HOW@", "").replace("@COMMAND@", waits))
                ctest = self.start(CTEST, cwd=tree)
                wait_until((self.work / "here").exists, "the test")
                launcher, = children_of(ctest.pid)
                for pid in (*(children_of(launcher) if guard_too else ()), launcher):
                    os.kill(pid, signal.SIGKILL)
                ctest.wait(PATIENCE_S)
                self.assert_nothing_left()
                kept, = (tree / ".holdfast/runs").glob("*/scratch/fixtures-*")
                self.assertEqual((kept / "tmp/two").read_text(), "2\n")

    def test_without_the_keeper_that_has_its_network_a_test_does_not_run(self):
        """The keeper is killed while the test waits for a lock."""
        self.need("netns,tmp")
        self.settings("netns,tmp")
        name = self.lock_name()
        tree = self.suite(tests=self.ONE_SET.replace("@HOW@", f"HOLDFAST_LOCKS {name}@user").replace("@COMMAND@", "exit 0"))
        holder = self.start(LAUNCHER, "--lock", f"{name}@user", "--", "sh", "-c",
                            f"touch {self.work}/held; until test -e {self.work}/go; do sleep 0.02; done")
        wait_until((self.work / "held").exists, "the lock")
        ctest = self.start(CTEST, "-V", cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until(lambda: b'"use" (pid' in self.finish(HOLDFAST, "locks").stdout, "the test to wait")
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        (self.work / "go").touch()
        out, _ = ctest.communicate(timeout=PATIENCE_S)
        self.assertEqual(holder.wait(PATIENCE_S), 0)
        self.assertIn(b'"use": the network that it shares is lost: ', out)
        self.assertEqual(ctest.returncode, 8)

    def test_without_any_keeper_it_does_not_run_either(self):
        """The keeper is killed between two tests."""
        self.need("netns,tmp")
        for missing, expected in (("warn", {"start": "Passed", "plain": "Passed", "use": "Subprocess aborted***Exception:"}),
                                  ("fail", {"start": "Passed", "plain": "Subprocess aborted***Exception:",
                                            "use": "Subprocess aborted***Exception:"})):
            with self.subTest(missing):
                self.fresh()
                self.settings("netns,tmp", more=f'containment-missing = "{missing}"\n')
                wait = f"touch {self.work}/here; until test -e {self.work}/go; do sleep 0.02; done"
                tree = self.suite(tests=self.ONE_SET.replace("@HOW@", "").replace("@COMMAND@", "exit 0").replace(
                    "echo 1 > /tmp/one", wait), more="add_test(NAME plain COMMAND true)\n"
                    "set_tests_properties(plain PROPERTIES DEPENDS start)\n")
                ctest = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                wait_until((self.work / "here").exists, "the set-up")
                keeper, = keepers_of(tree)
                os.kill(keeper.pid, signal.SIGKILL)
                (self.work / "go").touch()
                out, _ = ctest.communicate(timeout=PATIENCE_S)
                self.assertEqual(verdicts(out.decode()), expected, out.decode())

    def test_whose_services_are_known_too_late_is_refused(self):
        self.need("netns,tmp")
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(f"""
[profile.default]
containment = "netns,tmp"
[service.db]
command = ["{program("small_server")}", "23459"]
ready-tcp = "127.0.0.1:23459"
[[override]]
label = "db"
services = ["db"]
""")
        tree = self.suite(tests=self.ONE_SET.replace("@HOW@", "LABELS db").replace("@COMMAND@", "exit 0"))
        ran = self.ctest(tree)
        self.assertEqual(verdicts(ran.text), {"start": "Passed", "use": "Subprocess aborted***Exception:"}, ran.text)
        self.assertIn('"use": it uses services, and tests that fixtures connect with it have a network without them', ran.text)


if __name__ == "__main__":
    unittest.main()
