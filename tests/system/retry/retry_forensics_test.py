"""Probes and hooks after a test has failed for good, and programs that change meanwhile (issue
6)."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from retrying import Retry, verdicts
from support import CTEST, HOLDFAST, PATIENCE_S, program, wait_until


class Failing(Retry):
    def failing(self, command="sh;-c;exit 4", **how):
        words = " ".join(f"[==[{word}]==]" for word in command.split(";"))
        return self.ran(f"add_test(NAME f COMMAND {words})\n"
                        'set_tests_properties(f PROPERTIES HOLDFAST_RETRY "exit:4=1,launch=1")\n', **how)

    def found(self, tree):
        return self.ends(tree, "f")[-1]["forensics"]

    def bounded(self, tree):
        self.assertTrue(self.found(tree)["git"])
        ends = self.ends(tree, "f")
        # All probes together have 2 s; the rest is for a busy machine.
        self.assertLess(ends[-1]["at"] - ends[0]["at"], 30)
        self.assert_nothing_left()


class Forensics(Failing):
    def test_a_block_stands_under_the_failure_and_in_the_journal(self):
        tree, done = self.failing()
        self.assertEqual(verdicts(done.text), {"f": "***Failed"})
        first, last = self.ends(tree, "f")
        self.assertEqual(last["exit_code"], 4)
        self.assertNotIn("forensics", first)
        self.assertEqual(set(self.found(tree)), {"program", "directory", "git", "machine"})
        self.assertIn("holdfast: exit 4, not tried again: exit:4=1: 1 further attempt is spent\n"
                      f"holdfast:   attempt 1: exit 4, its output: {first['log']}\n"
                      "holdfast:   program ", done.text)
        self.assertIn("Around f\n", self.report(tree, "text"))
        self.assertIn("machine", self.report(tree)["tests"][0]["attempts"][-1]["forensics"])

    def test_of_locks_the_tests_own_are_shown(self):
        """They are free again when the test has failed: a process that has them now may be the
        cause."""
        own, other = self.lock_name(), self.lock_name()
        holding = [HOLDFAST, "run", "--lock"]
        self.start(*holding, other, "--", program("linger"), self.pid_file("other"), stderr=subprocess.DEVNULL)
        self.announced(self.pid_file("other"))
        done = self.finish(*holding, f"{own}:shared", "--", *holding, other + "2", "--", HOLDFAST, "run",
                           "--lock", f"{own}:shared", "--retry", "exit:4=1", "--", "sh", "-c", "exit 4")
        self.lock_names.append(other + "2")
        said = [line for line in done.stderr.decode().splitlines() if "@user: held by" in line]
        self.assertEqual(len(said), 1, done.stderr)
        self.assertRegex(said[0], rf'^holdfast:   locks     {own}@user: held by "holdfast" \(pid \d+')

    def test_without_git_it_says_so(self):
        # This PATH has no git.
        tools = self.work / "tools"
        tools.mkdir()
        for name in ("sh", "ctest", "cmake"):
            (tools / name).symlink_to(shutil.which(name))
        tree, done = self.failing(env={"PATH": str(tools)})
        self.assertEqual(self.ends(tree, "f")[-1]["exit_code"], 4)
        self.assertIn("failed", self.found(tree)["git"])

    def test_what_is_no_repository_is_said(self):
        # The usual directory is inside Holdfast's own repository.
        usual = self.work
        try:
            with tempfile.TemporaryDirectory() as place:
                self.work = Path(place)
                tree, _ = self.failing()
                self.assertIn("in no repository", str(self.found(tree)["git"]))
        finally:
            self.work = usual

    def test_a_dirty_repository_is_shown_by_its_first_ten(self):
        source = self.work / "project"
        source.mkdir()
        subprocess.run(["git", "init", "-q", source], check=True)
        for i in range(12):
            (source / f"new{i:02}").write_text("")
        tree, _ = self.failing()
        said = self.found(tree)["git"]["text"]
        self.assertIn("new00", said)
        self.assertNotIn("new11", said)

    def test_a_large_repository_is_bounded(self):
        source = self.work / "project"
        source.mkdir()
        subprocess.run(["git", "init", "-q", source], check=True)
        # These files are only in the index, so git looks for each of them and lists it.
        empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        subprocess.run(["git", "-C", source, "update-index", "--index-info"], check=True, text=True,
                       input="".join(f"100644 {empty}\td{i // 1000}/f{i}\n" for i in range(100000)))
        tree, done = self.failing()
        self.assertEqual(verdicts(done.text), {"f": "***Failed"})
        self.bounded(tree)

    def test_a_directory_that_is_gone(self):
        place = self.work / "bin"
        place.mkdir()
        script = place / "prog"
        script.write_text(f"#!/bin/sh\n[ $HOLDFAST_ATTEMPT = 1 ] || mv {place} {self.work}/away\nexit 4\n")
        script.chmod(0o755)
        tree, _ = self.failing(str(script))
        found = self.found(tree)
        self.assertIn("bin", str(found["directory"]))
        self.assertEqual(self.ends(tree, "f")[-1]["exit_code"], 4)

    def test_a_script_that_is_gone_is_looked_at_and_not_only_its_interpreter(self):
        script = self.work / "gone.py"
        script.write_text("import os, sys\nif os.environ['HOLDFAST_ATTEMPT'] == '2': os.remove(sys.argv[0])\nsys.exit(4)\n")
        (self.work / "gone_2.py").write_text("")
        tree, _ = self.failing(f"{sys.executable};{script}")
        said = self.found(tree)["inputs"]["text"]
        self.assertIn(f"{script} does not exist any more\n{self.work} has ", said)
        self.assertIn("; like gone.py: gone_2.py", said)
        # The file is named even though it never existed, by its path from the test's directory.
        tree, _ = self.ran(f"add_test(NAME f COMMAND {sys.executable} never.py)\n"
                           f"set_tests_properties(f PROPERTIES HOLDFAST_RETRY any=1 WORKING_DIRECTORY {self.work})\n")
        self.assertIn(f"{self.work}/never.py does not exist\n", self.found(tree)["inputs"]["text"])

    def test_a_command_has_them_on_stderr(self):
        done = self.finish(HOLDFAST, "run", "--retry", "exit:4=1", "--", "sh", "-c", "echo out; exit 4")
        self.assertEqual((done.returncode, done.stdout), (4, b"out\nout\n"))
        self.assertIn(b"holdfast:   machine", done.stderr)
        done = self.finish(HOLDFAST, "run", "--quiet", "--retry", "exit:4=1", "--", "sh", "-c", "exit 4")
        self.assertEqual((done.returncode, done.stderr), (4, b""))


class Large(Failing):
    """Takes long: only for ./dev test --long."""

    def test_100000_files(self):
        source = self.work / "project"
        source.mkdir()
        subprocess.run(["git", "init", "-q", source], check=True)
        for i in range(100):
            (source / f"d{i}").mkdir()
            for k in range(1000):
                os.close(os.open(source / f"d{i}/f{k}", os.O_CREAT | os.O_WRONLY, 0o644))
        subprocess.run(["git", "-C", source, "add", "-A"], check=True)
        for i in range(100):
            (source / f"d{i}/new").touch()
        tree, done = self.failing()
        self.assertEqual(verdicts(done.text), {"f": "***Failed"})
        self.bounded(tree)


class Hooks(Retry):
    def test_on_failure_has_the_facts_and_changes_nothing(self):
        out = self.work / "facts"
        tree, done = self.ran(
            self.add("f", "exit 4"), self.add("ok", "exit 0"), self.add("crash", "kill -SEGV $$"),
            self.add("meant", "exit 4", WILL_FAIL="ON"), self.add("unable", "exit 0", HOLDFAST_SERVICES="never"),
            toml=f"[profile.default]\non-failure = 'env | grep -E \"^(HOLDFAST_|PATH=)\" > {out}.$HOLDFAST_TEST_NAME; "
                 "echo said by the hook; exit 9'\n[service.never]\ncommand = [\"/nowhere/server\"]\n")
        self.assertEqual(verdicts(done.text)["f"], "***Failed")
        facts = dict(line.split("=", 1) for line in Path(f"{out}.f").read_text().splitlines())
        record, = self.ends(tree, "f")
        self.assertEqual(record["exit_code"], 4)
        self.assertEqual((facts["HOLDFAST_HOOK"], facts["HOLDFAST_OUTCOME"], facts["HOLDFAST_EXIT_CODE"],
                          facts["HOLDFAST_ATTEMPT_ID"]), ("on-failure", "failed", "4", record["attempt"]))
        self.assertEqual(facts["HOLDFAST_OUTPUT"], record["log"])
        self.assertIn("holdfast: exit 4\nholdfast:   on-failure ended with 9\n", done.text)
        self.assertIn("HOLDFAST_SIGNAL=11", Path(f"{out}.crash").read_text())
        # It never began, so the hook has the launcher's environment.
        self.assertLessEqual({"HOLDFAST_OUTCOME=service_unavailable", f"PATH={os.environ['PATH']}"},
                             set(Path(f"{out}.unable").read_text().splitlines()))
        self.assertFalse(Path(f"{out}.ok").exists())
        self.assertFalse(Path(f"{out}.meant").exists())
        self.assertIn("said by the hook", str(record["forensics"]["on-failure"]))
        self.assertIn("ended with 9", str(record["forensics"]["on-failure"]))

    def test_on_failure_does_not_begin_once_the_test_is_told_to_end(self):
        """It is told while git is looked at, which never ends here."""
        programs = self.work / "programs"
        programs.mkdir()
        git = programs / "git"
        git.write_text(f"#!/bin/sh\ntouch '{self.work}/looks'\nexec sleep 600\n")
        git.chmod(0o755)
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\non-failure = \"touch '{self.work}/hooked'\"\n")
        tree = self.project(self.add("f", "exit 4", HOLDFAST_RETRY="exit:4=1"))
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=self.environment(PATH=f"{programs}:{os.environ['PATH']}"))
        wait_until((self.work / "looks").exists, "the look at git")
        os.kill(self.records(self.runs(tree)[0], "attempt_started")[0]["launcher"]["pid"], signal.SIGTERM)
        ctest.wait(PATIENCE_S)
        self.settled(tree)
        self.assertEqual([record["outcome"] for record in self.ends(tree)], ["failed", "failed"])
        self.assertFalse((self.work / "hooked").exists())
        self.assert_nothing_left()

    def test_before_kill_sees_the_test_alive(self):
        out = self.work / "seen"
        tree, done = self.ran(
            self.add("f", "exec sleep 600"),
            toml="[profile.default]\ntimeout = '1s'\ngrace = 0\n"
                 f"before-kill = 'kill -0 $HOLDFAST_PID && cat /proc/$HOLDFAST_PID/comm | tee {out}'\n")
        record, = self.ends(tree, "f")
        self.assertEqual(record["outcome"], "timed_out")
        self.assertEqual(out.read_text(), "sleep\n")
        self.assertIn("before-kill", done.text)
        self.assert_nothing_left()


    def test_before_kill_has_the_time_that_ctest_leaves(self):
        tree, done = self.ran(
            "set(HOLDFAST_TIMEOUT_MARGIN 7)\n", self.add("f", "exec sleep 600", TIMEOUT="1"),
            toml="[profile.default]\ngrace = 0\nbefore-kill = 'echo seen; sleep 600'\n")
        self.assertEqual(verdicts(done.text), {"f": "***Timeout"})
        # 7 s, less 2 s for the stacks and 1 s each for grace and record.
        self.assertRegex(done.text, r"holdfast:   before-kill not done within [23]\.\d s\n")
        self.assertIn("seen", done.text)
        self.assert_nothing_left()

    def test_before_kill_sees_each_case_that_hangs(self):
        out = self.work / "seen"
        ways = {"none": "case_ends", "process": "case_ends", "fork": "case_ends_linked"}
        tree, done = self.ran(
            *(f'add_test(NAME {way} COMMAND @P@/{which} "--gtest_filter=Ends.pass:Ends.hang:Ends.last")\n'
              f"set_tests_properties({way} PROPERTIES HOLDFAST_ISOLATION {way} HOLDFAST_TIMEOUT 2)\n"
              for way, which in ways.items()),
            toml="[profile.default]\ngrace = 0\n"
                 f"before-kill = 'cat /proc/$HOLDFAST_PID/comm >> {out}.$HOLDFAST_TEST_NAME'\n",
            arguments=("-j3",))
        for way, which in ways.items():
            with self.subTest(way):
                self.assertEqual(Path(f"{out}.{way}").read_text(), which[:15] + "\n")
                self.assertEqual({r["case"]: r["outcome"] for r in
                                  self.case_records(self.runs(tree)[-1]) if r["test"] == way},
                                 {"Ends.pass": "passed", "Ends.hang": "timed_out", "Ends.last": "passed"})
        self.assertIn("holdfast:   before-kill done\n", done.text)
        self.assert_nothing_left()

    def test_before_kill_sees_a_case_that_hangs_after_one_that_ended_meanwhile(self):
        out, go = self.work / "seen", self.work / "go"
        programs = ("case_ends", "case_ends_linked")
        tree, done = self.ran(
            *(f'add_test(NAME {which} COMMAND @P@/{which} "--gtest_filter=Pace.waits:Pace.hangs")\n'
              f"set_tests_properties({which} PROPERTIES HOLDFAST_ISOLATION none HOLDFAST_TIMEOUT 1 "
              f'ENVIRONMENT "GO={go}.{which}")\n' for which in programs),
            # For the first case, the hook ends when the second has begun.
            toml=f"[profile.default]\ngrace = 0\nbefore-kill = '''echo $HOLDFAST_HOOK >> {out}.$HOLDFAST_TEST_NAME; "
                 f"test -e {go}.$HOLDFAST_TEST_NAME && exit; touch {go}.$HOLDFAST_TEST_NAME; "
                 "until grep -q 'RUN .*Pace.hangs' $HOLDFAST_OUTPUT; do sleep 0.05; done'''\n",
            arguments=("-j2",))
        for which in programs:
            with self.subTest(which):
                self.assertEqual({r["case"]: r["outcome"] for r in
                                  self.case_records(self.runs(tree)[-1]) if r["test"] == which},
                                 {"Pace.waits": "passed", "Pace.hangs": "timed_out"}, done.text)
                self.assertEqual(Path(f"{out}.{which}").read_text(), "before-kill\n" * 2)
        self.assert_nothing_left()

    def test_before_kill_sees_a_batch_whose_time_is_over(self):
        out = self.work / "seen"
        tree, done = self.ran(
            'add_test(NAME f COMMAND @P@/case_ends "--gtest_filter=Ends.hang:Ends.last")\n'
            "set_tests_properties(f PROPERTIES HOLDFAST_ISOLATION process TIMEOUT 2)\n",
            toml=f"[profile.default]\ngrace = 0\nbefore-kill = 'echo $HOLDFAST_HOOK >> {out}'\n")
        self.assertEqual(verdicts(done.text), {"f": "***Timeout"})
        self.assertEqual(out.read_text(), "before-kill\n")
        self.assertEqual({r["case"]: r["outcome"] for r in self.case_records(self.runs(tree)[-1])},
                         {"Ends.hang": "timed_out", "Ends.last": "not_run"})
        self.assert_nothing_left()


class Stale(Retry):
    def test_a_program_that_is_relinked_during_its_test_is_stale(self):
        prog = self.work / "prog"
        shutil.copy("/bin/sh", prog)
        other = self.work / "other"
        shutil.copy("/bin/ls", other)
        tree, done = self.ran(
            f"add_test(NAME f COMMAND {prog} -c \"mv {other} {prog}\")\n"
            "add_test(NAME g COMMAND sh -c \"exit 0\")\n")
        self.assertEqual(verdicts(done.text), {"f": "Passed", "g": "Passed"})
        record, = self.records(self.runs(tree)[-1], "stale")
        self.assertEqual((record["test"], record["program"]), ("f", str(prog)))
        self.assertIn("its program changed while it ran: ", record["why"])
        self.assertIn("build-id", record["why"])
        report = self.report(tree)
        self.assertEqual([t["flags"] for t in report["tests"]], [["stale"], []])
        self.assertEqual(report["counts"]["stale"], 1)
        self.assertIn("; 1 stale (f)\n", done.text)

    def test_one_that_was_relinked_between_two_of_its_tests(self):
        prog = self.work / "prog"
        shutil.copy("/bin/sh", prog)
        tree, _ = self.ran(
            f"add_test(NAME a COMMAND {prog} -c \"exit 0\")\n"
            f"add_test(NAME b COMMAND sh -c \"cp {prog} {prog}2 && mv {prog}2 {prog}\")\n"
            f"add_test(NAME c COMMAND {prog} -c \"exit 0\")\n")
        record, = self.records(self.runs(tree)[-1], "stale")
        self.assertEqual(record["test"], "c")
        self.assertIn("since the run began", record["why"])

    def test_so_is_one_whose_script_is_changed(self):
        script = self.work / "reads.py"
        script.write_text("import sys\nopen(sys.argv[0], 'a').write('#')\n")
        out = self.work / "out.txt"
        tree, done = self.ran(f"add_test(NAME f COMMAND {sys.executable} reads.py)\n"
                              f"set_tests_properties(f PROPERTIES WORKING_DIRECTORY {self.work})\n"
                              # A file that the test writes is no input.
                              f"add_test(NAME g COMMAND cp /etc/passwd {out})\n"
                              f"add_test(NAME h COMMAND cp /etc/group {out})\n"
                              "set_tests_properties(h PROPERTIES DEPENDS g)\n"
                              f"add_test(NAME i COMMAND sh -c \"cp /bin/sh $2\" -o {self.work}/made)\n"
                              f"add_test(NAME j COMMAND sh -c \"cp /bin/ls $2\" -o {self.work}/made)\n"
                              "set_tests_properties(j PROPERTIES DEPENDS i)\n")
        record, = self.records(self.runs(tree)[-1], "stale")
        self.assertEqual((record["test"], record["program"]), ("f", str(script)))
        self.assertIn(f"its input {script} changed while it ran: ", record["why"])
        self.assertIn("; 1 stale (f)\n", done.text)

    def test_and_one_whose_required_files_are_changed(self):
        data = self.work / "data of f,g"
        data.write_text("old")
        tree, done = self.ran(f"add_test(NAME f COMMAND sh -c \"echo new >> '{data}'\")\n"
                              f"add_test(NAME g COMMAND sh -c \"exit 0\")\n"
                              f"set_tests_properties(f g PROPERTIES REQUIRED_FILES \"{data};{self.work}\")\n"
                              "set_tests_properties(g PROPERTIES DEPENDS f)\n")
        first, later = self.records(self.runs(tree)[-1], "stale")
        self.assertEqual((first["test"], first["program"], later["test"]), ("f", str(data), "g"))
        self.assertIn(f"its input {data} changed while it ran: ", first["why"])
        self.assertIn(f"its input {data} changed since the run began: ", later["why"])
        self.assertIn("; 2 stale (f, g)\n", done.text)


if __name__ == "__main__":
    unittest.main()
