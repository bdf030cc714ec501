"""What Holdfast removes, and what it must leave: everything beyond a mount or a link.

All of it runs in a mount namespace of its own, which ends with its last process."""

import unittest
from pathlib import Path

from needs import WITHOUT_CALL, need_mounts
from support import CTEST, HOLDFAST, USER_DIRECTORY, ProjectCase, not_inside, no_keeper_of, wait_until

IN_THE_WAY = "something is mounted there"


class RemovalTest(ProjectCase):
    def setUp(self):
        super().setUp()
        need_mounts(self)
        self.outside = self.work / "outside"
        (self.outside / ".markers").mkdir(parents=True)
        for path in ("precious", ".markers/exit-1"):
            (self.outside / path).write_text(path)
            (self.outside / path).chmod(0o640)
        self.outside.chmod(0o710)

    def assert_untouched(self):
        for path in ("precious", ".markers/exit-1"):
            self.assertEqual((self.outside / path).read_text(), path)
            self.assertEqual((self.outside / path).stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.outside.stat().st_mode & 0o777, 0o710)

    def tree_of(self, *scripts, settings=""):
        """A project with a test for each shell script. $OUT in a script is the directory that must
        stay."""
        (self.work / "project").mkdir()
        if settings:
            (self.work / "project/holdfast.toml").write_text(settings)
        lines = []
        for i, script in enumerate(scripts):
            file = self.work / f"t{i}.sh"
            file.write_text(f'set -e\nOUT={self.outside}\ncd "${{HOLDFAST_TMPDIR:?}}"\n{script}\n')
            lines.append(f"add_test(NAME t{i} COMMAND sh {file})\n")
        return self.project("".join(lines))

    def run_apart(self, tree, *before):
        ran = self.finish("unshare", "-m", *before, CTEST, "--output-on-failure", cwd=tree)
        ran.text = (ran.stdout + ran.stderr).decode()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return ran

    def ends(self, tree):
        return {r["test"]: r for r in self.records(self.runs(tree)[-1], "attempt_ended")}

    def assert_left(self, ran, tree, test, where):
        """`where`, in the test's directory, was left, and ctest's output says so and why."""
        kept = Path(self.ends(tree)[test]["scratch"])
        said = f'holdfast: "{test}": its scratch directory is kept: failed to remove {kept / where}: {IN_THE_WAY}'
        self.assertIn(said, ran.text.splitlines())
        return kept

    @not_inside("pidns,netns,tmp", "nobody else sees its mounts")
    def test_a_bind_mount_in_it_is_left_with_all_behind_it_and_said(self):
        tree = self.tree_of("mkdir -p a/mnt b; touch a/file b/file file; mount --bind $OUT a/mnt",
                            "test -z \"$(ls)\"; touch file")
        ran = self.run_apart(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assert_untouched()
        kept = self.assert_left(ran, tree, "t0", "a/mnt")
        self.assertEqual(sorted(str(p.relative_to(kept)) for p in kept.rglob("*")), ["a", "a/mnt"])
        # No other attempt gets that directory, and the other tests are as usual.
        self.assertNotIn("scratch", self.ends(tree)["t1"])

    @not_inside("pidns,netns,tmp", "nobody else sees its mounts")
    def test_what_is_mounted_on_the_directory_itself_or_on_that_of_its_markers_is_left(self):
        tree = self.tree_of("mount --bind $OUT $HOLDFAST_TMPDIR", "mount --bind $OUT .markers",
                            "mount --bind $OUT $HOLDFAST_TMPDIR; exit 3", "mount --bind $OUT .markers; exit 3")
        ran = self.run_apart(tree)
        self.assert_untouched()
        for test, where in (("t0", ""), ("t1", ".markers"), ("t3", ".markers")):
            self.assert_left(ran, tree, test, where)
        self.assertIn("scratch", self.ends(tree)["t2"])

    def test_nothing_is_removed_below_what_a_test_put_on_the_directories_above(self):
        """An attempt's directory is named by a number, and other directories may have the same
        name."""
        ways = {"mount": "mount --bind $OUT $ALL", "link": "mv $ALL $ALL.old; ln -s $OUT $ALL",
                "mount one up": "mkdir -p $OUT/scratch; cp -r $OUT/1 $OUT/scratch; mount --bind $OUT ${ALL%/scratch}"}
        for number, (way, script) in enumerate(ways.items()):
            with self.subTest(way):
                (self.outside / "1").mkdir(exist_ok=True)
                (self.outside / "1/file").write_text("file")
                file = self.work / f"way{number}.sh"
                file.write_text(f'set -e\nOUT={self.outside}\nALL=${{HOLDFAST_TMPDIR%/1}}\n'
                                f'touch "${{HOLDFAST_TMPDIR:?}}/file"\n{script}\n')
                tree = self.project(f"add_test(NAME t COMMAND sh {file})\n", name=f"p{number}", build=f"b{number}")
                ran = self.run_apart(tree)
                self.assertIn("100% tests passed", ran.text)
                self.assert_untouched()
                for there in ("1/file", "scratch/1/file")[:2 if number == 2 else 1]:
                    self.assertEqual((self.outside / there).read_text(), "file")

    @not_inside("pidns,netns,tmp", "nobody else sees its mounts")
    def test_a_file_that_is_mounted_is_left_as_it_is(self):
        tree = self.tree_of("touch file beside; mount --bind $OUT/precious file")
        ran = self.run_apart(tree)
        self.assert_untouched()
        kept = self.assert_left(ran, tree, "t0", "file")
        self.assertEqual([p.name for p in kept.iterdir()], ["file"])

    @not_inside("pidns,netns,tmp", "nobody else sees its mounts")
    def test_it_is_seen_without_openat2_and_all_else_is_removed_as_ever(self):
        tree = self.tree_of("mkdir -p a/mnt b/c; touch b/c/file; mount --bind $OUT a/mnt",
                            "mkdir -p a/b c; touch a/b/file; chmod 0 a/b c; chmod 500 a; ln -s $OUT link")
        for error in ("ENOSYS", "EPERM"):
            with self.subTest(error=error):
                ran = self.run_apart(tree, *WITHOUT_CALL, error, "openat2")
                self.assertEqual(ran.returncode, 0, ran.text)
                self.assert_untouched()
                kept = self.assert_left(ran, tree, "t0", "a/mnt")
                self.assertFalse((kept / "b").exists())
                self.assertNotIn("scratch", self.ends(tree)["t1"])

    def test_pruning_leaves_a_run_in_which_something_is_mounted_and_says_so(self):
        tree = self.tree_of("true")
        runs = tree / ".holdfast/runs"
        old = [f"20200101-0000{i:02}-1" for i in range(30)]
        for run in old:
            (runs / run / "scratch/1/mnt").mkdir(parents=True)
            (runs / run / "scratch/1/file").touch()
            (runs / run / "journal.jsonl").touch()
        mount = f"mount --bind {self.outside} {runs / old[0]}/scratch/1/mnt"
        ran = self.run_apart(tree, "sh", "-c", f'set -e; {mount}; exec "$@"', "sh")
        self.assert_untouched()
        self.assertIn(f"holdfast: an old run stays: failed to remove {runs / old[0]}/scratch/1/mnt: "
                      f"{IN_THE_WAY}", ran.text.splitlines())
        self.assertTrue((runs / old[0] / "journal.jsonl").exists())
        self.assertEqual(len(list(runs.iterdir())), 21)
        # Once nothing is mounted there any more, it is removed.
        self.run_apart(tree)
        self.assertFalse((runs / old[0]).exists())

    def run_command(self, script, *before):
        """Runs a command that leaves files. Returns its directory, what is left of it, and what was
        said."""
        scratch = USER_DIRECTORY / "scratch"
        for directory in (USER_DIRECTORY, scratch):
            directory.mkdir(mode=0o700, exist_ok=True)
        # Another run of this user may tidy up there at any moment, so this run gets a directory of
        # its own.
        own = self.work / "scratch"
        own.mkdir(mode=0o700, exist_ok=True)
        words = ("unshare", "-m", "sh", "-c", f'mount --bind {own} {scratch}; exec "$@"', "sh", *before,
                 HOLDFAST, "run", "--quiet", "--", "sh", "-c", f'set -e; cd "${{HOLDFAST_TMPDIR:?}}"; pwd; {script}')
        ran = self.finish(*words)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        kept = Path(ran.stdout.decode().strip())
        self.assertEqual(kept.parent, scratch)
        place = own / kept.name
        left = sorted(str(p.relative_to(place)) for p in place.rglob("*"))
        self.assert_untouched()
        return kept, left, ran.stderr.decode()

    @staticmethod
    def said(place, why=IN_THE_WAY):
        return f'holdfast: "sh": its scratch directory is kept: failed to remove {place}: {why}\n'

    @not_inside("pidns,netns,tmp", "nobody else sees its mounts")
    def test_of_a_command_it_is_left_and_said_too(self):
        kept, left, said = self.run_command(f"mkdir mnt; touch file; mount --bind {self.outside} mnt")
        self.assertEqual((left, said), (["mnt"], self.said(kept / "mnt")))

    @not_inside("pidns,netns,tmp", "nobody else sees its mounts")
    def test_where_nothing_tells_of_mounts_no_directory_is_entered(self):
        kept, left, said = self.run_command(
            f"mkdir -p a; touch a/file file; mount --bind {self.outside} a; mount -t tmpfs none /proc",
            *WITHOUT_CALL, "ENOSYS", "openat2")
        # The directory itself may be a mount as well.
        self.assertEqual((left, said), ([".markers", "a", "a/file", "file"], self.said(
            kept, "it cannot be told whether something is mounted there")))


if __name__ == "__main__":
    unittest.main()
