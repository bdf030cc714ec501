"""What somebody else has put in the place of Holdfast's files: links, FIFOs, files and directories of
other users. Holdfast says so in one line, follows nothing and writes nothing (os/file/own_files.hpp)."""

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import unittest
from pathlib import Path

from support import CTEST, HOLDFAST, ProjectCase, unfolded

ROOT = os.geteuid() == 0
NEEDS_ROOT = "needs root, to be a second account"
OWNER = 64997  # of the build tree
ACTOR = 64998  # who works in it
STRANGER = 64999

REFUSED = 2  # the exit code of a command that does nothing


def as_user(user, words):
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *words]


# Each row: what is planted at which name of `.holdfast` (empty: at `.holdfast` itself), and the command
# that meets it. A link leads to the victim's file of that name, or to a directory, if it ends with /.
LINKS = [
    ("", "elsewhere/", ["report"]),
    ("", "elsewhere/", ["failed"]),
    ("", "elsewhere/", ["rerun"]),
    ("", "elsewhere/", ["watch"]),
    ("", "elsewhere/", ["reap"]),
    ("", "elsewhere/", ["service", "list"]),
    ("", "elsewhere/", ["debug", "fails"]),
    ("runs", "runs/", ["report"]),
    ("runs", "runs/", ["failed"]),
    ("runs", "runs/", ["reap"]),
    ("runs/RUN", "run/", ["report", "RUN"]),
    ("runs/RUN/journal.jsonl", "journal", ["report", "RUN"]),
    ("by-hand", "by-hand/", ["service", "list"]),
    ("kept", "kept/", ["service", "list"]),
    ("services", "services/", ["service", "list"]),
    ("selections", "selections/", ["ctest", "--failed"]),
    ("build", "build/", ["report"]),
    ("project", "project", ["report"]),
    ("run-lock", "run-lock/", ["report"]),
    ("log-lock", "log-lock/", ["report"]),
    ("history.sqlite", "new-file", ["failed"]),
    ("history.sqlite", "new-file", ["flaky"]),
    ("history.sqlite", "new-file", ["history", "fails"]),
    ("history.sqlite", "precious", ["failed"]),
    ("history.sqlite", "precious", ["slowest"]),
    ("history.sqlite-journal", "precious", ["failed"]),
    ("history.sqlite-wal", "new-file", ["failed"]),
    ("history.sqlite-shm", "new-file", ["failed"]),
]

OTHER_FILES = [
    ("history.sqlite", os.mkfifo, ["failed"]),
    ("history.sqlite-journal", os.mkfifo, ["failed"]),
    ("history.sqlite", os.mkdir, ["failed"]),
    ("runs", os.mkfifo, ["report"]),
    ("runs/RUN/journal.jsonl", os.mkfifo, ["report", "RUN"]),
    ("project", os.mkfifo, ["report"]),
]

# What belongs to somebody who is neither the actor, root nor the tree's owner.
FOREIGN = [
    ("", ["report"]),
    ("", ["failed"]),
    ("", ["reap"]),
    ("runs", ["report"]),
    ("runs/RUN", ["report", "RUN"]),
    ("runs/RUN/journal.jsonl", ["report", "RUN"]),
    ("history.sqlite", ["failed"]),
    ("history.sqlite", ["flaky"]),
    ("project", ["service", "list"]),
]

# In a run that has not ended: directory, and what a dead run may have left in there.
LEFT_BY_A_RUN = [("far", "a.job"), ("services", "a.stop"), ("scratch", "a/")]

# ctest goes on, and the run is not recorded.
IN_A_RUN = [("", "elsewhere"), ("runs", "runs"), ("run-lock", "run-lock"), ("run-lock/lock", "lock")]


DIRECTORY_OF_ACTOR = Path(f"/tmp/holdfast-{ACTOR}")


def remove_directory_of_actor():
    if DIRECTORY_OF_ACTOR.is_symlink() or DIRECTORY_OF_ACTOR.is_file():
        DIRECTORY_OF_ACTOR.unlink()
    shutil.rmtree(DIRECTORY_OF_ACTOR, ignore_errors=True)


class Planted(ProjectCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(remove_directory_of_actor)
        self.victim = self.work / "victim"
        self.victim.mkdir()
        (self.victim / "precious").write_text("precious\n")
        for name in ("elsewhere", "runs", "run", "by-hand", "kept", "services", "selections", "build",
                     "run-lock", "log-lock"):
            (self.victim / name).mkdir()
        (self.victim / "lock").write_text("")
        tree = self.project("""
add_test(NAME passes COMMAND true)
add_test(NAME fails COMMAND false)
""")
        self.ctest(tree)
        self.assertEqual(self.finish(HOLDFAST, "failed", cwd=tree).returncode, 0)
        self.pristine = tree.rename(self.work / "pristine")
        self.tree = tree
        self.run_id = self.runs(self.pristine)[0].name

    def fresh_tree(self, owner):
        """A tree of `owner` (None: of this user) in which everybody may write."""
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(self.pristine, self.tree, symlinks=True)
        if owner is None:
            return
        for directory, _, files in os.walk(self.tree):
            os.chown(directory, owner, owner)
            os.chmod(directory, 0o777)
            for name in files:
                os.chown(os.path.join(directory, name), owner, owner)
                os.chmod(os.path.join(directory, name), 0o666)

    def place(self, name):
        """The path of that name, at which nothing is now."""
        path = self.tree / ".holdfast" / name.replace("RUN", self.run_id)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        return path

    def seen(self, *places):
        """All that is there, with what is in it."""
        found = {}
        for place in places:
            for directory, names, files in os.walk(place):
                for name in names + files:
                    path = Path(directory, name)
                    info = path.lstat()
                    text = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
                    found[str(path)] = (info.st_mode, info.st_uid, info.st_size, text)
        return found

    def act(self, actor, words):
        words = [word.replace("RUN", self.run_id) for word in words]
        words = [HOLDFAST, *words]
        return self.finish(*(words if actor is None else as_user(actor, words)), cwd=self.tree)

    def is_refused(self, actor, words):
        before = self.seen(self.tree, self.victim)
        done = self.act(actor, words)
        self.assertEqual(done.returncode, REFUSED, done.stdout + done.stderr)
        self.assert_our_lines(done.stderr, 1)
        self.assertEqual(self.seen(self.tree, self.victim), before)

    def roles(self):
        """(owner of the tree, who works there): this user alone, and, as root, root and a user in the tree of
        another."""
        return [(None, None), (OWNER, None), (OWNER, ACTOR)] if ROOT else [(None, None)]

    def for_each(self, rows, check):
        """Calls `check` with each row in each role, in a tree of its own."""
        for owner, actor in self.roles():
            if actor is not None:
                for path in (self.victim, *self.victim.iterdir()):
                    os.chown(path, actor, actor)
            for row in rows:
                with self.subTest(owner=owner, actor=actor, row=row):
                    self.fresh_tree(owner)
                    check(owner, actor, *row)

    def test_a_link_is_not_followed(self):
        def check(owner, actor, name, target, words):
            path = self.place(name)
            path.symlink_to(self.victim / target.rstrip("/"))
            if owner is not None:
                os.chown(path, owner, owner, follow_symlinks=False)
            self.is_refused(actor, words)
        self.for_each(LINKS, check)

    def test_what_is_no_file_is_not_waited_for(self):
        def check(owner, actor, name, make, words):
            path = self.place(name)
            make(path)
            if owner is not None:
                os.chown(path, owner, owner)
            self.is_refused(actor, words)
        self.for_each(OTHER_FILES, check)

    def test_the_output_of_a_service_is_read_from_no_link_and_no_fifo(self):
        for plant in (lambda path: path.symlink_to(self.victim / "precious"), os.mkfifo):
            self.fresh_tree(None)
            kept = self.tree / ".holdfast/kept/db"
            kept.mkdir(parents=True)
            (kept / "generation").write_text("1\n")
            (kept / "kept").write_text("")
            plant(kept / "db-1.log")
            self.is_refused(None, ["service", "logs", "db"])

    @unittest.skipUnless(ROOT, NEEDS_ROOT)
    def test_what_a_third_user_owns_is_not_trusted(self):
        def check(_, actor, name, words):
            os.chown(self.tree / ".holdfast" / name.replace("RUN", self.run_id), STRANGER, STRANGER)
            self.is_refused(actor, words)
        self.for_each(FOREIGN, check)

    def test_a_history_with_a_write_ahead_log_is_not_opened(self):
        """SQLite would make two more files beside it, even to read it."""
        def check(owner, actor, command):
            history = self.tree / ".holdfast/history.sqlite"
            with contextlib.closing(sqlite3.connect(history)) as database:
                database.execute("PRAGMA journal_mode=WAL")
            self.is_refused(actor, [command])
        self.for_each([("failed",), ("flaky",)], check)

    @unittest.skipUnless(ROOT, NEEDS_ROOT)
    def test_a_file_with_a_second_name_is_not_written(self):
        self.fresh_tree(OWNER)
        os.link(self.victim / "precious", self.place("history.sqlite"))
        self.is_refused(None, ["failed"])

    def test_reap_looks_behind_no_link_for_what_a_run_has_left(self):
        def check(owner, _, name, left):
            # A run whose ctest, keeper and launchers died has no end in its journal.
            journal = self.tree / ".holdfast/runs" / self.run_id / "journal.jsonl"
            lines = journal.read_bytes().splitlines(keepends=True)
            journal.write_bytes(b"".join(line for line in lines if b'"run_ended"' not in line))
            there = self.victim / ("left-" + name)
            there.mkdir(exist_ok=True)
            if left.endswith("/"):
                (there / left).mkdir(exist_ok=True)
            else:
                (there / left).write_text("left\n")
            link = self.place("runs/RUN/" + name)
            link.symlink_to(there)
            if owner is not None:
                os.chown(journal, os.geteuid(), os.getegid())
                os.chown(link, owner, owner, follow_symlinks=False)
            before = self.seen(self.victim)
            done = self.act(None, ["reap"])
            self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
            # The run was looked at.
            self.assertIn(b'"run_ended"', journal.read_bytes())
            self.assertEqual(self.seen(self.victim), before)
            self.assertTrue(link.is_symlink())
        self.for_each(LEFT_BY_A_RUN, check)

    def test_a_run_follows_no_link_and_its_tests_run(self):
        shutil.copytree(self.pristine / ".holdfast", self.victim / "elsewhere", dirs_exist_ok=True)

        def check(_, actor, name, target):
            self.place(name).symlink_to(self.victim / target)
            before = self.seen(self.victim)
            words = [CTEST] if actor is None else as_user(actor, [CTEST])
            done = self.finish(*words, cwd=self.tree, stderr=subprocess.STDOUT)
            text = done.stdout.decode()
            self.assertEqual(done.returncode, 8, text)  # one of the two fails
            self.assertIn("50% tests passed", text)
            said = [line for line in unfolded(text).splitlines() if "symbolic link" in line]
            self.assertEqual(len(said), 1, text)
            self.assertEqual(self.seen(self.victim), before)
        self.for_each(IN_A_RUN, check)

    @unittest.skipUnless(ROOT, NEEDS_ROOT)
    def test_root_works_in_the_honest_tree_of_a_user(self):
        self.fresh_tree(OWNER)
        done = self.ctest(self.tree)
        self.assertNotIn("ignoring", done.text)
        self.assertEqual(len(self.runs(self.tree)), 2)
        for words in (["report"], ["failed"], ["flaky"], ["status"], ["reap"]):
            done = self.act(None, words)
            self.assertEqual((done.returncode, done.stderr), (0, b""), words)

    @unittest.skipUnless(ROOT, NEEDS_ROOT)
    def test_a_lock_that_root_has_made_in_the_tree_of_a_user_is_no_planted_file(self):
        """A lock has two names, .holdfast/run-lock/lock and a spare."""
        self.fresh_tree(OWNER)
        shutil.rmtree(self.tree / ".holdfast/run-lock")
        shutil.rmtree(self.tree / ".holdfast/runs")
        self.ctest(self.tree)
        lock = self.tree / ".holdfast/run-lock/lock"
        self.assertEqual((lock.stat().st_uid, lock.stat().st_nlink), (0, 2))
        # A run whose processes died has no end.
        for journal in (self.tree / ".holdfast/runs").glob("*/journal.jsonl"):
            lines = journal.read_bytes().splitlines(keepends=True)
            journal.write_bytes(b"".join(line for line in lines if b'"run_ended"' not in line))
        done = self.act(None, ["reap"])
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)

    @unittest.skipUnless(ROOT, NEEDS_ROOT)
    def test_who_looks_at_the_tree_of_another_makes_nothing_there(self):
        for actor in (None, ACTOR):
            with self.subTest(actor=actor):
                self.fresh_tree(OWNER)
                (self.tree / ".holdfast/history.sqlite").unlink()
                before = self.seen(self.tree)
                for words in (["failed"], ["flaky"], ["history", "fails"], ["report"]):
                    done = self.act(actor, words)
                    self.assertEqual((done.returncode, done.stderr), (0, b""), words)
                self.assertIn(b"fails", self.act(actor, ["failed"]).stdout)
                self.assertEqual(self.seen(self.tree), before)


@unittest.skipUnless(ROOT, NEEDS_ROOT)
class UserDirectory(ProjectCase):
    """/tmp/holdfast-<uid> of somebody else."""

    COMMANDS = [(["locks"], 2), (["status"], 2), (["reap"], 2), (["watch"], 2), (["service", "list"], 2),
                (["run", "--lock", "planted", "--", "true"], 125)]

    def setUp(self):
        super().setUp()
        self.directory = DIRECTORY_OF_ACTOR
        self.addCleanup(remove_directory_of_actor)
        self.tree = self.project("add_test(NAME passes COMMAND true)\n")
        for directory, _, files in os.walk(self.tree):
            for path in (directory, *(os.path.join(directory, name) for name in files)):
                os.chown(path, ACTOR, ACTOR)

    def plant_directory(self, mode=0o700, owner=STRANGER):
        self.directory.mkdir()
        self.directory.chmod(mode)
        os.chown(self.directory, owner, owner)

    def plant_link(self):
        target = self.work / "target"
        target.mkdir(exist_ok=True)
        os.chown(target, ACTOR, ACTOR)
        self.directory.symlink_to(target)
        os.chown(self.directory, STRANGER, STRANGER, follow_symlinks=False)

    def plants(self):
        return {"of another": self.plant_directory, "open to all": lambda: self.plant_directory(0o777, ACTOR),
                "a link": self.plant_link, "a file": self.directory.touch}

    def test_each_command_says_whose_it_is_and_fails(self):
        for what, plant in self.plants().items():
            for words, code in self.COMMANDS:
                with self.subTest(what=what, words=words):
                    remove_directory_of_actor()
                    plant()
                    done = self.finish(*as_user(ACTOR, [HOLDFAST, *words]), cwd=self.tree)
                    self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                    self.assert_our_lines(done.stderr, 1)
                    self.assertIn(str(self.directory).encode(), done.stderr)


@unittest.skipUnless(ROOT, NEEDS_ROOT)
class SettingsFile(ProjectCase):
    """holdfast.toml as a link, and of somebody else."""

    def config(self, tree, user):
        words = [HOLDFAST, "config", "--explain", "passes", "--tree", str(tree)]
        return self.finish(*as_user(user, words))

    def setUp(self):
        super().setUp()
        self.tree = self.project("add_test(NAME passes COMMAND true)\n")
        self.source = self.work / "project"
        os.chown(self.source, OWNER, OWNER)
        self.real = self.work / "real" / "shared.toml"
        self.real.parent.mkdir()
        self.real.write_text('[service.db]\ncommand = ["true"]\nworking-directory = "data"\n')
        self.link = self.source / "holdfast.toml"

    def test_owners_of_link_and_file_count(self):
        rows = [(OWNER, OWNER, True), (OWNER, 0, True), (0, ACTOR, True), (ACTOR, OWNER, True),
                (STRANGER, OWNER, False), (OWNER, STRANGER, False), (STRANGER, STRANGER, False)]
        for of_link, of_file, is_read in rows:
            with self.subTest(link=of_link, file=of_file):
                self.link.unlink(missing_ok=True)
                self.link.symlink_to(self.real)
                os.chown(self.link, of_link, of_link, follow_symlinks=False)
                os.chown(self.real, of_file, of_file)
                done = self.config(self.tree, ACTOR)
                if is_read:
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
                else:
                    self.assertEqual(done.returncode, REFUSED, done.stdout)
                    self.assert_our_lines(done.stderr, 1)
                    self.assertIn(f"of user {STRANGER}".encode(), done.stderr)


if __name__ == "__main__":
    unittest.main()
