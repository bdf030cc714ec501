"""Each attempt has its own directory, and diagnostics are on by default."""

import json
import os
import pwd
import shutil
import unittest
from pathlib import Path

from needs import AS_NOBODY, need_reach
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, no_keeper_of, program, wait_until

# Notes the contents of its directory, puts files there, and exits with the code that it was told.
TEST = r'''
import json, os, shutil, sys
notes, code, *does = sys.argv[1:]
here = os.environ["HOLDFAST_TMPDIR"]
with open(notes, "a") as out:
    print(json.dumps([here, os.listdir(here), oct(os.lstat(here).st_mode & 0o7777)]), file=out)
if "nothing" not in does:
    open(here + "/file", "w").write("content")
if "hostile" in does:
    os.makedirs(here + "/closed/below")
    open(here + "/closed/below/file", "w").close()
    os.chmod(here + "/closed/below", 0)
    os.chmod(here + "/closed", 0o500)
    deep = os.open(here, os.O_RDONLY)
    for level in range(700):  # deeper than there are descriptors, and longer than a path may be
        os.mkdir("d" * 100, dir_fd=deep)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=deep)
        if level % 50 == 49:
            os.fchmod(deep, 0)
        os.close(deep)
        deep = below
    os.mkfifo(here + "/fifo")
    os.symlink(does[-1], here + "/to-directory")
    os.symlink(does[-1] + "/precious", here + "/to-file")
    os.symlink("/nowhere", here + "/dangling")
    os.chmod(here, 0o500)
if "replace" in does:
    shutil.rmtree(here)
    os.symlink(does[-1], here)
sys.exit(int(code))
'''


class ScratchTest(ProjectCase):
    def tree_of(self, *lines, settings=""):
        """A project of add_test() lines, in which T stands for the test program and its file of
        notes."""
        (self.work / "project").mkdir()
        if settings:
            (self.work / "project/holdfast.toml").write_text(settings)
        (self.work / "test.py").write_text(TEST)
        command = f"python3 {self.work}/test.py {self.work}/notes"
        return self.project("".join(f"add_test(NAME t{i} COMMAND {line.replace('T ', command + ' ')})\n"
                                    for i, line in enumerate(lines)))

    def run_all(self, tree, *arguments, **how):
        ran = self.ctest(tree, *arguments, **how)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return ran

    def notes(self):
        return [json.loads(line) for line in (self.work / "notes").read_text().splitlines()]

    def ends(self, tree):
        return {r["test"]: r for r in self.records(self.runs(tree)[-1], "attempt_ended")}

    def scratch_left(self, tree):
        return sorted(p for run in self.runs(tree) for p in run.glob("scratch/*"))

    def test_it_is_empty_private_and_gone_after_passes(self):
        tree = self.tree_of("T 0", "T 0", "T 0 nothing")
        self.assertEqual(self.run_all(tree).returncode, 0)
        notes = self.notes()
        self.assertEqual(len(notes), 3)
        for path, content, mode in notes:
            self.assertEqual((content, mode), ([".markers"], "0o700"))
            self.assertTrue(path.startswith(str(tree)), path)
        self.assertEqual(self.scratch_left(tree), [])
        self.assertFalse(any((run / "scratch").exists() for run in self.runs(tree)))
        self.assertTrue(all("scratch" not in end for end in self.ends(tree).values()))

    def test_after_a_failure_it_is_kept_and_named_and_not_lent_again(self):
        tree = self.tree_of("T 3", "T 0", "@P@/die_of 11", "T 4 nothing")
        self.run_all(tree)
        (failed, *_), *others = self.notes()
        self.assertEqual(self.ends(tree)["t0"]["scratch"], failed)
        self.assertEqual(Path(failed, "file").read_text(), "content")
        for path, content, mode in others:
            self.assertNotEqual(path, failed)
            self.assertEqual((content, mode), ([".markers"], "0o700"))
        # An empty directory is not kept.
        self.assertEqual(self.scratch_left(tree), [Path(failed)])
        self.assertNotIn("scratch", self.ends(tree)["t2"])
        self.assertNotIn("scratch", self.ends(tree)["t3"])

    def test_keep_and_remove_are_settings(self):
        tree = self.tree_of("T 0", "T 3", settings='''
[[override]]
test = "^t0$"
scratch = "keep"
[[override]]
test = "^t1$"
scratch = "remove"
''')
        self.run_all(tree)
        (kept, *_), _ = self.notes()
        self.assertEqual(self.scratch_left(tree), [Path(kept)])
        self.assertEqual(self.ends(tree)["t0"]["scratch"], kept)
        self.assertNotIn("scratch", self.ends(tree)["t1"])

    def precious(self):
        outside = self.work / "outside"
        outside.mkdir()
        (outside / "precious").write_text("precious")
        outside.chmod(0o750)
        (outside / "precious").chmod(0o640)
        return outside

    def assert_untouched(self, outside):
        self.assertEqual((outside / "precious").read_text(), "precious")
        self.assertEqual([oct(p.stat().st_mode & 0o777) for p in (outside, outside / "precious")],
                         ["0o750", "0o640"])

    def test_hostile_contents_are_removed_and_no_link_is_followed(self):
        outside = self.precious()
        tree = self.tree_of(f"T 0 hostile {outside}", "T 0", f"T 0 replace {outside}", "T 0")
        ran = self.run_all(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assert_untouched(outside)
        for _, content, mode in self.notes():
            self.assertEqual((content, mode), ([".markers"], "0o700"))
        # Holdfast neither removes nor lends what stands in place of the directory.
        left = self.scratch_left(tree)
        self.assertLessEqual(len(left), 1)
        self.assertTrue(all(p.is_symlink() for p in left), left)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
    def test_they_are_removed_without_roots_power_too(self):
        outside = self.precious()
        tree = self.tree_of(f"T 0 hostile {outside}")
        self.finish("chown", "-R", "-h", "nobody", self.work)
        need_reach(self, AS_NOBODY)
        ran = self.finish(*AS_NOBODY, CTEST, cwd=tree)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(self.scratch_left(tree), [])
        self.assert_untouched(outside)
        self.finish("find", f"/tmp/holdfast-{pwd.getpwnam('nobody').pw_uid}", "-depth", "-type", "d", "-empty", "-delete")

    def test_two_tests_at_once_never_share_one(self):
        tree = self.project("".join(f"""
add_test(NAME w{i} COMMAND sh -c "echo $HOLDFAST_TMPDIR >>{self.work}/dirs &&
  exec @P@/close_output {self.pid_file()}")
set_tests_properties(w{i} PROPERTIES WILL_FAIL ON)""" for i in range(4)))
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file(), 4)
        dirs = (self.work / "dirs").read_text().split()
        self.assertEqual(len(set(dirs)), 4)
        (self.work / "announced.pids.go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)

    def test_an_interrupted_test_keeps_what_it_had(self):
        tree = self.project(f'add_test(NAME w COMMAND sh -c "echo x >$HOLDFAST_TMPDIR/file && '
                            f'exec @P@/linger {self.pid_file()}")\n')
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        ctest.kill()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        kept, = self.scratch_left(tree)
        self.assertEqual((kept / "file").read_text(), "x\n")
        self.assertEqual(self.ends(tree)["w"]["scratch"], str(kept))


class RunCommandTest(ProjectCase):
    def test_an_empty_one_of_a_killed_launcher_goes_with_the_next_keeper_and_a_full_one_stays(self):
        kept = {}
        for fill in (False, True):
            script = f'{"touch $HOLDFAST_TMPDIR/x; " if fill else ""}echo $HOLDFAST_TMPDIR >{self.work}/path; ' \
                     f'exec {program("linger")} {self.pid_file(str(fill))}'
            begun = self.start(HOLDFAST, "run", "--", "sh", "-c", script)
            test, = self.announced(self.pid_file(str(fill)))
            begun.kill()
            begun.wait()
            self.assert_gone([test])
            kept[fill] = Path((self.work / "path").read_text().strip())
        tree = self.project("add_test(NAME t COMMAND true)\n")
        self.ctest(tree)
        self.assertFalse(kept[False].exists())
        self.assertTrue((kept[True] / "x").exists())
        shutil.rmtree(kept[True])


class DiagnosticsTest(ProjectCase):
    """Holdfast sets these variables unless the user has set them."""

    NAMES = ("PYTHONFAULTHANDLER", "RUST_BACKTRACE", "UBSAN_OPTIONS")

    def variables(self, settings="", properties="", **environment):
        (self.work / "project").mkdir()
        if settings:
            (self.work / "project/holdfast.toml").write_text(settings)
        tree = self.project(f'add_test(NAME show COMMAND sh -c "env >{self.work}/env")\n{properties}')
        around = self.environment()
        for name in self.NAMES:
            around.pop(name, None)
        ran = self.ctest(tree, env={**around, **environment})
        self.assertEqual(ran.returncode, 0, ran.text)
        return dict(line.split("=", 1) for line in (self.work / "env").read_text().splitlines()
                    if "=" in line)

    def test_they_are_set_by_default(self):
        seen = self.variables()
        self.assertEqual([seen.get(n) for n in self.NAMES], ["1", "1", "print_stacktrace=1"])

    def test_the_users_own_values_win(self):
        seen = self.variables(
            properties="set_tests_properties(show PROPERTIES ENVIRONMENT UBSAN_OPTIONS=halt_on_error=1)\n",
            RUST_BACKTRACE="full", PYTHONFAULTHANDLER="")
        self.assertEqual([seen.get(n) for n in self.NAMES], ["", "full", "halt_on_error=1"])

    def test_the_file_adds_and_takes_out(self):
        seen = self.variables('[profile.default]\n'
                              'environment = { RUST_BACKTRACE = "", MY_OWN = "1", UBSAN_OPTIONS = "x=1" }\n')
        self.assertEqual([seen.get(n) for n in (*self.NAMES, "MY_OWN")], ["1", None, "x=1", "1"])


if __name__ == "__main__":
    unittest.main()
